"""Looks for DAGs in the image, so that an empty place is noticed before Airflow shows an empty list.

Exit code 65: nothing that another try could mend.
"""

import os
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
image = os.environ["IMAGE"]


def fail(message):
    print(f"\nDAGS REFUSED\n{message}", file=sys.stderr, flush=True)
    sys.exit(65)


if not folder.is_dir():
    fail(f"dags.image.path: there is no folder {folder} in the image {image} (airflow.image).")
unreadable = []
found = [path for path in folder.rglob("*.py") if os.access(path, os.R_OK) or unreadable.append(path)]
if unreadable:
    fail(f"dags.image.path: the user of Airflow (50000, group 0) may not read {unreadable[0]} in the image {image}.")
if not found:
    fail(f"dags.image.path: there is no Python file in the folder {folder} of the image {image} (airflow.image).")
print(f"{len(found)} Python files in {folder} of {image}")
