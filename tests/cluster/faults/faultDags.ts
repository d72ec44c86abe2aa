/** DAGs of which a part fails, is slow, or does what it should not. */
export const faultDags = `import signal
import time

from airflow.sdk import DAG, Variable, task

with DAG(dag_id="fault_outage", schedule=None, catchup=False):

    @task(retries=0)
    def works(seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            # What cannot be asked for now is no reason to go on with the default.
            assert Variable.get("outlived", default="not found") == "found"
            time.sleep(5)

    @task(retries=0)
    def follows():
        print("followed")

    # Some end while something is away, some begin, and one goes on until it is back.
    works.expand(seconds=[20, 60, 100, 200]) >> follows()

with DAG(dag_id="fault_memory", schedule=None, catchup=False):

    @task(retries=0)
    def takes_all():
        taken = []
        while True:
            # Zeros would take no memory.
            taken.append(b"x" * (64 * 1024 * 1024))

    takes_all()

with DAG(dag_id="fault_deaf", schedule=None, catchup=False):

    @task(retries=0)
    def hears_nothing():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("deaf from now on", flush=True)
        until = time.monotonic() + 900
        while time.monotonic() < until:
            time.sleep(1)

    hears_nothing()

with DAG(dag_id="fault_load", schedule=None, catchup=False, params={"tasks": 1}, max_active_tasks=200):

    @task
    def numbers(**context):
        return list(range(context["params"]["tasks"]))

    @task(retries=0)
    def one_of_many(number):
        print(number)

    one_of_many.expand(number=numbers())
`;
