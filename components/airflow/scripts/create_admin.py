"""Writes permissions and roles as this version of Airflow knows them, makes the first user, or gives it another password, and keeps
the stack's roles and users in step.

The first user is touched when its name or password in the stack is another than the last time, and not otherwise: a password that
was changed in the UI stays, and a user that was removed there is not made again. Roles and users of the stack are as it says after
each run; of their passwords the same holds. What somebody else made is never changed: a name that is taken so ends the Job before
any of them is touched. Exit code 65: nothing that another try could mend.
"""

import importlib.util
import json
import os
import sys
import traceback

import psycopg2
from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from werkzeug.security import check_password_hash, generate_password_hash

NO_RETRY = 65

# None where there is no first user.
user = os.environ.get("ADMIN_USER")
email = os.environ.get("ADMIN_EMAIL")
password = os.environ.get("ADMIN_PASSWORD")
# What the stack says of users and roles; the password of the first of its users is in USER_PASSWORD_0.
given = json.loads(os.environ.get("USERS") or "{}")


def fail(error):
    """Ends with what is wrong with the user's webserver_config.py, where the fault is in that."""
    path = os.environ.get("AIRFLOW__FAB__CONFIG_FILE")
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    if isinstance(error, SyntaxError) and error.filename == path:
        lines.append(error.lineno)
    if not lines or os.path.exists(os.path.join(os.path.dirname(path), "sign-in.json")):
        raise error
    what = f"{type(error).__name__}: {' '.join(str(getattr(error, 'msg', error)).split())}"
    print(f"\nWEBSERVER CONFIG REFUSED\napiServer.webserverConfig, line {lines[-1]}: {what}", file=sys.stderr, flush=True)
    sys.exit(NO_RETRY)


def refuse(*lines):
    print("\n".join(("", "USERS REFUSED", *lines)), file=sys.stderr, flush=True)
    sys.exit(NO_RETRY)


class Memory:
    """What the stack said of the first user the last time: the name, and a hash of the password."""

    def __init__(self):
        url = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("postgresql+psycopg2:", "postgresql:", 1)
        self.connection = psycopg2.connect(url, connect_timeout=10)
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA IF NOT EXISTS airflow_kubernetes")
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS airflow_kubernetes.first_user (name text NOT NULL, password text NOT NULL)"
            )
            cursor.execute("SELECT name, password FROM airflow_kubernetes.first_user")
            self.name, self.password = cursor.fetchone() or (None, None)

    def is_same(self):
        return self.name == user and check_password_hash(self.password, password)

    def keep(self):
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute("DELETE FROM airflow_kubernetes.first_user")
            if user is not None:
                cursor.execute(
                    "INSERT INTO airflow_kubernetes.first_user VALUES (%s, %s)", (user, generate_password_hash(password))
                )


def make_admin(manager, memory):
    if user is None:
        if memory.name is not None:
            shut_out(manager, memory.name)
            memory.keep()
        return
    if memory.is_same():
        print(f'User "{user}" is as it was set before, and left as it is.')
        return
    existing = manager.find_user(username=user)
    if existing is None:
        role = manager.find_role("Admin")
        if not manager.add_user(user, user, "", email, role, password):
            sys.exit(f'User "{user}" could not be made: is {email} the address of another user?')
        print(f'User "{user}" made, with the role Admin.')
    else:
        # It may have been the first user once, and been shut out.
        existing.active = True
        if not manager.reset_password(existing.id, password):
            sys.exit(f'The password of user "{user}" could not be set.')
        print(f'User "{user}" exists; its password is the one that was set.')
    shut_out(manager, memory.name)
    memory.keep()


def shut_out(manager, before):
    """Nobody goes on as the first user of before, with a password that was given up."""
    former = manager.find_user(username=before) if before not in (None, user) else None
    if former is None or not former.active:
        return
    former.active = False
    if manager.update_user(former) is False:
        sys.exit(f'User "{before}", the first user before, could not be shut out.')
    print(f'User "{before}", the first user before, can no longer log in.')


class Made:
    """Which roles and users this Job made: the row's id, the permissions of a role, and a hash of a user's password."""

    def __init__(self, connection):
        self.connection = connection
        self.roles, self.users = {}, {}
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)", ("airflow_kubernetes.roles",))
            self.is_there = cursor.fetchone()[0] is not None
            if self.is_there:
                cursor.execute("SELECT name, id, permissions FROM airflow_kubernetes.roles")
                self.roles = {name: (id, json.loads(permissions)) for name, id, permissions in cursor.fetchall()}
                cursor.execute("SELECT name, id, password, is_out FROM airflow_kubernetes.users")
                self.users = {name: values for name, *values in cursor.fetchall()}

    def begin(self):
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS airflow_kubernetes.users"
                " (name text PRIMARY KEY, id integer NOT NULL, password text NOT NULL, is_out boolean NOT NULL)"
            )
            cursor.execute(
                "CREATE TABLE IF NOT EXISTS airflow_kubernetes.roles"
                " (name text PRIMARY KEY, id integer NOT NULL, permissions text NOT NULL)"
            )

    def keep(self, table, name, *values):
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM airflow_kubernetes.{table} WHERE name = %s", (name,))
            if values:
                places = ", ".join(["%s"] * (len(values) + 1))
                cursor.execute(f"INSERT INTO airflow_kubernetes.{table} VALUES ({places})", (name, *values))


def is_of_dag(resource):
    return resource.startswith(("DAG:", "DAG Run:"))


def check(manager, made):
    """Ends the Job, all faults told, where anything that the stack says cannot be written."""
    lines = faults(manager, made, given.get("roles", {}), given.get("users", [])) if given else []
    if lines:
        refuse("These cannot be as auth says:", *lines, "None of them was changed.")


def faults(manager, made, roles, users):
    known = manager.get_all_permissions()
    lines = []
    for name, permissions in roles.items():
        row = manager.find_role(name)
        if row is not None and made.roles.get(name, (None,))[0] != row.id:
            lines.append(f"  - role {name}: somebody else made it in Airflow. Remove it there, or give it another name")
        for action, resource in permissions:
            if not is_of_dag(resource) and (action, resource) not in known:
                lines.append(f"  - role {name}: Airflow has no permission {action} on {resource}")
    for person in users:
        row = manager.find_user(username=person["name"])
        if row is not None and made.users.get(person["name"], (None,))[0] != row.id:
            lines.append(f"  - user {person['name']}: somebody else made it in Airflow. Remove it there, or give it another name")
    there = {role.name for role in manager.get_all_roles()} - (made.roles.keys() - roles.keys()) | roles.keys()
    for where, names in [*((f"user {person['name']}", person["roles"]) for person in users), *given.get("granted", {}).items()]:
        lines += [f"  - {where}: there is no role {name}" for name in names if name not in there]
    return lines


def write_role(manager, made, name, permissions):
    role = manager.find_role(name) or manager.add_role(name)
    before = made.roles.get(name, (None, []))[1]
    # A DAG may give it more by its access_control, which stays.
    for action, resource in before:
        if [action, resource] not in permissions:
            manager.remove_permission_from_role(role, manager.get_permission(action, resource))
    # Without the last one, nobody sees the UI at all.
    for action, resource in [*permissions, ["can_read", "Website"]]:
        manager.add_permission_to_role(role, manager.create_permission(action, resource))
    made.keep("roles", name, role.id, json.dumps(permissions))
    print(f'Role "{name}" is as the stack says.')


def write_user(manager, made, person, password):
    name = person["name"]
    roles = [manager.find_role(role) for role in person["roles"]]
    _, hashed, is_out = made.users.get(name, (None, "", False))
    row = manager.find_user(username=name)
    if row is None:
        row = manager.add_user(name, person["firstName"], person["lastName"], person["email"], roles, password)
        if not row:
            sys.exit(f'User "{name}" could not be made: is {person["email"]} the address of another user?')
        print(f'User "{name}" made, with the roles {", ".join(person["roles"])}.')
    else:
        row.first_name, row.last_name, row.email = person["firstName"], person["lastName"], person["email"]
        row.roles = roles
        if is_out:
            row.active = True
        if not manager.update_user(row):
            sys.exit(f'User "{name}" could not be changed: is {person["email"]} the address of another user?')
        if not check_password_hash(hashed, password) and not manager.reset_password(row.id, password):
            sys.exit(f'The password of user "{name}" could not be set.')
        print(f'User "{name}" is as the stack says.')
    made.keep("users", name, row.id, generate_password_hash(password), False)


def keep_in_step(manager, made):
    roles, users = given.get("roles", {}), given.get("users", [])
    if not made.is_there and not roles and not users:
        return
    made.begin()
    for name, permissions in roles.items():
        write_role(manager, made, name, permissions)
    for number, person in enumerate(users):
        write_user(manager, made, person, os.environ[f"USER_PASSWORD_{number}"])
    for name in made.users.keys() - {person["name"] for person in users}:
        id, hashed, is_out = made.users[name]
        row = manager.find_user(username=name)
        if row is not None and row.id == id and not is_out:
            # What it did stays, with its name.
            row.active = False
            if not manager.update_user(row):
                sys.exit(f'User "{name}" could not be shut out.')
            print(f'User "{name}" left the stack, and can no longer sign in.')
        made.keep("users", name, id, hashed, True)
    for name in made.roles.keys() - roles.keys():
        row = manager.find_role(name)
        if row is not None and row.id == made.roles[name][0]:
            manager.delete_role(name)
            print(f'Role "{name}" left the stack, and was removed.')
        made.keep("roles", name)


def main():
    if given.get("needsLdap") and importlib.util.find_spec("ldap") is None:
        refuse("auth.ldap needs the Python package python-ldap, which the official image has and this one lacks.")
    with get_application_builder() as builder:
        # As `airflow sync-perm` does.
        builder.add_permissions(update_perms=True)
        builder.sm.sync_roles()
        memory = Memory()
        made = Made(memory.connection)
        check(builder.sm, made)
        make_admin(builder.sm, memory)
        keep_in_step(builder.sm, made)


try:
    main()
except Exception as error:
    fail(error)
