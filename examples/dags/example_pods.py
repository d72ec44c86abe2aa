"""Every task runs in a pod of its own.

Five tasks, three of them side by side, each of which prints where it runs: another host name each time, always in the workers'
namespace. What they print is still in Airflow's log view when their pods are long gone.
"""

import os
import socket
from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import dag, task


def where(name: str) -> str:
    """Says which pod this is. The cluster puts a pod's own search domain first: <namespace>.svc.cluster.local."""
    with open("/etc/resolv.conf") as resolver:
        search = next((line.split()[1] for line in resolver if line.startswith("search ")), "")
    namespace = os.environ.get("POD_NAMESPACE") or search.split(".")[0]
    return f"{name} ran in pod {socket.gethostname()} in namespace {namespace}"


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False, tags=["example"], doc_md=__doc__)
def example_pods():
    @task
    def extract() -> list[int]:
        print(where("extract"))
        return [1, 2, 3]

    @task
    def count(numbers: list[int]) -> int:
        print(where("count"))
        print(f"counted {len(numbers)} numbers")
        return len(numbers)

    @task
    def add(numbers: list[int]) -> int:
        print(where("add"))
        print(f"the sum is {sum(numbers)}")
        return sum(numbers)

    @task
    def report(amount: int, total: int) -> None:
        print(where("report"))
        print(f"{amount} numbers with the sum {total}")

    shell = BashOperator(
        task_id="shell",
        bash_command='echo "shell ran in pod $HOSTNAME as uid $(id -u), gid $(id -g)"',
    )

    numbers = extract()
    done = report(count(numbers), add(numbers))
    numbers >> shell >> done


example_pods()
