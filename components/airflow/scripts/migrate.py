"""Brings the metadata database to the schema of this Airflow, or says in one sentence why it cannot.

Exit code 65: nothing that another try could mend.
"""

import os
import subprocess
import sys
import time

import psycopg2
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy.engine import make_url

NO_RETRY = 65
WAIT_SECONDS = 120


def fail(*lines):
    print("\n".join(("", "MIGRATION REFUSED", *lines)), file=sys.stderr, flush=True)
    sys.exit(NO_RETRY)


def connect():
    url = make_url(os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return psycopg2.connect(
                host=url.host,
                port=url.port,
                user=url.username,
                password=url.password,
                dbname=url.database,
                connect_timeout=10,
            )
        except psycopg2.OperationalError as error:
            reason = str(error).strip()
            if "password authentication failed" in reason:
                fail(
                    f"The database at {url.host} refuses the password of user {url.username}.",
                    "Its volume was first used with another password, which is still the one that counts.",
                    "Set databasePassword to that password (pulumi config set --secret databasePassword), or remove the",
                    "volume if its data are of no use any more.",
                )
            if time.monotonic() > deadline:
                print(f"No answer from the database within {WAIT_SECONDS} s: {reason}", file=sys.stderr)
                sys.exit(1)
            print(f"Waiting for the database: {reason}", flush=True)
            time.sleep(2)


def table_exists(cursor, name):
    cursor.execute("SELECT to_regclass(%s)", (name,))
    return cursor.fetchone()[0] is not None


def encrypted_values(cursor):
    """What lies encrypted in the database: a label and a value each."""
    if table_exists(cursor, "airflow_kubernetes.encryption_check"):
        cursor.execute("SELECT token FROM airflow_kubernetes.encryption_check")
        yield from (("the mark of an earlier installation", token) for (token,) in cursor.fetchall())
    if table_exists(cursor, "public.connection"):
        cursor.execute("SELECT conn_id, password FROM connection WHERE is_encrypted AND password IS NOT NULL")
        yield from ((f"connection {name}", value) for name, value in cursor.fetchall())
        cursor.execute("SELECT conn_id, extra FROM connection WHERE is_extra_encrypted AND extra IS NOT NULL")
        yield from ((f"connection {name}", value) for name, value in cursor.fetchall())
    if table_exists(cursor, "public.variable"):
        cursor.execute("SELECT key, val FROM variable WHERE is_encrypted AND val IS NOT NULL")
        yield from ((f"variable {name}", value) for name, value in cursor.fetchall())


def check_keys(cursor, fernet):
    closed = []
    for label, value in encrypted_values(cursor):
        try:
            fernet.decrypt(value.encode())
        except InvalidToken:
            closed.append(label)
    if closed:
        shown = sorted(set(closed))
        fail(
            "The fernet key does not open what is encrypted in this database:",
            *(f"  - {label}" for label in shown[:10]),
            *([f"  and {len(shown) - 10} more"] if len(shown) > 10 else []),
            "The data were written with another key. Set fernetKey to that key (pulumi config set --secret fernetKey);",
            "to change keys, set it to NEW,OLD: everything is then encrypted again with NEW.",
        )


def mark(cursor, fernet):
    """Leaves something to decrypt, so that a wrong key is noticed before the first connection is made."""
    cursor.execute("CREATE SCHEMA IF NOT EXISTS airflow_kubernetes")
    cursor.execute("CREATE TABLE IF NOT EXISTS airflow_kubernetes.encryption_check (token text NOT NULL)")
    cursor.execute("DELETE FROM airflow_kubernetes.encryption_check")
    cursor.execute(
        "INSERT INTO airflow_kubernetes.encryption_check VALUES (%s)", (fernet.encrypt(b"airflow-kubernetes").decode(),)
    )


def airflow(*arguments):
    print(f"airflow {' '.join(arguments)}", flush=True)
    result = subprocess.run(["airflow", *arguments])
    if result.returncode != 0:
        print(f"airflow {' '.join(arguments)} ended with code {result.returncode}", file=sys.stderr)
        sys.exit(1)


def main():
    keys = [key.strip() for key in os.environ["AIRFLOW__CORE__FERNET_KEY"].split(",") if key.strip()]
    try:
        fernet = MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        fail("fernetKey is not a fernet key: url-safe base64 of 32 bytes, or two such keys as NEW,OLD.")
    with connect() as connection, connection.cursor() as cursor:
        check_keys(cursor, fernet)
    airflow("db", "migrate")
    if len(keys) > 1:
        airflow("rotate-fernet-key")
    with connection, connection.cursor() as cursor:
        mark(cursor, fernet)
    connection.close()


main()
