"""Adds lines to the log of a task, for what is known of it outside of its own process."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone

# A scheduler that starts anew is told of old events again; what the end of the log says already is not said twice.
LOOK_BACK_BYTES = 16_384


def add(folder: str, path: str | None, text: str, level: str) -> str | None:
    """Adds one line, unless the log has it. What is not below the folder is left alone. Hands back what is wrong with the volume,
    as when it is full.
    """
    if path is None:
        return None
    root = os.path.realpath(folder)
    full = os.path.realpath(os.path.join(root, path))
    if not full.startswith(root + os.sep):
        return None
    now = datetime.now(timezone.utc).isoformat().replace("+00:00", "Z")
    line = json.dumps({"timestamp": now, "level": level, "event": text, "logger": "airflow.kubernetes"})
    try:
        make_folders(root, os.path.dirname(full))
        with open(full, "a+b") as file:
            os.chmod(full, 0o664) if file.tell() == 0 else None
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LOOK_BACK_BYTES))
            if f'"event": {json.dumps(text)}'.encode() not in file.read():
                file.write(line.encode() + b"\n")
    except OSError as error:
        return str(error)
    return None


def make_folders(root: str, folder: str) -> None:
    """Folders that the group may write to, as Airflow makes them for logs: a task may run as another user."""
    if folder != root and not os.path.isdir(folder):
        make_folders(root, os.path.dirname(folder))
        os.makedirs(folder, exist_ok=True)
        os.chmod(folder, 0o775)
