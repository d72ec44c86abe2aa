"""Eight tiny tasks, one after the other.

Shows what starting a pod for each task costs: the tasks do next to nothing, so the run's length is the overhead.
"""

from datetime import datetime

from airflow.sdk import chain, dag, task


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, tags=["example"], doc_md=__doc__)
def example_chain():
    @task
    def link(number: int) -> int:
        print(f"link {number}")
        return number

    chain(*[link.override(task_id=f"link_{number}")(number) for number in range(1, 9)])


example_chain()
