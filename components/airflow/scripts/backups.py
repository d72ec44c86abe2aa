"""Keeps backups of the database, on a volume or in a bucket, and hands them out.

Commands: `keep` what was dumped, `fetch` the one that the variable BACKUP names, for a restore; `list`; `get NAME` to the output;
`put NAME` from the input. Exit code 65: nothing that another try could mend.
"""

import os
import re
import shutil
import sys
from datetime import datetime, timedelta, timezone
from importlib import import_module

NO_RETRY = 65
NAME = re.compile(r"airflow-(\d{8}T\d{6}Z)-[0-9.]+-\w+\.dump")
# Also what somebody has named and put here; only what a backup has named itself is removed in time.
ANY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}\.dump")
CONNECTION = "airflow_backups"
DIRECTORY = os.environ["DIRECTORY"]
NOTES = os.environ.get("NOTES", "/tmp")
TERMINATION_MESSAGE = os.environ.get("TERMINATION_MESSAGE", "/dev/termination-log")


def fail(headline, *lines):
    print("\n".join(("", headline, *lines)), file=sys.stderr, flush=True)
    sys.exit(NO_RETRY)


def taken(name):
    """The time that a backup was begun at, or None for what no backup has named."""
    match = NAME.fullmatch(name)
    return match and datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)


def newest_first(files):
    oldest = datetime.min.replace(tzinfo=timezone.utc)
    return sorted(files, key=lambda file: (taken(file[0]) or oldest, file[0]), reverse=True)


def overdue(names, days, now):
    """The backups that are older than that, but never the newest one."""
    own = sorted((name for name in names if taken(name)), key=taken)
    return [name for name in own[:-1] if days > 0 and now - taken(name) > timedelta(days=days)]


class Volume:
    """Backups in a directory."""

    place = "the volume of backups"

    def list(self):
        with os.scandir(DIRECTORY) as entries:
            return [(entry.name, entry.stat().st_size) for entry in entries if ANY_NAME.fullmatch(entry.name)]

    def keep(self, part, name):
        """All of it is on the disk before it has its name, and the name before anybody hears of it."""
        with open(part, "rb+") as file:
            os.fsync(file.fileno())
        os.rename(part, os.path.join(DIRECTORY, name))
        directory = os.open(DIRECTORY, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def local(self, name):
        return os.path.join(DIRECTORY, name)

    def remove(self, name):
        os.remove(os.path.join(DIRECTORY, name))


class Bucket:
    """Backups in a bucket, by the hooks of Airflow's providers. What a folder is to people is the beginning of a name there."""

    def __init__(self, url):
        self.place = url
        _, _, path = url.partition("://")
        self.bucket, _, folder = path.strip("/").partition("/")
        self.prefix = f"{folder}/" if folder else ""

    def keep(self, part, name):
        self.upload(part, self.prefix + name)
        size = dict(self.list()).get(name)
        if size != os.path.getsize(part):
            fail("BACKUP FAILED", f"{self.place} has {size} bytes of {name}, and not {os.path.getsize(part)}.")
        os.remove(part)

    def local(self, name):
        path = os.path.join(DIRECTORY, name)
        self.download(self.prefix + name, path)
        return path

    def list(self):
        found = ((key[len(self.prefix) :], size) for key, size in self.objects())
        return [(name, size) for name, size in found if ANY_NAME.fullmatch(name)]


def hook(module, name, **arguments):
    return getattr(import_module(f"airflow.providers.{module}"), name)(**arguments)


class S3(Bucket):
    def __init__(self, url):
        super().__init__(url)
        self.hook = hook("amazon.aws.hooks.s3", "S3Hook", aws_conn_id=CONNECTION)

    def objects(self):
        pages = self.hook.get_conn().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        return [(item["Key"], item["Size"]) for page in pages for item in page.get("Contents", [])]

    def upload(self, path, key):
        self.hook.load_file(path, key, self.bucket, replace=False)

    def download(self, key, path):
        self.hook.get_conn().download_file(self.bucket, key, path)

    def remove(self, name):
        self.hook.delete_objects(self.bucket, self.prefix + name)


class Gcs(Bucket):
    def __init__(self, url):
        super().__init__(url)
        self.hook = hook("google.cloud.hooks.gcs", "GCSHook", gcp_conn_id=CONNECTION)

    def objects(self):
        blobs = self.hook.get_conn().list_blobs(self.bucket, prefix=self.prefix)
        return [(blob.name, blob.size) for blob in blobs]

    def upload(self, path, key):
        self.hook.upload(self.bucket, key, filename=path)

    def download(self, key, path):
        self.hook.download(self.bucket, key, filename=path)

    def remove(self, name):
        self.hook.delete(self.bucket, self.prefix + name)


class Azure(Bucket):
    """The URL has the folder alone; the container is beside it."""

    def __init__(self, url):
        super().__init__(url)
        self.bucket, self.prefix = os.environ["CONTAINER"], f"{url.partition('://')[2].strip('/')}/"
        self.hook = hook("microsoft.azure.hooks.wasb", "WasbHook", wasb_conn_id=CONNECTION)

    def objects(self):
        container = self.hook.get_conn().get_container_client(self.bucket)
        return [(blob.name, blob.size) for blob in container.list_blobs(name_starts_with=self.prefix)]

    def upload(self, path, key):
        self.hook.load_file(path, self.bucket, key)

    def download(self, key, path):
        self.hook.get_file(path, self.bucket, key)

    def remove(self, name):
        self.hook.delete_file(self.bucket, self.prefix + name)


def store():
    url = os.environ.get("PLACE", "")
    return {"": lambda _: Volume(), "s3": S3, "gs": Gcs, "wasb": Azure}[url.partition("://")[0]](url)


def keep():
    with open(f"{NOTES}/backup-name") as names, open(f"{NOTES}/backup-part") as parts:
        name, part = names.read().strip(), parts.read().strip()
    size = os.path.getsize(part)
    backups = store()
    backups.keep(part, name)
    days = int(os.environ["RETENTION_DAYS"])
    removed = overdue([known for known, _ in backups.list()], days, datetime.now(timezone.utc))
    for old in removed:
        backups.remove(old)
        print(f"Removed {old}, which is older than {days} days.")
    print(f"Backup {name}: {size} bytes, in {backups.place}.", flush=True)
    with open(TERMINATION_MESSAGE, "w") as message:
        message.write(name)


def named(backups, name):
    """The name of a backup that there is: `latest` is the newest."""
    known = [own for own, _ in newest_first(backups.list())]
    if name == "latest" and known:
        return known[0]
    if name in known:
        return name
    what = f'There is no backup "{name}"' if name else "BACKUP names no backup"
    fail("RESTORE REFUSED", f"{what} in {backups.place}.", *(["These are there:", *known] if known else ["There is none."]))


def fetch():
    backups = store()
    name = named(backups, os.environ.get("BACKUP", "").strip())
    path = backups.local(name)
    with open(f"{NOTES}/backup-path", "w") as note:
        note.write(f"{path}\n")
    print(f"Backup {name}: {os.path.getsize(path)} bytes.", flush=True)


def answers():
    """Where answers go. Airflow logs to the output, too: from now on that is what goes to errors."""
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answer


def get(name):
    answer = answers()
    backups = store()
    path = backups.local(named(backups, name))
    with open(path, "rb") as file:
        shutil.copyfileobj(file, answer, 1 << 20)
    answer.close()
    if not isinstance(backups, Volume):
        os.remove(path)


def put(name):
    if not ANY_NAME.fullmatch(name):
        fail("UPLOAD REFUSED", f'"{name}" is no name of a backup: letters, digits, dots, dashes and underscores, and .dump at its end.')
    backups = store()
    if name in dict(backups.list()):
        fail("UPLOAD REFUSED", f"There is a backup {name} in {backups.place} already.")
    part = os.path.join(DIRECTORY, f".{name}.{os.getpid()}.part")
    try:
        with open(part, "wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file, 1 << 20)
        if os.path.getsize(part) != int(os.environ["BYTES"]):
            fail("UPLOAD FAILED", f"Of {os.environ['BYTES']} bytes {os.path.getsize(part)} arrived.")
        backups.keep(part, name)
    finally:
        if os.path.exists(part):
            os.remove(part)


def show():
    answer = answers()
    for name, size in newest_first(store().list()):
        answer.write(f"{name}\t{size}\n".encode())
    answer.close()


def main(command, *arguments):
    {"keep": keep, "fetch": fetch, "list": show, "get": get, "put": put}[command](*arguments)


if __name__ == "__main__":
    main(*sys.argv[1:])
