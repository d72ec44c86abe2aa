"""Refuses a backup that this installation could not work with, before anything is changed: one of a newer Airflow, and one that was
encrypted with another fernet key.

Exit code 65: nothing that another try could mend.
"""

import os
import re
import sys
from glob import glob
from importlib.metadata import version
from importlib.util import find_spec

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

NO_RETRY = 65
NOTES = os.environ.get("NOTES", "/tmp")
ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def fail(*lines):
    print("\n".join(("", "RESTORE REFUSED", *lines, "Nothing was changed.")), file=sys.stderr, flush=True)
    sys.exit(NO_RETRY)


def value(text):
    """A value as COPY writes it."""
    return None if text == r"\N" else re.sub(r"\\(.)", lambda match: ESCAPES.get(match[1], match[1]), text)


def rows(table):
    """The rows of a table in a dump, each by column."""
    columns = None
    with open(f"{NOTES}/{table}.copy", encoding="utf-8", newline="\n") as dump:
        for line in dump:
            line = line.rstrip("\n")
            head = re.match(r"COPY .*?\((.*)\) FROM stdin;$", line)
            if head:
                columns = [name.strip().strip('"') for name in head[1].split(",")]
            elif line == r"\.":
                columns = None
            elif columns:
                yield dict(zip(columns, map(value, line.split("\t"))))


def known_revisions():
    """Those that this Airflow can migrate from."""
    folder = os.environ.get("MIGRATIONS") or os.path.join(find_spec("airflow").submodule_search_locations[0], "migrations", "versions")
    found = set()
    for path in glob(os.path.join(folder, "*.py")):
        with open(path, encoding="utf-8") as file:
            found.update(re.findall(r'^revision(?:\s*:\s*str)?\s*=\s*"(\w+)"', file.read(), re.MULTILINE))
    return found


def check_revision():
    [revision] = [row["version_num"] for row in rows("alembic_version")]
    if revision not in known_revisions():
        fail(
            f"The backup is of a database of revision {revision}, which Airflow {version('apache-airflow-core')} does not know:"
            " it was made by a newer one.",
            "Set airflow.version and airflow.image to the version in the name of the backup, run up, and restore it then.",
        )


def closed(fernet):
    for table, name, fields in (
        ("connection", "conn_id", (("is_encrypted", "password"), ("is_extra_encrypted", "extra"))),
        ("variable", "key", (("is_encrypted", "val"),)),
    ):
        for row in rows(table):
            for flag, field in fields:
                if row[flag] == "t" and row[field] is not None:
                    try:
                        fernet.decrypt(row[field].encode())
                    except InvalidToken:
                        yield f"{table} {row[name]}"


def check_keys():
    keys = [key.strip() for key in os.environ["AIRFLOW__CORE__FERNET_KEY"].split(",") if key.strip()]
    shown = sorted(set(closed(MultiFernet([Fernet(key) for key in keys]))))
    if shown:
        fail(
            "The fernet key of this installation does not open what is encrypted in the backup:",
            *(f"  - {label}" for label in shown[:10]),
            *([f"  and {len(shown) - 10} more"] if len(shown) > 10 else []),
            "Set airflow.fernetKey to the key that it was made with, or to NEW,OLD with that as OLD, run up, and restore it then.",
        )


def main():
    check_revision()
    check_keys()
    print("This Airflow knows the revision of the backup, and its fernet key opens what is encrypted there.")


if __name__ == "__main__":
    main()
