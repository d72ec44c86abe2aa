"""A task that takes its time.

It prints a line each second for as many seconds as the parameter `seconds` says (60 unless told), so that there is time
to look at its pod, to follow its log, or to restart a part of Airflow and see that the task does not mind.
"""

import time
from datetime import datetime

from airflow.sdk import Param, dag, task


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1),
    catchup=False,
    tags=["example"],
    params={"seconds": Param(60, type="integer", minimum=1, maximum=3600)},
    doc_md=__doc__,
)
def example_slow():
    @task
    def count(params: dict | None = None) -> int:
        seconds = int((params or {})["seconds"])
        for second in range(1, seconds + 1):
            print(f"second {second} of {seconds}", flush=True)
            time.sleep(1)
        return seconds

    count()


example_slow()
