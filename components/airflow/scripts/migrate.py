"""Brings the metadata database to the schema of this Airflow, or says in one sentence why it cannot.

    migrate IMAGE VERSION OLDEST NEWER       brings the database to the schema of this image
    plan FILE IMAGE VERSION OLDEST NEWER     looks for all that `migrate` would refuse, changes nothing, and writes into a file which
                                             revisions a newer image has to go back to first
    downgrade FILE IMAGE                     goes back to the revisions of that file; runs in the newer image

IMAGE is the name of the image; VERSION the version of Airflow that it should hold; OLDEST the oldest version of the Kubernetes
provider that the executor was tried with, and NEWER the first newer one. What is no reason to stop, but should be known, is the
termination message. Exit code 65: nothing that another try could mend.
"""

import asyncio
import collections
import json
import os
import re
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import psycopg2
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy.engine import make_url

NO_RETRY = 65
WAIT_SECONDS = 120
# A database that exists has not been started just now.
EXTERNAL_WAIT_SECONDS = 60
EXTERNAL = "EXTERNAL_DATABASE" in os.environ
# What libpq says of a TLS connection that was lost. That is a fault of the network, and no setting is to blame.
DROPPED_TLS = "SSL SYSCALL error|SSL connection has been closed|unexpected eof|SSL negotiation packet"
PROVIDER = "apache-airflow-providers-cncf-kubernetes"
# What takes logs elsewhere, by the scheme of the place.
LOG_PROVIDERS = {
    "cloudwatch": "apache-airflow-providers-amazon",
    "gs": "apache-airflow-providers-google",
    "s3": "apache-airflow-providers-amazon",
    "wasb": "apache-airflow-providers-microsoft-azure",
}
CORE = ("apache-airflow-core", "apache-airflow")
# Where the revisions of the schema are: the table that holds the database's, the packages with all that an image knows, and the
# command that goes back to one.
SCHEMAS = {
    "alembic_version": (CORE, "airflow/migrations/versions", "db"),
    "alembic_version_fab": (
        ("apache-airflow-providers-fab",),
        "airflow/providers/fab/migrations/versions",
        "fab-db",
    ),
}
# Only one migration at a time: an `up` that was interrupted may have left one that runs.
LOCK = 7_352_618_094
TERMINATION_MESSAGE = os.environ.get("TERMINATION_MESSAGE", "/dev/termination-log")


def fail(*lines):
    print("\n".join(("", "MIGRATION REFUSED", *lines)), file=sys.stderr, flush=True)
    sys.exit(NO_RETRY)


def numbers(text):
    """The three numbers of a version: what follows them, as in 3.3.2+ours, is no matter here."""
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def holder(*packages):
    """The first of these packages that the image has."""
    for package in packages:
        try:
            return distribution(package)
        except PackageNotFoundError:
            continue
    fail(f"The image has no Python package {' or '.join(packages)}.", "Set airflow.image to one made from apache/airflow.")


def installed(*packages):
    """Its version."""
    return holder(*packages).version


def check_image(wanted, oldest, newer):
    """Refuses an image with another Airflow. Hands back what to know of an executor that is not made for what the image holds."""
    airflow_version = installed(*CORE)
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
        " fits into the image, or use a newer Airflow."
    )


def check_logs():
    """Refuses an image that cannot reach the place of logs: Airflow would not start with it, and say little."""
    scheme = os.environ.get("AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER", "").partition("://")[0]
    package = LOG_PROVIDERS.get(scheme)
    if package is None:
        return
    try:
        version(package)
    except PackageNotFoundError:
        fail(
            f"logs.remote needs the Python package {package}, which the image does not hold.",
            "Set airflow.image to one that does: those made from apache/airflow do.",
        )


def remark(text):
    """Reports a remark. Only at the end: in a failed Job it would hide the reason."""
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
            fail(f"The connection to {url.host} has an unknown parameter: {error}", "Set database.external.parameters.")
        except psycopg2.OperationalError as error:
            reason = str(error).strip()
            if EXTERNAL:
                refuse_settings(url, reason)
            elif "password authentication failed" in reason:
                # Postgres runs in the namespace of its Service, which is the second part of the name.
                fail(
                    f"The database at {url.host} refuses the password of user {url.username}.",
                    "Postgres reads its passwords as it starts: the Secret of database.passwordSecret may have changed since.",
                    f"Restart it: kubectl rollout restart --namespace {url.host.split('.')[1]} statefulset/airflow-postgres",
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
            "Set database.password to the right one, or another user.",
        )
    if re.search(r'database ".*" does not exist', reason):
        fail(f'database.external.name is "{url.database}", which is not a database of {url.host}: {reason}')
    if re.search("pg_hba|SSL|TLS|certificate", reason) and not re.search(DROPPED_TLS, reason):
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
    if table_exists(cursor, "public.trigger"):
        cursor.execute("SELECT id, kwargs FROM trigger")
        # Airflow encrypts the arguments of a trigger, and what is older is plain JSON.
        yield from ((f"trigger {id}", kwargs) for id, kwargs in cursor.fetchall() if str(kwargs).startswith("gAAAA"))


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
            "The data were written with another key. Set airflow.fernetKey to that key; to change keys, set it to NEW,OLD:",
            "once all processes know both, everything is encrypted again with NEW.",
        )


def alone():
    """Waits for the end of another migration. Hands back the connection that keeps others waiting for as long as it is open."""
    connection = connect()
    told = False
    with connection.cursor() as cursor:
        while True:
            # Of a transaction, so that a pooler of connections cannot leave it with somebody else.
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", (LOCK,))
            if cursor.fetchone()[0]:
                return connection
            if not told:
                print("Waiting for the end of another migration", flush=True)
                told = True
            time.sleep(2)


def revisions(table):
    """The revisions of a schema that this image knows, and the newest of them. Read off the files: to import them takes seconds."""
    packages, folder, _ = SCHEMAS[table]
    texts = [file.read_text() for file in Path(str(holder(*packages).locate_file(folder))).glob("*.py")]
    known = {found[1] for text in texts if (found := re.search(r"""^revision(?:: \w+)? = ["'](\w+)["']""", text, re.M))}
    followed = {found[1] for text in texts if (found := re.search(r"""^down_revision.* = ["'](\w+)["']""", text, re.M))}
    return known, *(known - followed)


def unknown_revisions(cursor):
    """What the database has been brought to and this image does not know, by the table that says so."""
    found = {}
    for table in SCHEMAS:
        if table_exists(cursor, f"public.{table}"):
            cursor.execute(f"SELECT version_num FROM {table}")
            known, _ = revisions(table)
            found.update({table: revision for (revision,) in cursor.fetchall() if revision not in known})
    return found


def last_migration(cursor):
    """Version and image of the Airflow that the schema is of, as far as they are known."""
    if not table_exists(cursor, "airflow_kubernetes.migration"):
        return None
    cursor.execute("SELECT version, image FROM airflow_kubernetes.migration")
    return next(iter(cursor.fetchall()), None)


def refuse_newer(unknown, last):
    """Ends with the way back, when the database has been used by an Airflow that this one does not know."""
    newer, image = last or (None, None)
    fail(
        f"The database has the schema of {owner(unknown, last)}, which Airflow {installed(*CORE)} does not know. Nothing was changed.",
        f"To go back, set airflow.downgradeFrom to {quoted(image) or 'the image that ran before'}: it then undoes what it has"
        " added (docs/upgrade.md).",
        f"To stay, set airflow.version to {quoted(newer) or 'the newer version'} again.",
    )


def owner(unknown, last):
    """Whose schema it is, in words."""
    return f"Airflow {last[0]}" if last else f"a newer Airflow (revision {', '.join(unknown.values())})"


def quoted(text):
    return text and f'"{text}"'


def note_migration(connection, image):
    """Keeps which Airflow the schema is of, for who goes back. Before the migration, which may stop half-way."""
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS airflow_kubernetes")
        cursor.execute("CREATE TABLE IF NOT EXISTS airflow_kubernetes.migration (version text NOT NULL, image text NOT NULL)")
        cursor.execute("DELETE FROM airflow_kubernetes.migration")
        cursor.execute("INSERT INTO airflow_kubernetes.migration VALUES (%s, %s)", (installed(*CORE), image))


def mark(cursor, key):
    """Leaves something to decrypt, so that a wrong key is noticed before the first connection is made."""
    cursor.execute("CREATE TABLE IF NOT EXISTS airflow_kubernetes.encryption_check (token text NOT NULL)")
    cursor.execute("DELETE FROM airflow_kubernetes.encryption_check")
    cursor.execute(
        "INSERT INTO airflow_kubernetes.encryption_check VALUES (%s)", (Fernet(key).encrypt(b"airflow-kubernetes").decode(),)
    )


def refusal(lines):
    """What the database has answered to a statement that it would refuse again, from the output of a command; None for all else."""
    for index, line in reversed(list(enumerate(lines))):
        found = re.match(r"sqlalchemy\.exc\.(?!Operational|Interface|Timeout)\w+: \(psycopg2\.\S+\) (.*)", line)
        if found:
            rest = lines[index + 1 :]
            return [found[1], *rest[: rest.index("") if "" in rest else None]]
    return None


OUTCOME = (
    "Airflow's processes were not changed: those of before go on. Mend the cause, then update again: it goes on with this step"
    " (docs/upgrade.md)."
)


def airflow(*arguments, otherwise=lambda: None, outcome=OUTCOME):
    """Runs a command of Airflow. When it fails, `otherwise` is done, and `outcome` says how things are then."""
    words = f"airflow {' '.join(arguments)}"
    print(words, flush=True)
    last = collections.deque(maxlen=200)
    command = ["airflow", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            last.append(line.rstrip("\n"))
    if process.returncode == 0:
        return
    otherwise()
    print(f"{words} ended with code {process.returncode}", file=sys.stderr)
    answer = refusal(list(last))
    if answer is None:
        sys.exit(1)
    lines = ["", "MIGRATION FAILED", "The database refuses a step of it:", *(f"  {line}" for line in answer), outcome]
    print("\n".join(lines), file=sys.stderr, flush=True)
    sys.exit(NO_RETRY)


def check(version_and_provider):
    """Refuses what cannot work, before anything is changed. Hands back keys, a connection, and what there is to know."""
    to_know = check_image(*version_and_provider)
    check_logs()
    keys = [key.strip() for key in os.environ["AIRFLOW__CORE__FERNET_KEY"].split(",") if key.strip()]
    try:
        fernet = MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        fail("airflow.fernetKey is not a fernet key: url-safe base64 of 32 bytes, or two such keys as NEW,OLD.")
    connection = connect()
    with connection, connection.cursor() as cursor:
        if EXTERNAL:
            check_rights(cursor)
            check_async_driver()
        check_keys(cursor, fernet)
    return keys, fernet, connection, to_know


def migrate(image, *version_and_provider):
    keys, fernet, connection, to_know = check(version_and_provider)
    others = alone()
    with connection, connection.cursor() as cursor:
        unknown = unknown_revisions(cursor)
        if unknown:
            refuse_newer(unknown, last_migration(cursor))
    note_migration(connection, image)
    airflow("db", "migrate")
    with connection, connection.cursor() as cursor:
        # With two keys, the new one is not in use before all processes know it.
        mark(cursor, keys[-1])
    connection.close()
    others.close()
    if to_know:
        remark(to_know)


def plan(file, _image, *version_and_provider):
    _, _, connection, _ = check(version_and_provider)
    with connection, connection.cursor() as cursor:
        unknown = unknown_revisions(cursor)
    connection.close()
    Path(file).write_text(json.dumps({table: revisions(table)[1] for table in unknown}))


def downgrade(file, image):
    back_to = json.loads(Path(file).read_text())
    if not back_to:
        print("The database has nothing that the older Airflow does not know.", flush=True)
        return
    others = alone()
    connection = connect()
    with connection, connection.cursor() as cursor:
        unknown = unknown_revisions(cursor)
        last = last_migration(cursor)
    connection.close()
    strange = [revision for table, revision in back_to.items() if revision not in revisions(table)[0]]
    if unknown or strange:
        what = owner(unknown, last) if unknown else f"the Airflow to go back to (revision {', '.join(strange)})"
        fail(
            f'airflow.downgradeFrom is "{image}" with Airflow {installed(*CORE)}, which does not know the schema of {what}.',
            f"Nothing was changed. Set it to {quoted(last and last[1]) or 'the image that ran before'}.",
        )
    for table, revision in back_to.items():
        airflow(
            *[SCHEMAS[table][2], "downgrade", "--to-revision", revision, "--yes"],
            # Each step back is kept: those that run now would find half of their schema.
            otherwise=lambda: airflow("db", "migrate"),
            outcome="The database has the newer schema again, and the newer Airflow goes on (docs/upgrade.md).",
        )
    others.close()


command, *arguments = sys.argv[1:]
{"migrate": migrate, "plan": plan, "downgrade": downgrade}[command](*arguments)
