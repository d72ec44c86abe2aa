import { airflowImage } from "../support/airflowImage";

/** DAGs that ask for what cannot be had, each of which has stopped or starved an Airflow somewhere. */
export const hurtfulDags = `from datetime import timedelta
import time

from airflow.sdk import DAG, DeadlineAlert, DeadlineReference, SyncCallback, task
from kubernetes.client import models as k8s


def pod(base=None, metadata=None, more=(), **spec):
    containers = [k8s.V1Container(name="base", **(base or {})), *more]
    return {"pod_override": k8s.V1Pod(metadata=metadata, spec=k8s.V1PodSpec(containers=containers, **spec))}


# What a namespace with the level restricted asks of a container; the component's own has it by itself.
restricted = k8s.V1SecurityContext(
    allow_privilege_escalation=False,
    capabilities=k8s.V1Capabilities(drop=["ALL"]),
    run_as_non_root=True,
    seccomp_profile=k8s.V1SeccompProfile(type="RuntimeDefault"),
)


def told(**given):
    print("told of a missed deadline")


configurations = {
    "no_image": pod({"image": "registry.invalid/nothing:1"}),
    "forbidden": pod(host_network=True),
    "no_node": pod(node_selector={"no-such-label": "on-any-node"}),
    "refused": pod({"env": [k8s.V1EnvVar(name="A=B", value="x")]}),
    "sidecar": pod(
        more=[
            k8s.V1Container(
                name="forever", image="${airflowImage}", command=["sleep", "infinity"], security_context=restricted
            )
        ]
    ),
    "identity": pod(
        metadata=k8s.V1ObjectMeta(
            labels={"airflow-worker": "another"},
            annotations={"dag_id": "another", "try_number": "many"},
        )
    ),
}

with DAG(dag_id="hurtful_pods", schedule=None, catchup=False):
    for name, configuration in configurations.items():

        @task(task_id=name, retries=0, executor_config=configuration)
        def runs():
            print("ran")

        runs()

    @task(task_id="___", retries=0)
    def no_letter():
        print("ran")

    no_letter()

with DAG(
    dag_id="hurtful_deadline",
    schedule=None,
    catchup=False,
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(seconds=1),
        callback=SyncCallback(told),
    ),
):

    @task
    def late():
        time.sleep(10)

    late()
`;

/** Files that are refused, and what their authors are told. */
export const refusedFiles: Readonly<Record<string, { readonly text: string; readonly says: RegExp }>> = {
    "template.py": {
        text: refused("hurtful_template", 'executor_config={"pod_template_file": "/opt/airflow"}'),
        says: /pod_template_file is '\/opt\/airflow', which cannot be read/,
    },
    "config.py": {
        text: refused("hurtful_config", 'executor_config="text"'),
        says: /executor_config is str; allowed: a dict/,
    },
    "slots.py": {
        text: refused("hurtful_slots", "pool_slots=2**40"),
        says: /pool_slots is 1099511627776; allowed: a whole number/,
    },
    "many.py": {
        text: refused("hurtful_many", "", "max_active_tasks=2**40"),
        says: /The database refuses this file: .*out of range/,
    },
};

function refused(dagId: string, taskArguments: string, dagArguments = "catchup=False"): string {
    return `from airflow.sdk import DAG, task

with DAG(dag_id="${dagId}", schedule=None, ${dagArguments}):

    @task(${taskArguments})
    def never_runs():
        pass

    never_runs()
`;
}
