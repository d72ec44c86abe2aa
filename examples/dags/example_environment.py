"""A task's pod holds no secret of the installation.

It talks to Airflow's API server with a token for this one task only, so it needs no database address, no encryption key
and no other secret. The task fails when it finds one in its environment; else it prints the names of what is there,
never a value.
"""

import os
from datetime import datetime

from airflow.sdk import dag, task

# What Airflow itself puts in place of a database's address while a task runs, for tasks that ask for it.
NO_DATABASE = "airflow-db-not-allowed:///"
SECRET_MARKS = ("AIRFLOW__DATABASE__", "FERNET", "SECRET", "JWT", "PASSWORD", "POSTGRES", "AIRFLOW_CONN_")


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, tags=["example"], doc_md=__doc__)
def example_environment():
    @task
    def look_around() -> None:
        names = sorted(name for name, value in os.environ.items() if value != NO_DATABASE)
        secrets = [name for name in names if any(mark in name.upper() for mark in SECRET_MARKS)]
        addresses = [name for name in names if "postgresql" in os.environ[name]]
        if secrets or addresses:
            raise RuntimeError(f"these do not belong in a task's environment: {sorted({*secrets, *addresses})}")
        print("no secret in the environment, which holds:")
        for name in names:
            print(f"variable {name}")

    look_around()


example_environment()
