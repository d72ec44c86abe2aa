"""Brings DAGs onto the shared volume and switches to them in one step.

A reader sees either the load before or this one, never a part: the files are written beside what is in use, and a link
is then exchanged. The load before stays, for readers that are in the middle of it, and so does what was in use in the last
day; older ones go. A file that its owner can run stays one.

Arguments: `archive`, a folder with the parts of an archive, the volume, the digest of the archive; or `image`, a folder with
what was copied out of an image, the volume, and where in which image that was. Exit code 65: nothing that another try could
mend.
"""

import gzip
import hashlib
import io
import os
import pathlib
import shutil
import stat
import sys
import tarfile
import time

kind, source, volume = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
loads, link = volume / ".loads", volume / "current"
DAY = 86400


def fail(message):
    print(f"\nDAGS REFUSED\n{message}", file=sys.stderr, flush=True)
    sys.exit(65)


def archived(digest):
    """The digest of the archive's files, and what writes them to a folder."""
    data = gzip.decompress(b"".join(part.read_bytes() for part in sorted(source.glob("dags.*"))))
    if hashlib.sha256(data).hexdigest() != digest:
        sys.exit("The archive of DAGs is not the one that was sent. Run the update again.")

    def write(folder):
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            # Pythons before 3.11.4 have no filters; the archive holds plain files only.
            archive.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))

    return digest, write


def copied(place):
    """The digest of files that were copied out of an image, and what writes them to a folder."""
    files = source / "files"
    if not (source / "done").exists():
        said = (source / "said").read_text().strip() if (source / "said").exists() else ""
        fail(f"dags.volume.imagePath: there is no folder {place} that the user 50000 may read.\n{said}".rstrip())
    paths = sorted(listed(files, files.resolve(), place))
    if not any(path.suffix == ".py" for path in paths):
        fail(f"dags.volume.imagePath: there is no Python file in the folder {place}.")
    digest = hashlib.sha256()
    for path in paths:
        name, content = os.fsencode(path.relative_to(files)), path.read_bytes()
        digest.update(b"%d %s %o %d " % (len(name), name, mode(path), len(content)) + content)

    def write(folder):
        for path in paths:
            target = folder / path.relative_to(files)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            target.chmod(mode(path))

    return digest.hexdigest(), write


def mode(path):
    """As in an archive: whether the owner can run it, and nothing else."""
    return 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644


def listed(folder, root, place):
    """Files to load, by the rules for a folder of the program's machine: no hidden ones, and links to files are files."""
    for path in folder.iterdir():
        hidden = path.name.startswith(".") and path.name != ".airflowignore"
        if hidden or path.name == "__pycache__" or path.suffix == ".pyc":
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(root):
            fail(f"dags.volume.imagePath: in the folder {place}, {path.relative_to(source / 'files')} is a link that leads out.")
        if path.is_dir() and not path.is_symlink():
            yield from listed(path, root, place)
        elif path.is_file():
            yield path


def remove_older(kept):
    """A load is as old as its last use: the link to it was last exchanged, for this one or another."""
    for used in (volume / path for path in kept if path is not None):
        if used.exists():
            os.utime(used)
    for entry in loads.iterdir():
        unfinished = entry.suffix == ".unfinished"
        if os.path.join(".loads", entry.name) in kept or not unfinished and time.time() - entry.stat().st_mtime < DAY:
            continue
        # A file that a task has open on NFS cannot be removed before that task ends. The next load tries again.
        shutil.rmtree(entry, ignore_errors=True)
        if entry.exists():
            print(f"{entry} is in use in part; the next load removes it")


digest, write = archived(sys.argv[4]) if kind == "archive" else copied(sys.argv[4])

load = loads / digest
loads.mkdir(exist_ok=True)
if not load.exists():
    unfinished = loads / f"{digest}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    write(unfinished)
    unfinished.rename(load)

before = os.readlink(link) if link.is_symlink() else None
target = os.path.join(".loads", digest)
if before != target:
    new_link = volume / f".current.{digest}"
    new_link.unlink(missing_ok=True)
    new_link.symlink_to(target)
    new_link.replace(link)
    # Not when the link was there already: the load before would not be known.
    remove_older([target, before])
print(f"{sum(1 for path in load.rglob('*') if path.is_file())} files in use at {link}")
