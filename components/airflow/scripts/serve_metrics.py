"""Serves what Airflow does not count itself, for Prometheus: the database, heartbeats, tasks that wait, volumes, the age of DAGs.

Looks when it is asked. What cannot be found out is left out, but for the database, which is up or not: a rule on a number that is
missing stays silent, so the rules ask for `airflow_database_up` first.
"""

import http.server
import json
import os
import subprocess
import sys
import time

import psycopg2

# A look costs some queries: who asks more often than this gets the last one.
SECONDS = 5

DATABASE = {
    "airflow_database_connections": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()",
    "airflow_database_max_connections": "SELECT current_setting('max_connections')::int",
    "airflow_database_size_bytes": "SELECT pg_database_size(current_database())",
    "airflow_import_errors": "SELECT count(*) FROM import_error",
    "airflow_dags": "SELECT count(*) FROM dag WHERE NOT is_stale",
    "airflow_queued_tasks": "SELECT count(*) FROM task_instance WHERE state = 'queued'",
    "airflow_queued_task_age_seconds": (
        "SELECT coalesce(extract(epoch FROM now() - min(queued_dttm)), 0) FROM task_instance WHERE state = 'queued'"
    ),
}

# Of the process of each kind that was heard of last. One that has never been heard of is infinitely late.
HEARTBEATS = "SELECT job_type, extract(epoch FROM now() - max(latest_heartbeat)) FROM job GROUP BY job_type"


def database_samples(connect, processes):
    """What the database says. `connect` opens a connection; `processes` are names by their kinds in Airflow's table of jobs."""
    try:
        connection = connect()
    except psycopg2.Error as error:
        print(f"database: {error}", file=sys.stderr, flush=True)
        return [("airflow_database_up", {}, 0)]
    samples = [("airflow_database_up", {}, 1)]
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for name, query in DATABASE.items():
                samples += [(name, {}, row[0]) for row in rows(cursor, query) or []]
            heartbeats = rows(cursor, HEARTBEATS)
            if heartbeats is not None:
                ages = {kind: age for kind, age in heartbeats}
                samples += [
                    ("airflow_heartbeat_age_seconds", {"process": process}, ages.get(kind, float("inf")))
                    for kind, process in processes.items()
                ]
    finally:
        connection.close()
    return samples


def rows(cursor, query):
    """The rows of a query; none where it fails, such as before the first migration."""
    try:
        cursor.execute(query)
        return cursor.fetchall()
    except psycopg2.Error as error:
        print(f"{query}: {error}", file=sys.stderr, flush=True)
        return None


def volume_samples(volumes):
    """How full each volume is, in bytes and in files."""
    samples = []
    for volume, path in volumes.items():
        try:
            found = os.statvfs(path)
        except OSError as error:
            print(f"{path}: {error}", file=sys.stderr, flush=True)
            continue
        labels = {"volume": volume}
        samples += [
            ("airflow_volume_size_bytes", labels, found.f_blocks * found.f_frsize),
            ("airflow_volume_available_bytes", labels, found.f_bavail * found.f_frsize),
        ]
        # A file system that counts no files says that it has none.
        if found.f_files > 0:
            samples += [
                ("airflow_volume_files", labels, found.f_files),
                ("airflow_volume_available_files", labels, found.f_favail),
            ]
    return samples


def dags_samples(delivery, link):
    """How DAGs arrive, since when the ones of today are there, and when their commit was made."""
    samples = [("airflow_dags_delivery_info", {"delivery": delivery}, 1)] if delivery else []
    if not link:
        return samples
    try:
        samples.append(("airflow_dags_changed_timestamp_seconds", {}, os.lstat(link).st_mtime))
    except OSError as error:
        print(f"{link}: {error}", file=sys.stderr, flush=True)
        return samples
    # The files belong to git-sync's user. Where there is no git, or no repository, there is no commit.
    command = ["git", "-c", "safe.directory=*", "-C", link, "log", "-1", "--format=%ct"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        if found.returncode == 0:
            samples.append(("airflow_dags_commit_timestamp_seconds", {}, int(found.stdout)))
    except (OSError, ValueError, subprocess.SubprocessError):
        pass
    return samples


def text(samples):
    """Samples as Prometheus reads them, each metric's together."""
    lines = []
    for name in dict.fromkeys(name for name, _, _ in samples):
        lines.append(f"# TYPE {name} gauge")
        for other, labels, value in samples:
            if other == name:
                inside = ",".join(f"{key}={json.dumps(label)}" for key, label in labels.items())
                number = "+Inf" if value == float("inf") else repr(float(value))
                lines.append(f"{name}{{{inside}}} {number}" if inside else f"{name} {number}")
    return "\n".join(lines) + "\n"


def connect():
    # The driver's part of the scheme is SQLAlchemy's.
    url = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("postgresql+psycopg2:", "postgresql:", 1)
    connection = psycopg2.connect(url, connect_timeout=5, application_name="state-metrics")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '8s'")
        connection.commit()
    except psycopg2.Error:
        connection.close()
        raise
    return connection


def look(settings):
    return (
        database_samples(connect, settings["processes"])
        + [(name, {}, value) for name, value in settings["constants"].items()]
        + volume_samples(settings["volumes"])
        + dags_samples(settings["delivery"], settings["link"])
    )


class Handler(http.server.BaseHTTPRequestHandler):
    settings = {}
    last = (0.0, "")

    def do_GET(self):
        if self.path.split("?")[0] == "/metrics":
            at, body = Handler.last
            if time.monotonic() - at > SECONDS or not body:
                body = text(look(Handler.settings))
                Handler.last = (time.monotonic(), body)
            self.answer(200, body)
        else:
            # Health: it answers. Whether the database does is a number.
            self.answer(200 if self.path == "/" else 404, "")

    def answer(self, status, body):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def main(port, settings):
    Handler.settings = json.loads(settings)
    if port == "look":
        # Once, for who runs this in a process of Airflow's.
        print(text(look(Handler.settings)), end="")
        return
    # Two may ask at once, and the probe may not wait for a slow database.
    http.server.ThreadingHTTPServer(("", int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
