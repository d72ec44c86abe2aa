"""Unpacks an archive of DAGs onto the shared volume and switches to it in one step.

A reader sees either the load before or this one, never a part: the files are unpacked beside what is in use, and a link
is then exchanged. The load before stays, for readers that are in the middle of it; older ones go.
"""

import gzip
import hashlib
import io
import os
import pathlib
import shutil
import sys
import tarfile

parts, volume, digest = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
loads, link = volume / ".loads", volume / "current"

data = gzip.decompress(b"".join(part.read_bytes() for part in sorted(parts.glob("dags.*"))))
if hashlib.sha256(data).hexdigest() != digest:
    sys.exit("The archive of DAGs is not the one that was sent. Run the update again.")

load = loads / digest
loads.mkdir(exist_ok=True)
if not load.exists():
    unfinished = loads / f"{digest}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        # Pythons before 3.11.4 have no filters; the archive holds plain files only.
        archive.extractall(unfinished, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    unfinished.rename(load)

before = os.readlink(link) if link.is_symlink() else None
target = os.path.join(".loads", digest)
if before != target:
    new_link = volume / f".current.{digest}"
    new_link.unlink(missing_ok=True)
    new_link.symlink_to(target)
    new_link.replace(link)
    # Not when the link was there already: the load before would not be known.
    for entry in loads.iterdir():
        if os.path.join(".loads", entry.name) not in (target, before):
            shutil.rmtree(entry)
print(f"{sum(1 for path in load.rglob('*') if path.is_file())} files in use at {link}")
