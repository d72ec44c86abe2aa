"""Removes old rows by the means of `airflow db clean`, table by table, around what that trips over:

- One table that cannot be cleaned ends the command, and keeps none of the others from being cleaned here.
- The rows of a DAG that is gone hold each other: its last run is kept, tasks of it without a start are never old, and their
  version cannot go before them. Here such runs go with their DAG.
- It looks at no state: a run or a deferred task that has gone on for long would be removed under it. DAGs that have one are left
  alone until it has ended.
- Triggers take their tasks with them; those that nobody waits for are removed by the triggerer anyhow. They are left alone here.
- Of some tables it takes for granted a column `dag_id` that they do not have, and fails as soon as DAGs are chosen.
- What it copies before it deletes is left behind when it is killed. The next run removes that, and no archive of anybody else's.

Arguments: days, rows in one transaction, seconds that it may take. What is left then is a matter of the next run.
"""

import signal
import sys
import time
from datetime import datetime, timedelta, timezone
from inspect import signature

from airflow.models import DagModel, DagRun, TaskInstance
from airflow.models.dag_version import DagVersion
from airflow.utils import db_cleanup
from airflow.utils.session import create_session
from airflow.utils.state import State
from sqlalchemy import delete, exists, func, inspect, or_, select, text

# Where it stands that a run has begun and not come to its end.
SCHEMA = "airflow_kubernetes"
LEFT_ALONE = {"trigger", "dag"}
# What belongs to runs. Of the others many rows belong to no DAG, which a choice of DAGs would never find.
OF_RUNS = {"dag_run", "dag_version", "task_instance", "task_instance_history", "task_reschedule", "task_state_store", "xcom"}
# Copies that a run leaves are of at most this age when the next one comes upon its mark.
LONGEST = timedelta(hours=2)


class TimeIsUp(BaseException):
    """Not an Exception: nothing on the way takes it for a fault of one table."""


def stop(number, _frame):
    raise TimeIsUp(number)


def copies_of(begun, names):
    """The tables that a run which began then has left: their names end with a time and the number of a batch."""
    for name in names:
        stamp, _, batch = name.removeprefix(db_cleanup.ARCHIVE_TABLE_PREFIX).rpartition("__")
        if name.startswith(db_cleanup.ARCHIVE_TABLE_PREFIX) and batch[:1] == "b" and batch[1:].isdigit():
            digits = stamp.rpartition("__")[2]
            if f"{begun:%Y%m%d%H%M%S}" <= digits <= f"{begun + LONGEST:%Y%m%d%H%M%S}":
                yield name


def remove_copies(session):
    """Removes what a run has left that was killed, and marks that this one has begun."""
    session.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    session.execute(text(f"CREATE TABLE IF NOT EXISTS {SCHEMA}.database_cleanup (begun timestamptz NOT NULL)"))
    names = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")).all()
    for begun in session.scalars(text(f"SELECT begun FROM {SCHEMA}.database_cleanup")).all():
        for name in copies_of(begun.astimezone(timezone.utc), names):
            print(f"Removing {name}, which a run that was killed has left.", flush=True)
            session.execute(text(f'DROP TABLE IF EXISTS "{name}"'))
    session.execute(text(f"DELETE FROM {SCHEMA}.database_cleanup"))
    session.execute(text(f"INSERT INTO {SCHEMA}.database_cleanup VALUES (now())"))


def mend_configuration(session):
    """Has no table chosen by a column that it lacks."""
    inspector = inspect(session.connection())
    tables = set(inspector.get_table_names())
    for name, config in db_cleanup.config_dict.items():
        column = config.dag_id_column
        if name in tables and column is not None:
            if column.name not in {known["name"] for known in inspector.get_columns(name)}:
                config.dag_id_column = None


def busy_dags(session, before):
    """DAGs with a run or a task that began before then and has not ended."""
    unfinished = [state for state in State.unfinished if state is not None]
    runs = select(DagRun.dag_id).where(DagRun.state.in_(["running", "queued"]), DagRun.start_date < before)
    tasks = select(TaskInstance.dag_id).where(TaskInstance.state.in_(unfinished), TaskInstance.start_date < before)
    return sorted({*session.scalars(runs), *session.scalars(tasks)})


def remove_runs_of_gone_dags(session, before, busy, batch):
    """Old runs of DAGs that no bundle has had for as long, their last ones and those that never began included. Tasks and all that
    belongs to them go with a run. Hands back how many of them."""
    gone = select(DagModel.dag_id).where(
        DagModel.is_stale.is_(True), DagModel.last_parsed_time < before, DagModel.dag_id.not_in(busy)
    )
    known = select(DagModel.dag_id)
    old = (
        select(DagRun.id)
        # Also runs of DAGs that an earlier cleanup has removed.
        .where(or_(DagRun.dag_id.in_(gone), DagRun.dag_id.not_in(known)))
        .where(func.coalesce(DagRun.start_date, DagRun.queued_at, DagRun.run_after) < before)
        .where(DagRun.dag_id.not_in(busy))
        .limit(batch)
    )
    removed = 0
    while ids := session.scalars(old).all():
        session.execute(delete(DagRun).where(DagRun.id.in_(ids)).execution_options(synchronize_session=False))
        session.commit()
        removed += len(ids)
    return removed


def removable_dags(session, before, busy):
    """DAGs that are gone for that long, of which no task is left: the version of a task cannot be removed."""
    tasks = exists().where(TaskInstance.dag_version_id == DagVersion.id, DagVersion.dag_id == DagModel.dag_id)
    return session.scalars(
        select(DagModel.dag_id)
        .where(DagModel.is_stale.is_(True), DagModel.last_parsed_time < before, DagModel.dag_id.not_in(busy), ~tasks)
        .order_by(DagModel.dag_id)
    ).all()


class Cleanup:
    def __init__(self, before, batch):
        self.before, self.batch = before, batch
        self.failed = []

    def step(self, what, work):
        """One step, whose failure is told of and leaves the others to be done."""
        begun = time.monotonic()
        try:
            result = work()
        except Exception as error:
            self.failed.append(what)
            print(f"{what} was not cleaned: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            return None
        print(f"{what}: {time.monotonic() - begun:.1f} s", flush=True)
        return result

    def table(self, name, **dags):
        """One table, after those that depend on it."""
        known = signature(db_cleanup.run_cleanup).parameters
        # Without it a table that was not cleaned is a line in the log.
        strict = {"error_on_cleanup_failure": True} if "error_on_cleanup_failure" in known else {}
        self.step(
            name,
            lambda: db_cleanup.run_cleanup(
                clean_before_timestamp=self.before,
                table_names=[name],
                skip_archive=True,
                confirm=False,
                batch_size=self.batch,
                **strict,
                **dags,
            ),
        )

    def all(self):
        with create_session() as session:
            remove_copies(session)
        with create_session() as session:
            mend_configuration(session)
            busy = busy_dags(session, self.before)
        if busy:
            print(f"Left alone, since they have runs that began before {self.before:%F} and go on: {', '.join(busy)}")

        def runs():
            with create_session() as session:
                removed = remove_runs_of_gone_dags(session, self.before, busy, self.batch)
                print(f"Removed {removed} runs of DAGs that are gone.")

        self.step("runs of DAGs that are gone", runs)
        excluded = {"exclude_dag_ids": busy} if busy else {}
        # Runs first: most of the others go with them.
        names = sorted(set(db_cleanup.config_dict) - LEFT_ALONE, key=lambda name: (name != "dag_run", name))
        for name in names:
            self.table(name, **(excluded if name in OF_RUNS else {}))
        with create_session() as session:
            gone = removable_dags(session, self.before, busy)
        if gone:
            print(f"DAGs that are gone: {', '.join(gone)}")
            self.table("dag", dag_ids=gone)
        with create_session() as session:
            session.execute(text(f"DELETE FROM {SCHEMA}.database_cleanup"))


def main(days, batch, seconds):
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(int(seconds))
    cleanup = Cleanup(datetime.now(timezone.utc) - timedelta(days=int(days)), int(batch))
    print(f"Removing what is older than {cleanup.before:%F %T} UTC.", flush=True)
    try:
        cleanup.all()
    except TimeIsUp as end:
        if end.args[0] == signal.SIGTERM:
            sys.exit(128 + signal.SIGTERM)
        print(f"{seconds} s are over; the next run goes on from here.")
        return
    finally:
        signal.alarm(0)
    if cleanup.failed:
        print(f"\nDATABASE CLEANUP INCOMPLETE\nNot cleaned: {', '.join(cleanup.failed)}", file=sys.stderr)
        sys.exit(1)
    print("Done.")


if __name__ == "__main__":
    main(*sys.argv[1:])
