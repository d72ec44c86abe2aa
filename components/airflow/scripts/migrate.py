"""Brings the metadata database to the schema of this Airflow, or says in one sentence why it cannot.

Arguments: the version of Airflow that the image should hold; the oldest version of the Kubernetes provider that the executor was
tried with, and the first newer one. What is no reason to stop, but should be known, is the termination message.
Exit code 65: nothing that another try could mend.
"""

import asyncio
import os
import re
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version

import psycopg2
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy.engine import make_url

NO_RETRY = 65
WAIT_SECONDS = 120
# A database that exists has not been started just now.
EXTERNAL_WAIT_SECONDS = 60
EXTERNAL = "EXTERNAL_DATABASE" in os.environ
PROVIDER = "apache-airflow-providers-cncf-kubernetes"
TERMINATION_MESSAGE = os.environ.get("TERMINATION_MESSAGE", "/dev/termination-log")


def fail(*lines):
    print("\n".join(("", "MIGRATION REFUSED", *lines)), file=sys.stderr, flush=True)
    sys.exit(NO_RETRY)


def numbers(text):
    """The three numbers of a version: what follows them, as in 3.3.2+ours, is no matter here."""
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def installed(*packages):
    """The version of the first of these packages that the image has."""
    for package in packages:
        try:
            return version(package)
        except PackageNotFoundError:
            continue
    fail(f"The image has no Python package {' or '.join(packages)}.", "Set airflow.image to one made from apache/airflow.")


def check_image(wanted, oldest, newer):
    """Refuses an image with another Airflow. Hands back what to know of an executor that is not made for what the image holds."""
    airflow_version = installed("apache-airflow-core", "apache-airflow")
    if numbers(airflow_version) != numbers(wanted):
        fail(
            f'airflow.version is "{wanted}", and the image holds Airflow {airflow_version}.',
            f'Set airflow.version to "{airflow_version}", or airflow.image to an image with Airflow {wanted}.',
        )
    provider = installed(PROVIDER)
    if numbers(oldest) <= numbers(provider) < numbers(newer):
        return None
    return (
        f"The image has {PROVIDER} {provider}, which the component's KubernetesExecutor is not made for: {oldest} or newer, below"
        f" {newer}. The provider's own runs tasks, so one DAG may stop the scheduler (docs/reliability.md). Install a version that"
        " fits, or leave airflow.image to its default."
    )


def remark(text):
    """Tells what is to know. Only at the end: in a Job that fails it would take the place of the reason."""
    print(text, file=sys.stderr, flush=True)
    with open(TERMINATION_MESSAGE, "w") as message:
        message.write(text)


def connect():
    text = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    url = make_url(text)
    # The driver's part of the scheme is SQLAlchemy's; the parameters of the rest are libpq's own.
    dsn = text.replace("postgresql+psycopg2:", "postgresql:", 1)
    limit = {} if "connect_timeout=" in text else {"connect_timeout": 10}
    seconds = EXTERNAL_WAIT_SECONDS if EXTERNAL else WAIT_SECONDS
    deadline = time.monotonic() + seconds
    while True:
        try:
            return psycopg2.connect(dsn, **limit)
        except psycopg2.ProgrammingError as error:
            fail(f"The connection to {url.host} has a parameter that is none: {error}", "Set database.external.parameters.")
        except psycopg2.OperationalError as error:
            reason = str(error).strip()
            if EXTERNAL:
                refuse_settings(url, reason)
            elif "password authentication failed" in reason:
                fail(
                    f"The database at {url.host} refuses the password of user {url.username}.",
                    "Its volume was first used with another password, which is still the one that counts.",
                    "Set databasePassword to that password (pulumi config set --secret databasePassword), or remove the",
                    "volume if its data are of no use any more.",
                )
            if time.monotonic() > deadline:
                if EXTERNAL:
                    fail(
                        f'database.external.host is "{url.host}", database.external.port is {url.port}:',
                        f"no answer from there within {seconds} s: {reason}",
                    )
                print(f"No answer from the database within {seconds} s: {reason}", file=sys.stderr)
                sys.exit(1)
            print(f"Waiting for the database: {reason}", flush=True)
            time.sleep(2)


def refuse_settings(url, reason):
    """Ends with the setting that is to blame, when a database that exists has answered with what no other try could mend."""
    if "password authentication failed" in reason:
        fail(
            f'The database at {url.host} refuses the password of database.external.user "{url.username}".',
            "Set databasePassword to the right one (pulumi config set --secret databasePassword), or another user.",
        )
    if re.search(r'database ".*" does not exist', reason):
        fail(f'database.external.name is "{url.database}", which is no database of {url.host}: {reason}')
    if re.search("pg_hba|SSL|TLS|certificate", reason):
        fail(
            f"The database at {url.host} refuses this connection: {reason}",
            f"Set database.external.sslMode, which is {url.query.get('sslmode')}; certificates are named by",
            "database.external.parameters.sslrootcert.",
        )


def check_rights(cursor):
    cursor.execute(
        "SELECT current_user, current_database(), has_database_privilege(current_database(), 'CREATE')"
        " AND coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create"
    )
    user, database, allowed = cursor.fetchone()
    if not allowed:
        fail(
            f'database.external.user is "{user}", who may not make tables in the database "{database}".',
            f'Make it the owner: ALTER DATABASE "{database}" OWNER TO "{user}"',
        )


def check_async_driver():
    """Airflow speaks to the database through a second driver as well, which has its own mind on encryption."""
    from sqlalchemy.ext.asyncio import create_async_engine

    async def answers():
        engine = create_async_engine(os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"])
        async with engine.connect():
            pass
        await engine.dispose()

    try:
        asyncio.run(answers())
    except Exception as error:
        fail(
            f"The database answers psycopg2, but not asyncpg: {type(error).__name__}: {error}",
            "Set database.external.sslMode and database.external.parameters to what both drivers know.",
        )


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
    to_know = check_image(*sys.argv[1:])
    keys = [key.strip() for key in os.environ["AIRFLOW__CORE__FERNET_KEY"].split(",") if key.strip()]
    try:
        fernet = MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        fail("fernetKey is not a fernet key: url-safe base64 of 32 bytes, or two such keys as NEW,OLD.")
    with connect() as connection, connection.cursor() as cursor:
        if EXTERNAL:
            check_rights(cursor)
            check_async_driver()
        check_keys(cursor, fernet)
    airflow("db", "migrate")
    if len(keys) > 1:
        airflow("rotate-fernet-key")
    with connection, connection.cursor() as cursor:
        mark(cursor, fernet)
    connection.close()
    if to_know:
        remark(to_know)


main()
