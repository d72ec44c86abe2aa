"""Forty tiny tasks at once, made by mapping one task over a list.

Shows many pods side by side, and how fast the scheduler hands them out.
"""

from datetime import datetime

from airflow.sdk import dag, task


@dag(
    schedule=None,
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_tasks=40,
    tags=["example"],
    doc_md=__doc__,
)
def example_mapped():
    @task
    def square(number: int) -> int:
        print(f"{number} squared is {number * number}")
        return number * number

    square.expand(number=list(range(40)))


example_mapped()
