"""Why a pod does not start, or has failed, in sentences for the log of its task. Only text: pods and events are given as the
Kubernetes API has them, in JSON.
"""

from __future__ import annotations

import json

BASE = "base"
# Reasons that say no more than their message does.
VAGUE = {"", "Error", "Unschedulable", "ContainersNotReady"}
# How a kubelet says that a container waits for nothing but its turn.
ORDINARY = {"ContainerCreating", "PodInitializing"}
OUT_OF_MEMORY = "OOMKilled"
MOST = 1000


def shortened(text: str) -> str:
    """One line, without what is too long to be read."""
    line = " ".join(text.split())
    return line if len(line) <= MOST else f"{line[:MOST]} ..."


def said(reason: str | None, message: str | None) -> str:
    """A reason and its message as one text."""
    parts = [part for part in (reason or "", message or "") if part]
    if len(parts) == 2 and (parts[0] in VAGUE or parts[1].startswith(parts[0])):
        parts = parts[1:]
    return shortened(": ".join(parts))


def statuses(pod: dict) -> list[dict]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def base_end(pod: dict) -> dict | None:
    """How the task's own container ended, when it has and others of the pod still run."""
    base = next((each for each in statuses(pod) if each.get("name") == BASE), None)
    return ((base or {}).get("state") or {}).get("terminated")


def has_started(pod: dict) -> bool:
    """Whether the task's own container ever ran."""
    base = next((each for each in statuses(pod) if each.get("name") == BASE), None)
    if base is None:
        return False
    state, last = base.get("state") or {}, base.get("lastState") or {}
    return any(kind in each for each in (state, last) for kind in ("running", "terminated"))


def still_runs(pod: dict) -> bool:
    """Whether a container of the pod runs."""
    return any("running" in (each.get("state") or {}) for each in statuses(pod))


def waiting(pod: dict, events: list[dict]) -> str | None:
    """Why a pod has not started yet, as far as the cluster says anything out of the ordinary."""
    texts = []
    for condition in (pod.get("status") or {}).get("conditions") or []:
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            texts.append(f"no node takes the pod: {said(condition.get('reason'), condition.get('message'))}")
    for each in statuses(pod):
        state = (each.get("state") or {}).get("waiting")
        if state and state.get("reason") not in ORDINARY:
            texts.append(f'container "{each.get("name")}": {said(state.get("reason"), state.get("message"))}')
    if not texts:
        warnings = [event for event in events if event.get("type") == "Warning"]
        warnings.sort(key=lambda event: event.get("lastTimestamp") or event.get("eventTime") or "")
        texts = [said(event.get("reason"), event.get("message")) for event in warnings[-1:]]
    return "; ".join(texts) or None


def failure(pod: dict, deleted: bool) -> str:
    """Why a pod has failed."""
    status = pod.get("status") or {}
    texts = []
    if status.get("reason") or status.get("message"):
        texts.append(said(status.get("reason"), status.get("message")))
    for condition in status.get("conditions") or []:
        if condition.get("type") == "DisruptionTarget" and condition.get("status") == "True":
            texts.append(said(condition.get("reason"), condition.get("message")))
    for each in statuses(pod):
        texts.extend(container_failure(each, pod))
    if deleted:
        texts.append("it was deleted before its end")
    return "; ".join(dict.fromkeys(texts)) or "the cluster gives no reason"


def container_failure(status: dict, pod: dict) -> list[str]:
    name = status.get("name")
    state = status.get("state") or {}
    ended, wait = state.get("terminated"), state.get("waiting")
    if ended and ended.get("exitCode"):
        how = f'container "{name}" ended with exit code {ended["exitCode"]}'
        detail = said(ended.get("reason"), ended.get("message"))
        if ended.get("reason") == OUT_OF_MEMORY:
            detail = memory_exceeded(name, pod)
        return [f"{how}{f': {detail}' if detail and detail != 'Error' else ''}"]
    if wait and wait.get("reason") not in ORDINARY:
        return [f'container "{name}" could not start: {said(wait.get("reason"), wait.get("message"))}']
    return []


def out_of_memory(pod: dict) -> str | None:
    """The container that has exceeded its memory, also when it ended with success."""
    for each in statuses(pod):
        if ((each.get("state") or {}).get("terminated") or {}).get("reason") == OUT_OF_MEMORY:
            return f'container "{each.get("name")}": {memory_exceeded(each.get("name"), pod)}'
    return None


def memory_exceeded(name: str | None, pod: dict) -> str:
    limit = memory_limit(name, pod)
    return f"{OUT_OF_MEMORY}, it used more memory than its limit{f' of {limit}' if limit else ''}"


def memory_limit(name: str | None, pod: dict) -> str | None:
    spec = pod.get("spec") or {}
    for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
        if container.get("name") == name:
            return ((container.get("resources") or {}).get("limits") or {}).get("memory")
    return None


def log_path(pod: dict) -> str | None:
    """The log of the task that a pod was made for, relative to the folder of logs: the executor's command carries it."""
    for container in (pod.get("spec") or {}).get("containers") or []:
        if container.get("name") == BASE:
            args = [*(container.get("command") or []), *(container.get("args") or [])]
            try:
                return json.loads(args[args.index("--json-string") + 1]).get("log_path")
            except (ValueError, IndexError, AttributeError):
                return None
    return None
