"""Lets Airflow trust two keys that sign tokens while they are rotated.

Airflow has one secret for tokens. Tasks that run hold tokens of the one before, so with another secret their heartbeats would be
refused, and they would end. Where `AIRFLOW__API_AUTH__JWT_SECRET` has two keys with a comma between, the first one signs. Each key
has an id, which its tokens name, and all keys are in a set that Airflow checks tokens with.

As a program: runs the command `airflow` with its arguments so.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
import tempfile

SECRET = "AIRFLOW__API_AUTH__JWT_SECRET"
KEY_ID = "AIRFLOW__API_AUTH__JWT_KID"
TRUSTED = "AIRFLOW__API_AUTH__TRUSTED_JWKS_URL"
# What Airflow names in tokens of a key without an id, such as those of an earlier version of this component.
WITHOUT_ID = "not-used"


def key_id(key):
    return hashlib.sha256(f"airflow-kubernetes {key}".encode()).hexdigest()[:16]


def key_set(keys):
    """The keys as Airflow reads them: a JSON Web Key Set (RFC 7517) of secrets for HMAC."""
    ids = [*((key_id(key), key) for key in keys), (WITHOUT_ID, keys[-1])]
    return {
        "keys": [
            {
                "kty": "oct",
                "alg": "HS512",
                "use": "sig",
                "kid": id,
                "k": base64.urlsafe_b64encode(key.encode()).decode().rstrip("="),
            }
            for id, key in ids
        ]
    }


def prepare(environment=os.environ):
    """Gives Airflow the first key to sign with, and a file with all of them to trust."""
    keys = [key.strip() for key in environment.get(SECRET, "").split(",") if key.strip()]
    if not keys:
        return
    # A file of this process alone, with rights of its user alone.
    path = os.path.join(tempfile.mkdtemp(prefix="airflow-keys-"), "trusted.json")
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
        json.dump(key_set(keys), file)
    environment.update({SECRET: keys[0], KEY_ID: key_id(keys[0]), TRUSTED: path})


if __name__ == "__main__":
    prepare()
    os.execvp("airflow", ["airflow", *sys.argv[1:]])
