"""Which pods have ended for so long that nobody looks at them any more. Pods are given as the Kubernetes API has them, in JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

# A scheduler that has just begun has not heard yet how the pods of others ended.
UNHEARD_SECONDS = 600


def ended_at(pod: dict) -> datetime | None:
    """When a pod ended. One that was evicted may never have had containers; then it is the newest that is known of it."""
    status = pod.get("status") or {}
    if status.get("phase") not in ("Failed", "Succeeded"):
        return None
    ends = [
        ((container.get("state") or {}).get("terminated") or {}).get("finishedAt")
        for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    ]
    changes = [condition.get("lastTransitionTime") for condition in status.get("conditions") or []]
    known = [time for time in ends if time] or [time for time in changes if time] or [pod["metadata"]["creationTimestamp"]]
    return max(datetime.fromisoformat(time.replace("Z", "+00:00")) for time in known)


def overdue(pods: list[dict], now: datetime, seconds: int, is_heard: Callable[[dict], bool]) -> list[dict]:
    """Pods that ended so long ago, among them those of schedulers that are gone, and evicted ones. One whose end the scheduler may not
    have heard of stays longer: its task may still be waiting for that.
    """

    def is_overdue(pod: dict) -> bool:
        ended = ended_at(pod)
        allowed = seconds + (0 if is_heard(pod) else UNHEARD_SECONDS)
        return ended is not None and (now - ended).total_seconds() > allowed

    return [pod for pod in pods if is_overdue(pod)]
