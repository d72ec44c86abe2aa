"""Gives Airflow's Simple auth manager the passwords of the stack's users.

It keeps passwords in a file, which it opens to write even when it only reads, and makes up and prints those that are not in it. A
file of a Secret would not do. So it gets one of its own, with all of them, made from variables: that of the first user of
`AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS` is in `AIRFLOW_KUBERNETES_PASSWORD_0`.

As a program: runs the command `airflow` with its arguments so, with the keys of keys.py.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile

from airflow_kubernetes import keys

USERS = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"
FILE = "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
PASSWORD = "AIRFLOW_KUBERNETES_PASSWORD_"


def prepare(environment=os.environ):
    """Writes the file, and takes the passwords out of the environment, which every process below would inherit."""
    users = [user.split(":")[0].strip() for user in environment[USERS].split(",")]
    passwords = {user: environment.pop(f"{PASSWORD}{number}") for number, user in enumerate(users)}
    if not all(passwords.values()):
        raise SystemExit("A user of the Simple auth manager has no password.")
    # A file of this process alone, with rights of its user alone.
    path = os.path.join(tempfile.mkdtemp(prefix="airflow-passwords-"), "passwords.json")
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
        json.dump(passwords, file)
    environment[FILE] = path


if __name__ == "__main__":
    keys.prepare()
    prepare()
    os.execvp("airflow", ["airflow", *sys.argv[1:]])
