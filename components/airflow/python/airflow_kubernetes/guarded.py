"""The command `airflow`, with a dag-processor that one file cannot stop.

What the database refuses of a file (a number that is too large for its column, a character that no text may have) ends the
dag-processor of Airflow 3.3: the failure is caught, but not its transaction. Here it is an import error of that file.

And a triggerer that finds triggers and callbacks in the folder of DAGs.
"""

from __future__ import annotations

import os
import sys


def add_dags() -> None:
    """Puts the folder of DAGs last: in Python's variable it would come first, and a DAG file hide a module of its name."""
    if folder := os.environ.get("AIRFLOW__CORE__DAGS_FOLDER"):
        sys.path.append(folder)


def guard_dag_processor() -> None:
    from airflow.dag_processing import manager

    class DagFileProcessorManager(manager.DagFileProcessorManager):
        """Keeps what cannot be stored of one file from the others."""

        def persist_parsing_result(self, *, session, parsing_result, relative_fileloc, **rest) -> None:
            given = {"session": session, "relative_fileloc": relative_fileloc, **rest}
            try:
                super().persist_parsing_result(parsing_result=parsing_result, **given)
            except manager.OperationalError:
                raise
            except Exception as error:
                self.log.exception("%s cannot be stored", relative_fileloc)
                session.rollback()
                text = " ".join(str(getattr(error, "orig", None) or error).replace("\x00", "").split())
                refused = parsing_result.model_copy(
                    update={
                        "serialized_dags": [],
                        "import_errors": {relative_fileloc: f"The database refuses this file: {text}"},
                        "warnings": [],
                    }
                )
                super().persist_parsing_result(parsing_result=refused, **given)

    manager.DagFileProcessorManager = DagFileProcessorManager


def main() -> None:
    if sys.argv[1:2] == ["dag-processor"]:
        guard_dag_processor()
    if sys.argv[1:2] == ["triggerer"]:
        add_dags()
    from airflow.__main__ import main as airflow

    airflow()


if __name__ == "__main__":
    main()
