"""Takes what the scheduler writes into logs of tasks to where Airflow's remote logs are, where no volume is shared: nobody else sees
its files. A file is moved aside and then uploaded by Airflow's own means, which add it to the log that is there.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import threading
import time
from collections import OrderedDict
from datetime import datetime
from pathlib import Path

log = logging.getLogger(__name__)

ENABLED = os.environ.get("AIRFLOW_KUBERNETES_UPLOAD_LOGS") == "True"
# Folder of what was moved aside, in the folder of logs.
ASIDE = ".uploads"
PAUSE_SECONDS = 3
# A file that was just written to may be written to again.
QUIET_SECONDS = 2
# What could not be uploaded for so long is given up.
LONGEST_SECONDS = 86_400
MOST_SAID = 10_000

said: OrderedDict = OrderedDict()


def is_new(path: str | None, text: str) -> bool:
    """Whether this process has not said this in that log before."""
    if (path, text) in said:
        return False
    said[path, text] = None
    if len(said) > MOST_SAID:
        said.popitem(last=False)
    return True


def start(folder: str) -> None:
    """Uploads from now on, beside everything else that the process does."""
    threading.Thread(target=work, args=(Path(folder),), name="log-uploads", daemon=True).start()


def work(folder: Path) -> None:
    from airflow.logging_config import get_remote_task_log

    while True:
        time.sleep(PAUSE_SECONDS)
        try:
            upload(folder, get_remote_task_log())
        except Exception:
            log.exception("Logs of tasks could not be uploaded; they are tried again")


def upload(folder: Path, remote) -> None:
    """One round."""
    aside = folder / ASIDE
    for path in files(folder):
        if aside not in path.parents and time.time() - path.stat().st_mtime >= QUIET_SECONDS:
            set_aside(path, aside / path.relative_to(folder))
    if not aside.exists():
        return
    for path in files(aside):
        age = time.time() - path.stat().st_mtime
        send(remote, aside, path.relative_to(aside).as_posix())
        if path.exists() and (path.stat().st_size == 0 or age > LONGEST_SECONDS):
            path.unlink()


def files(folder: Path) -> list[Path]:
    """All files that have something in them."""
    every = (Path(root, name) for root, _, names in os.walk(folder) for name in names)
    return [path for path in every if not path.is_symlink() and path.stat().st_size > 0]


def set_aside(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        with open(target, "ab") as file:
            file.write(path.read_bytes())
        path.unlink()
    else:
        path.replace(target)


def send(remote, folder: Path, path: str) -> None:
    """Uploads one file, and leaves it empty if that worked."""
    if hasattr(remote, "log_group"):
        send_events(remote, folder / path, path)
        return
    # The same place, for another folder of this machine.
    other = copy.copy(remote)
    other.base_log_folder, other.delete_local_copy = folder, False
    other.upload(path)


def send_events(remote, file: Path, path: str) -> None:
    """The same for CloudWatch, which keeps events, and to which Airflow uploads no files."""
    client = remote.hook.get_conn()
    stream = {"logGroupName": remote.log_group, "logStreamName": path.replace(":", "_")}
    try:
        client.create_log_stream(**stream)
    except client.exceptions.ResourceAlreadyExistsException:
        pass
    events = [event(line) for line in file.read_text().splitlines() if line]
    client.put_log_events(**stream, logEvents=sorted(events, key=lambda each: each["timestamp"]))
    file.write_text("")


def event(line: str) -> dict:
    try:
        moment = datetime.fromisoformat(json.loads(line)["timestamp"].replace("Z", "+00:00")).timestamp()
    except (ValueError, KeyError, TypeError, AttributeError):
        moment = time.time()
    return {"timestamp": int(moment * 1000), "message": line}
