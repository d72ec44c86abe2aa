"""Encrypts connections, variables and triggers again with the first of two fernet keys. With one key there is nothing to do.

It runs when all processes know both keys: what they read in between is encrypted with either.
"""

import os
import sys

keys = [key.strip() for key in os.environ["AIRFLOW__CORE__FERNET_KEY"].split(",") if key.strip()]


def mark():
    """Leaves something to decrypt, by which the migration knows the key."""
    import psycopg2
    from cryptography.fernet import Fernet

    url = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("postgresql+psycopg2:", "postgresql:", 1)
    token = Fernet(keys[0]).encrypt(b"airflow-kubernetes").decode()
    connection = psycopg2.connect(url, connect_timeout=10)
    with connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM airflow_kubernetes.encryption_check")
        cursor.execute("INSERT INTO airflow_kubernetes.encryption_check VALUES (%s)", (token,))
    connection.close()


def rotate():
    """Airflow's own command, but for a fault of it: the arguments of a trigger that a task has asked for are not encrypted, and it
    would end at the first of them."""
    from airflow.__main__ import main
    from airflow.models.trigger import Trigger

    rotate_encrypted = Trigger.rotate_fernet_key

    def rotate_fernet_key(trigger):
        if not trigger.encrypted_kwargs.startswith("{"):
            rotate_encrypted(trigger)

    Trigger.rotate_fernet_key = rotate_fernet_key
    sys.argv = ["airflow", "rotate-fernet-key"]
    print(" ".join(sys.argv), flush=True)
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise


if len(keys) < 2:
    print("There is one fernet key, and so nothing to encrypt again.")
    sys.exit(0)
rotate()
mark()
print("Everything is encrypted with the new fernet key. The old one can be left out now.")
