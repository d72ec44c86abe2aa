"""Imports the user's airflow_local_settings.py as every process of Airflow will, and says in one sentence what is wrong with it.

Exit code 65: nothing that another try could mend.
"""

import os
import sys
import traceback

path = sys.argv[1]


def fail(line, what):
    place = f", line {line}" if line else ""
    print(f"\nLOCAL SETTINGS REFUSED\nairflow.localSettings{place}: {what}", file=sys.stderr, flush=True)
    sys.exit(65)


with open(path, encoding="utf-8") as file:
    text = file.read()
try:
    compile(text, path, "exec")
except (SyntaxError, ValueError) as error:
    fail(getattr(error, "lineno", None), f"{type(error).__name__}: {getattr(error, 'msg', error)}")

# Where Airflow looks for it.
sys.path.append(os.path.dirname(path))
try:
    # It imports the settings as it is imported itself, and registers the policies in them.
    import airflow  # noqa: F401
    import airflow_local_settings
except Exception as error:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
    fail(lines[-1] if lines else None, f"{type(error).__name__}: {' '.join(str(error).split())}")

found = os.path.realpath(airflow_local_settings.__file__)
if found != os.path.realpath(path):
    fail(None, f"another module of this name comes before it: {found}")
print("airflow.localSettings can be imported.")
