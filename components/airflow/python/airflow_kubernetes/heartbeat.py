"""Liveness of a process: its heartbeat in the database is younger than two minutes. Argument: Airflow's name of the process.

Asks the database directly, because a start of Airflow's own command line costs seconds of CPU each time. A database that
does not answer is not this process's fault, and a restart would not mend it.
"""

import os
import socket
import sys

import psycopg2


def main(job_type):
    # The driver's part of the scheme is SQLAlchemy's; importing that to take it off would double the time of the check.
    url = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("postgresql+psycopg2:", "postgresql:", 1)
    try:
        # It takes the place of a longer one in the URL.
        connection = psycopg2.connect(url, connect_timeout=5)
    except psycopg2.OperationalError as error:
        print(f"database: {error}")
        return 0
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM job WHERE job_type = %s AND hostname = %s AND state = 'running'"
            " AND latest_heartbeat > now() - interval '2 minutes'",
            (job_type, socket.getfqdn()),
        )
        alive = cursor.fetchone()[0] > 0
    connection.close()
    return 0 if alive else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
