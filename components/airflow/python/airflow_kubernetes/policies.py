"""Cluster policies: what a DAG must not say, because it would stop the scheduler or the dag-processor, is told to its author as an
import error. They are found by Airflow through the entry point `airflow.policy`, so that `airflow_local_settings.py` stays with
the user.

https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/cluster-policies.html
"""

from __future__ import annotations

from airflow.exceptions import AirflowClusterPolicyViolation, UnknownExecutorException
from airflow.executors.executor_loader import ExecutorLoader
from airflow.policies import hookimpl

from airflow_kubernetes import limits


@hookimpl
def task_policy(task) -> None:
    problems = limits.of_task(task)
    if problems:
        raise AirflowClusterPolicyViolation(f'Task "{task.task_id}": {"; ".join(problems)}')


@hookimpl
def dag_policy(dag) -> None:
    problems = [*limits.of_dag(dag), *unknown_executors(dag)]
    if problems:
        raise AirflowClusterPolicyViolation(f'DAG "{dag.dag_id}": {"; ".join(problems)}')


def unknown_executors(dag) -> list[str]:
    """Unknown executors of callbacks: the scheduler would look for them for ever. Airflow itself checks those of tasks."""
    alerts = getattr(dag, "deadline", None) or []
    callbacks = [getattr(alert, "callback", None) for alert in (alerts if isinstance(alerts, (list, tuple)) else [alerts])]
    names = [getattr(callback, "executor", None) for callback in callbacks]
    return [f"the executor of a deadline's callback is {name!r}, which is not configured" for name in names if not known(name)]


def known(name) -> bool:
    try:
        return name is None or ExecutorLoader.lookup_executor_name_by_str(name) is not None
    except UnknownExecutorException:
        return False
