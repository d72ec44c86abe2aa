"""Runs a script, and again when it fails, up to four times.

The Job itself allows no second pod: Pulumi's provider knows the end of a Job only by its deadline or by its last try, and
would wait for minutes for a Job that a pod failure policy has ended. Exit code 65 of the script means: nothing that another
try could mend. Arguments: the script's path, then its own.
"""

import signal
import subprocess
import sys
import time

NO_RETRY = 65
PAUSES = (10, 20, 40)

child = None
stopped = False


def stop(_signal, _frame):
    global stopped
    stopped = True
    if child is not None:
        child.terminate()


signal.signal(signal.SIGTERM, stop)
for pause in (*PAUSES, None):
    child = subprocess.Popen([sys.executable, *sys.argv[1:]])
    code = child.wait()
    if code in (0, NO_RETRY) or pause is None or stopped:
        sys.exit(code if code >= 0 else 128 - code)
    print(f"Exit code {code}. Once more in {pause} s.", file=sys.stderr, flush=True)
    time.sleep(pause)
    if stopped:
        sys.exit(128 + signal.SIGTERM)
