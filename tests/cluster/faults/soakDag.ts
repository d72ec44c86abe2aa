import { restrictedPod } from "../deliveries/dags";

/** The DAG of twenty tasks. */
export const soakDagId = "soak";

/** Where tasks note what they did: a folder of the volume that all pods share. */
export const notesFolder = "/opt/airflow/logs/executions";

/** Tasks of a run of {@link soakDag}, mapped ones counted one by one. */
export const soakTasks = 20;

/**
 * Twenty tasks of every kind: mapped ones, deferred ones, KubernetesPodOperator ones and a chain. When its work is done, each
 * writes a file of its own, named by run, task, place in the map, and number of the try: a task that does its work twice
 * in one try writes two.
 */
export function soakDag(dagId: string, namespace: string, image: string): string {
    return `import pathlib
import uuid
from datetime import timedelta

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import DAG, BaseOperator, task


def note(context):
    instance = context["ti"]
    folder = pathlib.Path("${notesFolder}") / instance.run_id
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{instance.task_id} {instance.map_index} {instance.try_number} {uuid.uuid4()}"
    (folder / name).touch(exist_ok=False)


RESTRICTED = ${restrictedPod}


class Deferred(BaseOperator):
    def execute(self, context):
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=15)), method_name="resume")

    def resume(self, context, event=None):
        note(context)


class Pod(KubernetesPodOperator):
    def execute(self, context):
        result = super().execute(context)
        note(context)
        return result


with DAG(
    dag_id="${dagId}",
    schedule=None,
    catchup=False,
    max_active_tasks=20,
    default_args={"retries": 2, "retry_delay": timedelta(seconds=5)},
):

    @task
    def first(**context):
        note(context)

    @task
    def mapped(number, **context):
        import time

        time.sleep(number)
        note(context)

    @task
    def last(**context):
        note(context)

    # 1 + 10 + 4 + 3 + 1 + 1
    begin = first()
    end = last()
    begin >> mapped.expand(number=list(range(10))) >> end
    begin >> [Deferred(task_id=f"deferred_{number}") for number in range(4)] >> end
    begin >> [
        Pod(
            task_id=f"pod_{number}",
            name=f"soak-{number}",
            namespace="${namespace}",
            image="${image}",
            cmds=["sleep"],
            arguments=["5"],
            startup_timeout_seconds=300,
            **RESTRICTED,
            container_resources={"requests": {"cpu": "10m"}},
        )
        for number in range(3)
    ] >> end
    end >> first.override(task_id="after")()
`;
}

/** A file that a task has written. */
export interface Note {
    readonly task: string;
    readonly mapIndex: number;
    readonly tryNumber: number;
}

/** What the files of a run say, from a list of their names, one a line. */
export function notesOf(names: string): Note[] {
    return names
        .split("\n")
        .filter((name) => name !== "")
        .map((name) => {
            const [task = "", mapIndex, tryNumber] = name.split(" ");
            return { task, mapIndex: Number(mapIndex), tryNumber: Number(tryNumber) };
        });
}

/** A task as Airflow knows it at the end of its run. */
export interface EndedTask {
    readonly task_id: string;
    readonly map_index: number;
    readonly try_number: number;
    readonly state: string | null;
}

/** What the test looks at in a pod of a task. */
export interface EndedPod {
    readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
    readonly status?: { readonly phase?: string };
}

/**
 * Pods that nothing removes any more. Those in which a try failed are none: they stay to be looked at, for
 * `workers.keepFailedPodsSeconds`. An operator's own pod goes with its task, whatever its end.
 */
export function podsLeft<Pod extends EndedPod>(pods: readonly Pod[]): Pod[] {
    return pods.filter(
        ({ metadata, status }) => metadata.labels?.kubernetes_executor !== "True" || status?.phase !== "Failed",
    );
}

/** Tasks that are lost, did not succeed, or did their work more often than they were tried. */
export function soakFaults(tasks: readonly EndedTask[], notes: readonly Note[]): string[] {
    const count = tasks.length === soakTasks ? [] : [`${tasks.length} tasks instead of ${soakTasks}`];
    return [
        ...count,
        ...tasks.flatMap(({ task_id, map_index, try_number, state }) => {
            const own = notes.filter(({ task, mapIndex }) => task === task_id && mapIndex === map_index);
            const tries = own.map(({ tryNumber }) => tryNumber);
            const twice = tries.filter((number, index) => tries.indexOf(number) !== index || number > try_number);
            return [
                ...(state === "success" ? [] : [`is ${state}`]),
                ...(own.length === 0 ? ["did nothing"] : []),
                ...twice.map((number) => `did its work twice, or in a try that it had not: ${number} of ${try_number}`),
            ].map((fault) => `${task_id} ${map_index} ${fault}`);
        }),
    ];
}
