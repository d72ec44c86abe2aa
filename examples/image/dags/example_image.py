"""A DAG that is part of the image, and uses what the image adds to Airflow: a provider and a package.

Each task prints the version that it found; it fails in an image without them.
"""

from datetime import datetime
from importlib.metadata import version

from airflow.sdk import dag, task


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, tags=["example"], doc_md=__doc__)
def example_image():
    @task
    def provider() -> None:
        from airflow.providers.sqlite.hooks.sqlite import SqliteHook

        print(f"{SqliteHook.hook_name} provider {version('apache-airflow-providers-sqlite')}")

    @task
    def package() -> None:
        from humanize import naturalsize

        print(f"humanize {version('humanize')}: {naturalsize(1_500_000)}")

    provider() >> package()


example_image()
