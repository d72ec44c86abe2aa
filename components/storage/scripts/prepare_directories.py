"""Makes the directories of the shared volumes and gives them to their users; as one of these users, tries to write there.

A file in each says which installation it belongs to, by the name of Airflow's namespace. Nothing is changed in a directory of
another one.

Exit code 65: nothing that another try could mend.
"""

import json
import os
import stat
import sys

NO_RETRY = 65
MARKER = ".installation"


def fail(directory, what, error, remedy):
    reason = error.strerror or str(error)
    print(f"{directory['key']}: {directory['place']} {what}: {reason}. {remedy}", file=sys.stderr, flush=True)
    sys.exit(NO_RETRY)


def owned(directory):
    return f"owner {directory['uid']}:{directory['gid']}, mode {directory['mode']}"


def make(directory):
    """A directory that is missing is made: by root, or by the user itself where that is allowed to."""
    path = directory["path"]
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        fail(directory, "cannot be made", error, f"Make it by hand: {owned(directory)}.")


def check_owner(directory, installation):
    """Refuses what belongs to another installation. One that is missing, or was made before there were markers, is free."""
    try:
        with open(os.path.join(directory["path"], MARKER)) as file:
            owner = file.read().strip()
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        fail(directory, "cannot be read", error, f"It needs {owned(directory)}.")
    if owner != installation:
        print(
            f'{directory["key"]}: {directory["place"]} belongs to the installation in the namespace "{owner}", and this one is in '
            f'"{installation}". Choose another place; to take over the data of an installation that is gone, remove the file '
            f"{MARKER} there.",
            file=sys.stderr,
            flush=True,
        )
        sys.exit(NO_RETRY)


def mark(directory, installation):
    """Notes whose directory it is, once."""
    path = os.path.join(directory["path"], MARKER)
    try:
        with open(path, "x") as file:
            file.write(f"{installation}\n")
        os.chmod(path, 0o444)
    except FileExistsError:
        check_owner(directory, installation)
    except OSError as error:
        fail(directory, "cannot be written to", error, f"It needs {owned(directory)}.")


def give(directory):
    """Owner and mode of the directory itself. What lies below is left alone: it may be large."""
    path, mode = directory["path"], int(directory["mode"], 8)
    make(directory)
    try:
        found = os.stat(path)
        if (found.st_uid, found.st_gid) != (directory["uid"], directory["gid"]):
            os.chown(path, directory["uid"], directory["gid"])
        # A changed owner takes the bits for the group away.
        if stat.S_IMODE(os.stat(path).st_mode) != mode:
            os.chmod(path, mode)
    except OSError as error:
        fail(
            directory,
            f"cannot be given its owner and mode ({owned(directory)})",
            error,
            "Where an export squashes root, prepare the directory by hand and set storage.fixPermissions to false.",
        )
    print(f"{directory['place']}: {owned(directory)}", flush=True)


def try_to_write(directory):
    """Writes, reads and removes a file, as the user who will."""
    make(directory)
    path = os.path.join(directory["path"], f".write-test-{os.getpid()}-{os.environ.get('HOSTNAME', '')}")
    try:
        with open(path, "w") as file:
            file.write("written")
        with open(path) as file:
            file.read()
        os.remove(path)
    except OSError as error:
        fail(directory, f"cannot be written to by user {os.getuid()}", error, f"It needs {owned(directory)}.")
    print(f"{directory['place']}: user {os.getuid()} can write to it", flush=True)


def main():
    directories = json.loads(os.environ["DIRECTORIES"])
    installation = os.environ["INSTALLATION"]
    if sys.argv[1] == "give":
        for directory in directories:
            check_owner(directory, installation)
        for directory in directories:
            give(directory)
            mark(directory, installation)
        return
    own = [directory for directory in directories if directory["uid"] == os.getuid()]
    for directory in own:
        check_owner(directory, installation)
    for directory in own:
        try_to_write(directory)
        mark(directory, installation)


if __name__ == "__main__":
    main()
