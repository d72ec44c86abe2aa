"""Keeps a fault of the database from being told to a task as a connection or variable that there is not.

Airflow asks one place after another for a connection, and passes by those that fail: where the database is away, or cannot be
decrypted, the answer is "not found", and the task fails at once. Any other answer of the Execution API is repeated for minutes. So
before it is said that something is not there, the database is asked once more, and its fault is the answer.

It is a plugin since the api-server's workers load those; it adds nothing to the UI.
"""

from __future__ import annotations

import functools
import sys

from airflow.plugins_manager import AirflowPlugin


def speaks_to_supervisor():
    """Whether this is user code beside a process of Airflow, which asks that process, and not the database."""
    return hasattr(sys.modules.get("airflow.sdk.execution_time.task_runner"), "SUPERVISOR_COMMS")


def in_database(kind, name, team_name):
    """What the database alone says. It raises what is wrong with it."""
    from airflow.secrets.metastore import MetastoreBackend

    backend = MetastoreBackend()
    team = {"team_name": team_name} if team_name else {}
    return backend.get_connection(name, **team) if kind == "connection" else backend.get_variable(name, **team)


def insisting_connection(original, ask=in_database):
    from airflow.exceptions import AirflowNotFoundException

    @functools.wraps(original)
    def get(cls, conn_id, team_name=None):
        try:
            return original(cls, conn_id, **({"team_name": team_name} if team_name else {}))
        except AirflowNotFoundException:
            found = None if speaks_to_supervisor() else ask("connection", conn_id, team_name)
            if found is None:
                raise
            return found

    get.insists = True
    return get


def insisting_variable(original, ask=in_database):
    @functools.wraps(original)
    def get(key, team_name=None):
        value = original(key, **({"team_name": team_name} if team_name else {}))
        return value if value is not None or speaks_to_supervisor() else ask("variable", key, team_name)

    get.insists = True
    return get


class Lookups(AirflowPlugin):
    name = "airflow_kubernetes"

    @classmethod
    def on_load(cls, *_arguments, **_options):
        from airflow.models.connection import Connection
        from airflow.models.variable import Variable

        if hasattr(Variable.get_variable_from_secrets, "insists"):
            return
        Connection.get_connection_from_secrets = classmethod(
            insisting_connection(Connection.get_connection_from_secrets.__func__)
        )
        Variable.get_variable_from_secrets = staticmethod(insisting_variable(Variable.get_variable_from_secrets))
