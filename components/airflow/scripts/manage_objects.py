"""Makes connections, variables and pools what the stack says, in one transaction, and remembers which of them it made.

Argument: the file that names them, if any are given. What somebody else made is never changed: a name that is taken so ends the
Job before anything is changed. Exit code 65: nothing that another try could mend. No value is printed, and no message of an
error that may quote one.
"""

import json
import os
import sys
import traceback

import psycopg2

NO_RETRY = 65
MARK = "Managed by Pulumi (airflow-kubernetes)"
DEFAULT_POOL = "default_pool"
# What the columns of Airflow's tables hold.
MOST_CHARACTERS = 500

# Places in the UI by kind.
PLACES = {"connection": "Admin > Connections", "variable": "Admin > Variables", "pool": "Admin > Pools"}


def refuse(*lines):
    print("\n".join(("", "OBJECTS REFUSED", *lines)), file=sys.stderr, flush=True)
    sys.exit(NO_RETRY)


def given():
    if len(sys.argv) < 2:
        return {}
    with open(sys.argv[1]) as file:
        groups = json.load(file)
    return {(kind, name): value for kind, values in groups.items() for name, value in values.items()}


def remembers_any():
    """Asks without Airflow, whose import takes seconds: most installations have nothing to do here."""
    url = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("postgresql+psycopg2:", "postgresql:", 1)
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('airflow_kubernetes.managed')")
            if cursor.fetchone()[0] is None:
                return False
            cursor.execute("SELECT count(*) FROM airflow_kubernetes.managed")
            return cursor.fetchone()[0] > 0
    finally:
        connection.close()


class Fault(Exception):
    """What is wrong with a value, in words that do not quote it."""


def described(text):
    return f"{MARK}: {text}" if text else MARK


def connection_fields(name, text):
    from airflow.models.connection import Connection

    text = text.strip()
    is_json = text.startswith("{")
    try:
        made = Connection.from_json(text, conn_id=name) if is_json else Connection(conn_id=name, uri=text)
        extra = made.extra
    except Exception:
        # What it says may quote the value.
        raise Fault("Airflow cannot read it as " + ("the JSON of a connection" if is_json else "a URI")) from None
    texts = [made.conn_type, made.host, made.schema, made.login, made.password, made.description]
    if not made.conn_type or not all(text is None or isinstance(text, str) for text in texts):
        raise Fault("it has no type, or a part that is no text")
    if any(len(text or "") > MOST_CHARACTERS for text in (made.conn_type, made.host, made.schema)):
        raise Fault(f"its type, host or schema has more than {MOST_CHARACTERS} characters")
    if made.port is not None and not 0 <= made.port <= 65535:
        raise Fault("its port is none")
    return {
        "conn_type": made.conn_type,
        "description": described(made.description),
        "host": made.host,
        "schema": made.schema,
        "login": made.login,
        # Airflow keeps none that is empty.
        "password": made.password or None,
        "port": made.port,
        "extra": extra or None,
    }


def variable_fields(_name, text):
    return {"val": text, "description": MARK}


def pool_fields(_name, pool):
    return {
        "slots": pool["slots"],
        "description": described(pool.get("description")),
        "include_deferred": pool.get("includeDeferred", False),
    }


def write(row, fields):
    """Gives a row these fields. Hands back whether any of them was another."""
    changed = {field: value for field, value in fields.items() if getattr(row, field) != value}
    if "password" in changed:
        # Airflow's setter leaves the one of before in place of none.
        row._password, row.is_encrypted = None, False
    for field, value in changed.items():
        setattr(row, field, value)
    return bool(changed)


class Objects:
    """The rows of all three kinds, by kind and name."""

    def __init__(self, session):
        from airflow.models.connection import Connection
        from airflow.models.pool import Pool
        from airflow.models.variable import Variable

        self.session = session
        self.kinds = {
            "connection": (Connection, "conn_id", connection_fields),
            "variable": (Variable, "key", variable_fields),
            "pool": (Pool, "pool", pool_fields),
        }

    def find(self, names):
        from sqlalchemy import select

        found = {}
        for kind, (model, column, _) in self.kinds.items():
            wanted = [name for other, name in names if other == kind]
            name_of = getattr(model, column)
            for row in self.session.scalars(select(model).where(name_of.in_(wanted)).with_for_update()):
                found[kind, getattr(row, column)] = row
        return found

    def fields(self, kind, name, value):
        return self.kinds[kind][2](name, value)

    def make(self, kind, name):
        model, column, _ = self.kinds[kind]
        row = model(**{column: name})
        self.session.add(row)
        return row


class Memory:
    """Which rows this Job made, by kind and name: the row's id, and of the default pool what it was before."""

    def __init__(self, session):
        self.session = session
        self.execute(
            "CREATE TABLE IF NOT EXISTS airflow_kubernetes.managed"
            " (kind text NOT NULL, name text NOT NULL, id integer NOT NULL, before text, PRIMARY KEY (kind, name))"
        )
        rows = self.execute("SELECT kind, name, id, before FROM airflow_kubernetes.managed")
        self.all = {(kind, name): (id, before) for kind, name, id, before in rows}

    def execute(self, statement, **values):
        from sqlalchemy import text

        return self.session.execute(text(statement), values)

    def made(self, key, row):
        return key in self.all and self.all[key][0] == row.id

    def add(self, key, id, before):
        self.forget(key)
        self.execute(
            "INSERT INTO airflow_kubernetes.managed (kind, name, id, before) VALUES (:kind, :name, :id, :before)",
            kind=key[0],
            name=key[1],
            id=id,
            before=before,
        )

    def forget(self, key):
        self.execute(
            "DELETE FROM airflow_kubernetes.managed WHERE kind = :kind AND name = :name", kind=key[0], name=key[1]
        )


def is_default(key):
    return key == ("pool", DEFAULT_POOL)


def check(objects, memory, wanted, rows):
    """The fields of all that is given. Ends the Job, all faults told, when any of it cannot be written."""
    fields, faults = {}, []
    for key, value in wanted.items():
        try:
            fields[key] = objects.fields(*key, value)
        except Fault as fault:
            faults.append(f"  - {key[0]} {key[1]}: {fault}")
    foreign = [key for key in wanted if key in rows and not memory.made(key, rows[key]) and not is_default(key)]
    lines = []
    if foreign:
        lines += [
            "Somebody else made these in Airflow, and they are not overwritten:",
            *(f"  - {kind} {name}" for kind, name in sorted(foreign)),
            "Remove them there (" + ", ".join(PLACES[kind] for kind in PLACES if kind in {k for k, _ in foreign}) + ") and"
            " run up again, or give them other names in the stack, or take them out of the stack.",
        ]
    if faults:
        lines += ["These cannot be written:", *sorted(faults), "Set them anew in the stack."]
    if lines:
        refuse(*lines, "Nothing was changed.")
    return fields


def manage(session, wanted):
    objects = Objects(session)
    # One Job at a time: whatever else there is, every database has this row.
    objects.find([("pool", DEFAULT_POOL)])
    memory = Memory(session)
    rows = objects.find({*wanted, *memory.all})
    fields = check(objects, memory, wanted, rows)
    told = {"made": [], "changed": [], "removed": [], "given back": []}
    for key, values in fields.items():
        kind, name = key
        row = rows.get(key)
        before = memory.all.get(key, (None, None))[1]
        if is_default(key) and row is not None and not memory.made(key, row):
            before = json.dumps({field: getattr(row, field) for field in values})
        if row is None:
            row = objects.make(kind, name)
            write(row, values)
            told["made"].append(key)
        elif write(row, values):
            told["changed"].append(key)
        session.flush()
        memory.add(key, row.id, before)
    for key in memory.all.keys() - wanted.keys():
        row = rows.get(key)
        if row is not None and memory.made(key, row):
            if is_default(key):
                write(row, json.loads(memory.all[key][1] or "{}"))
                told["given back"].append(key)
            else:
                session.delete(row)
                told["removed"].append(key)
        memory.forget(key)
    return told


def use_old_key():
    """Encrypts with the old one of two fernet keys: the processes that run now may not know the new one."""
    keys = [key.strip() for key in os.environ["AIRFLOW__CORE__FERNET_KEY"].split(",") if key.strip()]
    os.environ["AIRFLOW__CORE__FERNET_KEY"] = ",".join(reversed(keys))


def main():
    use_old_key()
    wanted = given()
    if not wanted and not remembers_any():
        print("No connection, variable or pool is given, and none was made before.")
        return
    from airflow.utils.session import create_session

    # It commits at its end, and rolls back when anything fails, a refusal included.
    with create_session() as session:
        told = manage(session, wanted)
    for verb, keys in told.items():
        for kind, name in sorted(keys):
            print(f"{kind} {name} {verb}")
    print(f"{len(wanted)} connections, variables and pools are as the stack says.")


try:
    main()
except Exception as error:
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == __file__]
    print(", ".join(f"line {frame.lineno} in {frame.name}" for frame in own), file=sys.stderr)
    cause = getattr(error, "orig", None) or error
    # Why a database does not answer quotes no value.
    reason = f": {cause}" if isinstance(cause, psycopg2.OperationalError) else ""
    print(f"{type(cause).__module__}.{type(cause).__name__}{reason}", file=sys.stderr)
    sys.exit(1)
