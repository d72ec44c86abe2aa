"""Values that would stop the scheduler: what its database cannot hold, and invalid pod templates."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone

# The largest integer of Postgres.
LARGEST = 2**31 - 1


def of_task(task) -> list[str]:
    """Everything that is wrong with a task."""
    return [
        *whole_number(task, "pool_slots", 1),
        *whole_number(task, "retries", 0),
        *duration(task, "retry_delay"),
        *duration(task, "max_retry_delay"),
        *text(task, "queue", 256),
        *text(task, "pool", 256),
        *text(task, "owner", 1000),
        *text(task, "executor", 1000),
        *text(task, "task_display_name", 2000),
        *executor_config(getattr(task, "executor_config", None)),
    ]


def of_dag(dag) -> list[str]:
    """Everything that is wrong with a DAG itself."""
    return [
        *duration(dag, "dagrun_timeout"),
        *text(dag, "dag_display_name", 2000),
        *text(dag, "description", LARGEST),
        *[problem for tag in sorted(map(str, getattr(dag, "tags", None) or [])) for problem in text_value("tag", tag, 100)],
    ]


def whole_number(holder, name: str, least: int) -> list[str]:
    value = getattr(holder, name, None)
    if value is None or (isinstance(value, int) and least <= value <= LARGEST):
        return []
    return [f"{name} is {value!r}; allowed: a whole number from {least} to {LARGEST}"]


def duration(holder, name: str) -> list[str]:
    value = getattr(holder, name, None)
    if isinstance(value, timedelta):
        try:
            datetime.now(timezone.utc) + value
        except OverflowError:
            return [f"{name} is {value}, which leads beyond the calendar"]
    return []


def text(holder, name: str, most: int) -> list[str]:
    return text_value(name, getattr(holder, name, None), most)


def text_value(name: str, value, most: int) -> list[str]:
    if not isinstance(value, str):
        return []
    if "\x00" in value:
        return [f"{name} has a NUL character, which no database holds"]
    return [f"{name} has {len(value)} characters; allowed: {most}"] if len(value) > most else []


def executor_config(config) -> list[str]:
    if not config:
        return []
    if not isinstance(config, dict):
        return [f"executor_config is {type(config).__name__}; allowed: a dict, such as {{'pod_override': V1Pod(...)}}"]
    path = config.get("pod_template_file")
    return [] if not path else pod_template(path)


def pod_template(path) -> list[str]:
    """What is wrong with a file that a pod is to be made from."""
    import yaml

    name = f"pod_template_file is {path!r}"
    if not isinstance(path, (str, os.PathLike)):
        return [f"{name}; allowed: the path of a YAML file"]
    try:
        with open(path) as file:
            found = yaml.safe_load(file)
    except OSError as error:
        return [f"{name}, which cannot be read: {error.strerror}"]
    except (yaml.YAMLError, ValueError) as error:
        return [f"{name}, which is no YAML: {' '.join(str(error).split())}"]
    spec = found.get("spec") if isinstance(found, dict) else None
    containers = spec.get("containers") if isinstance(spec, dict) else None
    if not isinstance(containers, list) or not containers or not all(isinstance(each, dict) for each in containers):
        return [f"{name}, which holds no pod: spec.containers is needed"]
    return [] if containers[0].get("name") == "base" else [f'{name}; its first container must have the name "base"']
