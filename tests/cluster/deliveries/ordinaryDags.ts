import { airflowImage } from "../support/airflowImage";
import { type DagFiles, restrictedPod } from "./dags";

/** Ids of the DAGs in {@link ordinaryDags}. */
export const ordinary = {
    /** One task for each thing that tasks do elsewhere. */
    tasks: "ordinary_tasks",
    /** Waits for triggers that lie beside the DAGs. */
    triggers: "ordinary_triggers",
    /** Is scheduled by a timetable that lies beside the DAGs. */
    timetable: "ordinary_timetable",
    /** Follows pods and Jobs from the triggerer. */
    pods: "ordinary_pods",
} as const;

/** What the script of the DAGs says. */
export const scriptSays = "said by a script of the DAGs";

const tasks = `import pathlib
import subprocess

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, task

here = pathlib.Path(__file__).parent

with DAG(dag_id="${ordinary.tasks}", schedule=None, catchup=False, default_args={"executor": "KubernetesExecutor"}):

    @task
    def writes():
        for place in (pathlib.Path.cwd(), pathlib.Path("/opt/airflow/data/deep"), pathlib.Path.home() / ".cache" / "mine"):
            place.mkdir(parents=True, exist_ok=True)
            (place / "written.txt").write_text("written")
            print(f"wrote to {place}")

    @task
    def has_an_environment():
        # As @task.virtualenv does, but for packages from an index.
        subprocess.run(["uv", "venv", "--system-site-packages", "environment"], check=True)
        subprocess.run(["environment/bin/python", "-c", "import kubernetes; print('sees', kubernetes.__version__)"], check=True)

    runs_a_script = BashOperator(task_id="runs_a_script", bash_command=f"{here}/scripts/say.sh ")
    writes()
    has_an_environment()
`;

const script = `#!/bin/sh
echo "${scriptSays}"
`;

/** A module beside the DAGs: the class of a trigger, by its own path. */
const triggerModule = (said: string) => `import asyncio

from airflow.triggers.base import BaseTrigger, TriggerEvent


class SoonTrigger(BaseTrigger):
    def serialize(self):
        return f"{__name__}.SoonTrigger", {}

    async def run(self):
        await asyncio.sleep(0.1)
        yield TriggerEvent("${said}")
`;

const triggers = `from airflow.sdk import DAG, BaseOperator

import trigger_of_plugins
import ordinary_modules.trigger_of_dags


class Waits(BaseOperator):
    def __init__(self, trigger, says, **options):
        super().__init__(**options)
        self.trigger = trigger
        self.says = says

    def execute(self, context):
        self.defer(trigger=self.trigger, method_name="resume")

    def resume(self, context, event):
        # The bucket may have the log of the first half only when the run has ended.
        if event != self.says:
            raise ValueError(f"resumed by a trigger {event}")


with DAG(dag_id="${ordinary.triggers}", schedule=None, catchup=False):
    Waits(task_id="of_plugins", trigger=trigger_of_plugins.SoonTrigger(), says="of the plugins")
    Waits(task_id="of_dags", trigger=ordinary_modules.trigger_of_dags.SoonTrigger(), says="of the DAGs")
`;

/** A timetable, and the plugin that Airflow has to know it from. */
const timetablePlugin = `from datetime import timedelta

from airflow.plugins_manager import AirflowPlugin
from airflow.timetables.base import DagRunInfo, DataInterval, Timetable
from pendulum import UTC, DateTime


class NowAndThen(Timetable):
    """Once now, and then once a day."""

    description = "now and then"

    def infer_manual_data_interval(self, *, run_after):
        return DataInterval.exact(run_after)

    def next_dagrun_info(self, *, last_automated_data_interval, restriction):
        last = last_automated_data_interval
        return DagRunInfo.exact(DateTime.now(UTC).replace(microsecond=0) if last is None else last.end + timedelta(days=1))


class OrdinaryPlugin(AirflowPlugin):
    name = "ordinary"
    timetables = [NowAndThen]
`;

const timetable = `from airflow.sdk import DAG, task
from timetable_of_plugins import NowAndThen

with DAG(dag_id="${ordinary.timetable}", schedule=NowAndThen(), catchup=False):

    @task
    def runs():
        print("scheduled by a timetable of the DAGs")

    runs()
`;

/** What the loader of plugins raises must stay where it is. */
export const brokenPluginSays = "broken on purpose";

const pods = (namespace: string) => `from airflow.providers.cncf.kubernetes.operators.job import KubernetesJobOperator
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG

restricted = ${restrictedPod}
common = {**restricted, "image": "${airflowImage}", "cmds": ["echo"], "namespace": "${namespace}", "get_logs": True}

with DAG(dag_id="${ordinary.pods}", schedule=None, catchup=False):
    KubernetesPodOperator(
        task_id="deferred_pod", name="deferred-pod", arguments=["said by a pod"], deferrable=True, poll_interval=1, **common
    )
    KubernetesJobOperator(
        task_id="job", name="job", arguments=["said by a job"], wait_until_job_complete=True, job_poll_interval=1, **common
    )
    KubernetesJobOperator(
        task_id="deferred_job",
        name="deferred-job",
        arguments=["said by a deferred job"],
        wait_until_job_complete=True,
        job_poll_interval=1,
        deferrable=True,
        **common,
    )
`;

/** DAGs that do what DAGs do elsewhere; scripts are the files whose names end in \`.sh\`. */
export function ordinaryDags(workers: string): DagFiles {
    return {
        "ordinary_tasks.py": tasks,
        "scripts/say.sh": script,
        "ordinary_triggers.py": triggers,
        "ordinary_modules/__init__.py": "",
        "ordinary_modules/trigger_of_dags.py": triggerModule("of the DAGs"),
        "plugins/trigger_of_plugins.py": triggerModule("of the plugins"),
        "ordinary_timetable.py": timetable,
        "plugins/timetable_of_plugins.py": timetablePlugin,
        "plugins/broken.py": `raise RuntimeError("${brokenPluginSays}")\n`,
        "ordinary_pods.py": pods(workers),
    };
}
