import { airflowImage } from "../support/airflowImage";
/** Files of DAGs by their paths. */
export type DagFiles = Readonly<Record<string, string>>;

/** A DAG whose one task tells the version of the code that it ran. */
export function versionDag(dagId: string, version: number): string {
    return `from airflow.sdk import dag, task

VERSION = ${version}


@dag(dag_id="${dagId}", schedule=None, catchup=False, description=f"version {VERSION}", tags=["delivery"])
def versions():
    @task
    def tell():
        print(f"version {VERSION} of the code")

    tell()


versions()
`;
}

/**
 * A DAG of two tasks that each tell the version of the code, with a gate between them that opens when the variable
 * `<dag id>_gate` is set: time to change the code in the middle of a run.
 */
export function gatedDag(dagId: string, version: number): string {
    return `import time

from airflow.sdk import Variable, dag, task

VERSION = ${version}


@dag(dag_id="${dagId}", schedule=None, catchup=False, description=f"version {VERSION}", tags=["delivery"])
def versions():
    @task
    def first():
        print(f"first ran version {VERSION}")

    @task
    def gate():
        for _ in range(240):
            if Variable.get("${dagId}_gate", default=None):
                return
            time.sleep(0.5)
        raise TimeoutError("the gate stayed shut")

    @task
    def second():
        print(f"second ran version {VERSION}")

    first() >> gate() >> second()


versions()
`;
}

/** A DAG whose task prints a numbered line every tenth of a second. */
export function linesDag(dagId: string, lines: number): string {
    return `import time

from airflow.sdk import dag, task


@dag(dag_id="${dagId}", schedule=None, catchup=False)
def many_lines():
    @task
    def write():
        for line in range(1, ${lines} + 1):
            print(f"line {line} of ${lines}")
            time.sleep(0.1)

    write()


many_lines()
`;
}

/** Arguments with which a pod of an operator complies with the restricted Pod Security Standard, as Python. */
export const restrictedPod = `{
    "security_context": {"runAsNonRoot": True, "runAsUser": 50000, "seccompProfile": {"type": "RuntimeDefault"}},
    "container_security_context": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}`;

/**
 * A DAG with KubernetesPodOperator: its first pod is in the tasks' own namespace, its second is asked for in \`default\`, where
 * tasks have no rights.
 */
export function podOperatorDag(dagId: string, namespace: string, elsewhere: string): string {
    return `import kubernetes

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task as python_task

restricted = ${restrictedPod}

with DAG(dag_id="${dagId}", schedule=None, catchup=False):
    run_this_first = EmptyOperator(task_id="run_this_first")
    common = {
        **restricted, "image": "${airflowImage}", "cmds": ["echo"], "startup_timeout_seconds": 60, "get_logs": True
    }
    task = KubernetesPodOperator(
        task_id="task", name="allowed", namespace="${namespace}", arguments=["said by the pod itself"], **common
    )
    other = KubernetesPodOperator(
        task_id="other", name="allowed-elsewhere", namespace="${elsewhere}", arguments=["said by a pod elsewhere"], **common
    )

    @python_task
    def reads():
        kubernetes.config.load_incluster_config()
        found = kubernetes.client.CoreV1Api().list_namespaced_config_map("${elsewhere}").items
        print("has read", [each.metadata.name for each in found])

    task2 = KubernetesPodOperator(task_id="task2", name="forbidden", namespace="default", arguments=["never"], **common)
    run_this_first >> [task, other, reads()] >> task2
`;
}
