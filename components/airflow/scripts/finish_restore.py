"""Brings a restored database to the schema of this Airflow, gives the first user the password of this installation, as an update
does both, and says what came back.

Arguments: those of migrate.py.
"""

import os
import subprocess
import sys

import psycopg2

NOTES = os.environ.get("NOTES", "/tmp")
TERMINATION_MESSAGE = os.environ.get("TERMINATION_MESSAGE", "/dev/termination-log")
# What manage_objects.py says of the rows that it makes.
MARK = "Managed by Pulumi (airflow-kubernetes)"
MEMORY = {
    "first_user": ["DELETE FROM airflow_kubernetes.first_user"],
    "users": [
        "UPDATE airflow_kubernetes.users SET id = found.id, password = '', is_out = NOT coalesce(found.active, false)"
        " FROM ab_user AS found WHERE users.name = found.username"
    ],
    "roles": ["UPDATE airflow_kubernetes.roles SET id = found.id FROM ab_role AS found WHERE roles.name = found.name"],
    "managed": [
        f"UPDATE airflow_kubernetes.managed SET id = found.id FROM {table} AS found WHERE managed.kind = '{kind}'"
        f" AND managed.name = found.{name} AND starts_with(found.description, '{MARK}')"
        for kind, table, name in (
            ("connection", "connection", "conn_id"),
            ("variable", "variable", "key"),
            ("pool", "slot_pool", "pool"),
        )
    ],
}
SCRIPTS = os.path.dirname(os.path.abspath(__file__))


def one(cursor, statement):
    cursor.execute(statement)
    return cursor.fetchone()[0]


def counted(number, noun):
    return f"{number} {noun}{'' if number == 1 else 's'}"


def run(script, *arguments):
    """Runs a script that an update runs, too; where it fails, so does this."""
    code = subprocess.run([sys.executable, os.path.join(SCRIPTS, script), *arguments]).returncode
    if code != 0:
        print(
            "\nRESTORE NOT FINISHED\nThe backup is in the database, but this Airflow cannot work with it yet: the reason stands above."
            " Mend it, and restore again.",
            file=sys.stderr,
        )
        sys.exit(code)


def remember(cursor):
    """Takes the stack's memory to the rows that came back: the first user has the password of the backup, and objects other ids."""
    for table, statements in MEMORY.items():
        cursor.execute("SELECT to_regclass(%s)", (f"airflow_kubernetes.{table}",))
        if cursor.fetchone()[0] is not None:
            for statement in statements:
                cursor.execute(statement)


def main():
    dsn = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("postgresql+psycopg2:", "postgresql:", 1)
    run("migrate.py", *sys.argv[1:])
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        remember(cursor)
    if os.environ.get("HAS_USERS"):
        run("create_admin.py")
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        runs = one(cursor, "SELECT count(*) FROM dag_run")
        dags = one(cursor, "SELECT count(DISTINCT dag_id) FROM dag_run")
        connections = one(cursor, "SELECT count(*) FROM connection")
        # Another auth manager than FAB may never have made the table.
        has_table = one(cursor, "SELECT to_regclass('ab_user') IS NOT NULL")
        users = one(cursor, "SELECT count(*) FROM ab_user") if has_table else 0
    with open(f"{NOTES}/backup-path") as path:
        name = os.path.basename(path.read().strip())
    text = (
        f"Restored {name}: {counted(runs, 'run')} of {counted(dags, 'DAG')}, {counted(connections, 'connection')},"
        f" {counted(users, 'user')}."
    )
    print(text, flush=True)
    with open(TERMINATION_MESSAGE, "w") as message:
        message.write(text)


if __name__ == "__main__":
    main()
