"""Removes log files: those older than RETENTION_SECONDS, then the oldest until all together fit into MAXIMUM_BYTES, then folders
that have been empty for a day.

Touches nothing that was written in the last hour: a task may still be writing it. Follows no links, and never leaves the folder.
"""

import os
import sys
import time

SPARED_SECONDS = 3600
EMPTY_FOLDER_SECONDS = 86400
# Says which installation the folder belongs to.
MARKER = ".installation"


def files_below(root):
    """Path, time of the last change, and bytes on the disk of every file."""
    pending = [root]
    while pending:
        try:
            entries = list(os.scandir(pending.pop()))
        except FileNotFoundError:
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
                continue
            if entry.path == os.path.join(root, MARKER):
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield entry.path, status.st_mtime, max(status.st_size, status.st_blocks * 512)


class Cleanup:
    def __init__(self, now):
        self.now = now
        self.removed = 0
        self.freed = 0
        self.faults = 0

    def remove(self, path, size):
        """Whether the file is gone. What cannot be removed is told of, and does not keep the rest from being removed."""
        try:
            os.unlink(path)
        except FileNotFoundError:
            return True
        except OSError as error:
            self.faults += 1
            print(f"{path}: {error.strerror}", file=sys.stderr)
            return False
        self.removed += 1
        self.freed += size
        return True

    def by_age(self, files, retention):
        """Those that are left."""
        return [
            (path, changed, size)
            for path, changed, size in files
            if self.now - changed < max(retention, SPARED_SECONDS) or not self.remove(path, size)
        ]

    def by_size(self, files, maximum):
        total = sum(size for _, _, size in files)
        for path, changed, size in sorted(files, key=lambda file: file[1]):
            if total <= maximum or self.now - changed < SPARED_SECONDS:
                break
            if self.remove(path, size):
                total -= size
        return total

    def empty_folders(self, root):
        folders = 0
        for folder, _, _ in os.walk(root, topdown=False):
            try:
                # Making a file in a folder changes its time, so none that is about to be used is old.
                if folder != root and self.now - os.lstat(folder).st_mtime > EMPTY_FOLDER_SECONDS:
                    os.rmdir(folder)
                    folders += 1
            except OSError:
                # It is not empty, or gone.
                continue
        return folders


def main():
    root = os.environ["LOGS"]
    retention = int(os.environ["RETENTION_SECONDS"])
    maximum = int(os.environ["MAXIMUM_BYTES"])
    cleanup = Cleanup(time.time())
    # Folders first: to remove a file is to change its folder.
    folders = cleanup.empty_folders(root)
    files = list(files_below(root))
    if retention > 0:
        files = cleanup.by_age(files, retention)
    total = cleanup.by_size(files, maximum)
    print(f"Removed {cleanup.removed} files of {cleanup.freed} bytes and {folders} empty folders; {total} bytes are left.")
    if total > maximum:
        print(f"That is more than {maximum}: the rest was written in the last hour.", file=sys.stderr)
    sys.exit(1 if cleanup.faults else 0)


if __name__ == "__main__":
    main()
