"""Runs one of Airflow's processes, and again when it has ended because the database was away.

Airflow's processes end with the first query that fails. A database that is restarted, or moved to another node, is no fault of
theirs: this waits until it answers and starts the process again at once, where a container that ends would be restarted with
longer and longer pauses. Whatever else a process ends with is the end of this program, with the same exit code.

Arguments: those of the command `airflow`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psycopg2

from airflow_kubernetes import keys

POLL_SECONDS = 2


class Database:
    """A connection that is kept open beside the process: when that is lost, the database was away."""

    def __init__(self, connect):
        self.connect = connect
        self.connection = None

    def answers(self):
        """Whether the database answers, if only to refuse this user."""
        try:
            self.connection = self.connect()
        except psycopg2.OperationalError as error:
            self.connection = None
            return any(text in str(error) for text in ("authentication failed", "does not exist", "no pg_hba.conf"))
        return True

    def was_away(self):
        """Whether the database has gone since it last answered. One that never let this user in is no reason to wait."""
        if self.connection is None:
            return False
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            return False
        except psycopg2.Error:
            return True

    def close(self):
        if self.connection is not None:
            self.connection.close()


class Patient:
    """A process that outlives an outage of its database."""

    def __init__(self, command, database, say=lambda text: print(text, file=sys.stderr, flush=True)):
        self.command = command
        self.database = database
        self.say = say
        self.child = None
        self.stopped = False

    def stop(self, number, _frame):
        """Hands a signal on to the process and what it has started, as the init process of the image would."""
        self.stopped = self.stopped or number in (signal.SIGTERM, signal.SIGINT)
        if self.child is not None and self.child.poll() is None:
            self.signal_all(number)

    def signal_all(self, number):
        try:
            os.killpg(self.child.pid, number)
        except ProcessLookupError:
            pass

    def run(self):
        while self.wait():
            self.child = subprocess.Popen(self.command, start_new_session=True)
            if self.stopped:
                self.signal_all(signal.SIGTERM)
            code = self.child.wait()
            # What is left of it would go on beside the next one.
            self.signal_all(signal.SIGKILL)
            if code == 0 or self.stopped or not self.database.was_away():
                return code if code >= 0 else 128 - code
            self.say(f"The database was away: {' '.join(self.command)} ended with code {code}")
            self.database.close()
        return 128 + signal.SIGTERM

    def wait(self):
        """Waits until the database answers. False when there was a signal to stop before."""
        told = False
        while not self.stopped:
            if self.database.answers():
                return True
            if not told:
                self.say("Waiting for the database ...")
                told = True
            time.sleep(POLL_SECONDS)
        return False


def connect():
    url = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("postgresql+psycopg2:", "postgresql:", 1)
    # An open transaction would hold back Postgres's own cleaning.
    connection = psycopg2.connect(url, connect_timeout=5, application_name="airflow-kubernetes")
    connection.autocommit = True
    return connection


def main():
    keys.prepare()
    patient = Patient([sys.executable, "-m", "airflow_kubernetes.guarded", *sys.argv[1:]], Database(connect))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, patient.stop)
    sys.exit(patient.run())


if __name__ == "__main__":
    main()
