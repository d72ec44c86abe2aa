"""The KubernetesExecutor, less easily stopped.

The executor runs inside the scheduler, and what it raises ends the scheduler: one task, or a minute without the API server, may
stop all DAGs. This one fails only the task concerned, writes into its log why its pod does not start or has failed, and frees
the slot of a task whose own container has ended although others of its pod go on. It also runs callbacks of missed deadlines
(SyncCallback), each in a pod.

Which versions of the provider it is made for stands in executor.py.
"""

from __future__ import annotations

import json
import logging
import os
import re
import time
from datetime import datetime, timezone

from airflow.configuration import conf
from airflow.providers.cncf.kubernetes import pod_generator
from airflow.providers.cncf.kubernetes.exceptions import PodMutationHookException, PodReconciliationError
from airflow.providers.cncf.kubernetes.executors import kubernetes_executor as provider
from airflow.providers.cncf.kubernetes.executors import kubernetes_executor_utils as utils
from airflow.utils.state import TaskInstanceState

from airflow_kubernetes import ended_pods, reasons, task_log, uploads

log = logging.getLogger(__name__)

LOOK_SECONDS = 10
# How long the pod of a failed task stays to be looked at; 0 for ever.
FAILED_POD_SECONDS = int(os.environ.get("AIRFLOW_KUBERNETES_FAILED_POD_SECONDS", "0"))
REMOVAL_SECONDS = 60
GONE = "is gone, and nobody saw how it ended"
# Stands before the id of a callback where the provider's annotations have the id of a task.
CALLBACK = "callback:"
REMOVE = "airflow_kubernetes_remove"


def note(path: str | None, text: str, level: str = "error") -> None:
    # What was uploaded is no longer in the file, where it would be found.
    if uploads.ENABLED and not uploads.is_new(path, text):
        return
    problem = task_log.add(conf.get("logging", "base_log_folder"), path, text, level)
    if problem:
        log.error("The log of a task cannot be written: %s. It would say: %s", problem, text)


def explained(error: BaseException) -> str:
    """What an error says to people: of the API server its message, and of errors in a chain each."""
    body = getattr(error, "body", None)
    if body:
        try:
            return json.loads(body)["message"]
        except (ValueError, KeyError, TypeError):
            return str(body)
    cause = error.__cause__
    own = str(error) or type(error).__name__
    return f"{own}: {explained(cause)}" if cause is not None and str(cause) not in own else own


class Captured:
    """Stands in for the queue of a watcher while it looks at one pod."""

    def __init__(self):
        self.items = []

    def put(self, item):
        self.items.append(item)


class PodWatcher(utils.KubernetesJobWatcher):
    """Watches task pods."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Pods whose end is known. What comes after it, such as the end of a sidecar, is no news of the task.
        self.ended = set()

    def _pod_events(self, kube_client, query_kwargs):
        """Without pods that only look like those of a task: one whose annotations are wrong would end the watcher, again and again.

        A watch that hears nothing for 30 seconds begins anew, and the provider's begins with the pods that there are: it never
        learns of one that was deleted meanwhile. This one goes on where it was.
        """
        for event in super()._pod_events(kube_client=kube_client, query_kwargs=query_kwargs):
            if event["type"] == "ERROR":
                yield event
                continue
            metadata = event["object"].metadata
            self.resource_version = metadata.resource_version
            if has_key(metadata.annotations or {}):
                yield event

    def process_status(self, pod_name, namespace, status, annotations, resource_version, event):
        pod = event["object"]
        uid, deleted = pod.metadata.uid, event["type"] == "DELETED"
        if uid in self.ended:
            if deleted:
                self.ended.discard(uid)
            return
        raw = event["raw_object"]
        end = reasons.base_end(raw)
        if status == "Running" and end is not None and not deleted:
            # The task is over. What else runs in its pod does not hold its slot.
            status = "Failed" if end.get("exitCode") else "Succeeded"
            pod.status.phase = status
        captured = Captured()
        queue, self.watcher_queue = self.watcher_queue, captured
        try:
            super().process_status(pod_name, namespace, status, annotations, resource_version, event)
        except Exception:
            self.log.exception("Event of pod %s cannot be used", pod_name)
        finally:
            self.watcher_queue = queue
        for watch in captured.items:
            queue.put(self.with_reason(watch, raw, deleted))
        if captured.items and not deleted:
            self.ended.add(uid)

    def with_reason(self, watch, raw, deleted):
        name = f"{watch.namespace}/{watch.pod_name}"
        if watch.state != TaskInstanceState.FAILED:
            # The kernel may have ended the task alone, whose supervisor then ended in good order.
            killed = reasons.out_of_memory(raw)
            if killed:
                note(reasons.log_path(raw), f"Pod {name}: {killed}")
            return watch
        reason = reasons.failure(raw, deleted)
        verb = "failed" if reasons.has_started(raw) else "did not start"
        note(reasons.log_path(raw), f"Pod {name} {verb}: {reason}")
        # Nothing is to be seen in a pod that never ran, and one that still runs would do so for ever.
        useless = not deleted and (reasons.still_runs(raw) or not reasons.has_started(raw))
        details = {**(watch.failure_details or {}), REMOVE: useless}
        return watch._replace(failure_details=details)


def has_key(annotations: dict) -> bool:
    """Whether a pod says which try of which task it was made for."""
    numbers = (annotations.get("try_number"), annotations.get("map_index", "-1"))
    try:
        [int(number) for number in numbers]
    except (TypeError, ValueError):
        return False
    return "dag_id" in annotations and "task_id" in annotations


class PodScheduler(utils.AirflowKubernetesScheduler):
    """Makes pods and has them watched."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Tasks whose pods were made since the last look at all pods, with the paths of their logs.
        self.made: dict = {}

    def run_next(self, next_job):
        super().run_next(next_job)
        self.note_made(next_job)

    def run_next_batch(self, next_jobs):
        results = super().run_next_batch(next_jobs)
        for job, error in results:
            if error is None:
                self.note_made(job)
        return results

    def note_made(self, job):
        self.made[job.key] = getattr(job.command[0], "log_path", None)

    def _make_kube_watcher(self, namespace):
        watcher = PodWatcher(
            watcher_queue=self.watcher_queue,
            namespace=namespace,
            resource_version=utils.ResourceVersion().resource_version.get(namespace, "0"),
            scheduler_job_id=self.scheduler_job_id,
            kube_config=self.kube_config,
        )
        watcher.start()
        return watcher

    def _build_pod_request(self, next_job):
        """The pod of a task, or an error that fails this task alone."""
        try:
            pod = self._callback_pod(next_job) if is_callback(next_job) else super()._build_pod_request(next_job)
        except (PodReconciliationError, PodMutationHookException):
            raise
        except Exception as error:
            what = f" of pod_template_file {next_job.pod_template_file}" if next_job.pod_template_file else ""
            raise PodReconciliationError(f"The pod{what} cannot be made") from error
        return identified(pod, next_job, self.scheduler_job_id)

    def _callback_pod(self, next_job):
        """The pod of a callback: that of a task, with another command."""
        identity = identity_of(next_job)
        return pod_generator.PodGenerator.construct_pod(
            namespace=self.namespace,
            scheduler_job_id=self.scheduler_job_id,
            pod_id=utils.create_unique_id(identity["dag_id"], "callback"),
            kube_image=self.kube_config.kube_image,
            date=None,
            args=pod_generator.workload_to_command_args(next_job.command[0]),
            pod_override_object=None,
            base_worker_pod=utils.get_base_pod_from_template(None, self.kube_config),
            with_mutation_hook=True,
            **identity,
        )

    def run_pod_async(self, pod, **kwargs):
        try:
            return super().run_pod_async(pod, **kwargs)
        except provider.TRANSIENT_CONNECTION_ERRORS:
            raise
        except Exception as error:
            if hasattr(error, "status"):
                raise
            raise PodReconciliationError("The pod cannot be sent to the API server") from error


def is_callback(job) -> bool:
    return getattr(job.command[0], "type", None) == "ExecuteCallback"


def identity_of(job) -> dict:
    """What a pod is known by. A callback has the place of a task in it."""
    names = ("dag_id", "task_id", "run_id", "try_number", "map_index")
    if not is_callback(job):
        return dict(zip(names, job.key))
    callback = job.command[0].callback
    dag_id, run_id = (str(callback.data.get(name) or "") for name in ("dag_id", "dag_run_id"))
    return dict(zip(names, (dag_id, f"{CALLBACK}{callback.id}", run_id, 1, -1)))


def identified(pod, job, scheduler_job_id):
    """The pod with the labels and annotations that its watcher knows it by, whatever a DAG has put there."""
    identity = identity_of(job)
    labels = pod_generator.PodGenerator.build_labels_for_k8s_executor_pod(airflow_worker=scheduler_job_id, **identity)
    annotations = {name: str(value) for name, value in identity.items() if name != "map_index" or value >= 0}
    if not re.match(r"[a-z0-9]", pod.metadata.name):
        pod.metadata.name = f"task{pod.metadata.name}"
    pod.metadata.labels = {**(pod.metadata.labels or {}), **labels}
    pod.metadata.annotations = {**(pod.metadata.annotations or {}), **annotations}
    return pod


def phase(pod: dict) -> str | None:
    return (pod.get("status") or {}).get("phase")


def full_name(pod: dict) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def key_of(annotations: dict):
    """The key of the task, or of the callback, that a pod with these annotations was made for. Before Airflow 3.3 a callback's is text."""
    from airflow.models.callback import CallbackKey
    from airflow.models.taskinstancekey import TaskInstanceKey

    task = annotations["task_id"]
    if task.startswith(CALLBACK):
        return CallbackKey(task.removeprefix(CALLBACK))
    numbers = int(annotations["try_number"]), int(annotations.get("map_index", -1))
    return TaskInstanceKey(annotations["dag_id"], task, annotations.get("run_id", ""), *numbers)


class KubernetesExecutor(provider.KubernetesExecutor):
    """Runs each task in a pod of its own."""

    supports_callbacks = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.looked_at = 0.0
        self.removed_at = time.monotonic()
        # Tasks whose pods were made or seen alive, with the paths of their logs; those of them that had no pod at the last look.
        self.seen: dict = {}
        self.missed: set = set()

    def start(self) -> None:
        # The provider looks the class up here, and has no setting for it.
        original = utils.AirflowKubernetesScheduler
        utils.AirflowKubernetesScheduler = PodScheduler
        try:
            super().start()
        finally:
            utils.AirflowKubernetesScheduler = original
        if uploads.ENABLED:
            uploads.start(conf.get("logging", "base_log_folder"))

    def queue_workload(self, workload, session) -> None:
        kind = getattr(workload, "type", None)
        if kind == "ExecuteCallback":
            self.queued_callbacks[workload.callback.key] = workload
        elif kind == "ExecuteTask":
            super().queue_workload(workload, session)
        else:
            self.log.error("Workloads of the kind %s cannot be run here: %s", kind, workload)

    def _process_workloads(self, workloads) -> None:
        for workload in workloads:
            if getattr(workload, "type", None) == "ExecuteCallback":
                self.start_callback(workload)
            else:
                self.start_task(workload)

    def start_task(self, workload) -> None:
        key, configuration = workload.ti.key, workload.ti.executor_config
        self.forget(key)
        try:
            if configuration and not isinstance(configuration, dict):
                raise TypeError(f"executor_config must be a dict, and is {type(configuration).__name__}")
            super()._process_workloads([workload])
        except Exception as error:
            self.log.exception("Task %s cannot be started", key)
            self.queued_tasks.pop(key, None)
            self.fail(key, explained(error))
        state, problem = self.event_buffer.get(key, (None, None))
        if state == TaskInstanceState.FAILED:
            note(workload.log_path, f"The task cannot be started: {problem}")
            # Some versions of the provider count a task that they have just refused as running.
            self.running.discard(key)

    def start_callback(self, workload) -> None:
        key = workload.callback.key
        self.queued_callbacks.pop(key, None)
        self.running.add(key)
        job = provider.KubernetesJob(key, [workload], None, None)
        self.task_queue.put(job)

    def sync(self) -> None:
        """As the provider's, but nothing that goes wrong with pods is the end of the scheduler; what goes wrong with the database
        is told, as it is waited for elsewhere.
        """
        from sqlalchemy.exc import SQLAlchemyError

        try:
            super().sync()
            self.look_at_pods()
            self.remove_old_pods()
        except SQLAlchemyError:
            raise
        except Exception:
            self.log.exception("This look at the pods failed; the next one follows")

    def look_at_pods(self) -> None:
        """Looks at all pods of this scheduler's tasks, for what no event tells."""
        now = time.monotonic()
        if now - self.looked_at < LOOK_SECONDS or not self.running:
            return
        self.looked_at = now
        # Also a pod that was gone before the first look at it is missed.
        self.seen.update(self.kube_scheduler.made)
        self.kube_scheduler.made.clear()
        selector = f"airflow-worker={self._make_safe_label_value(str(self.scheduler_job_id))}"
        pods = self.listed(self.kube_client.list_namespaced_pod, label_selector=selector)
        self.note_pending([pod for pod in pods if phase(pod) == "Pending"])
        self.fail_gone(pods)

    def remove_old_pods(self) -> None:
        """Removes pods of failed tasks in time, whichever scheduler has made them."""
        now = time.monotonic()
        if FAILED_POD_SECONDS <= 0 or not self.kube_config.delete_worker_pods or now - self.removed_at < REMOVAL_SECONDS:
            return
        self.removed_at = now
        pods = self.listed(self.kube_client.list_namespaced_pod, label_selector="kubernetes_executor=True")
        for pod in ended_pods.overdue(pods, datetime.now(timezone.utc), FAILED_POD_SECONDS, self.has_heard):
            self.log.info("Removing pod %s, which ended more than %s s ago", full_name(pod), FAILED_POD_SECONDS)
            self.kube_scheduler.delete_pod(pod_name=pod["metadata"]["name"], namespace=pod["metadata"]["namespace"])

    def has_heard(self, pod: dict) -> bool:
        """Whether this scheduler knows how one of its pods ended: it does not wait for its task any more."""
        labels, annotations = (pod["metadata"].get(part) or {} for part in ("labels", "annotations"))
        own = labels.get("airflow-worker") == self._make_safe_label_value(str(self.scheduler_job_id))
        return own and not (has_key(annotations) and key_of(annotations) in self.running)

    def listed(self, method, **query) -> list[dict]:
        """What a list of the Kubernetes API has in it, as JSON."""
        arguments = {**(self.kube_config.kube_client_request_args or {}), **query, "_preload_content": False}
        return json.loads(method(self.kube_config.kube_namespace, **arguments).data)["items"]

    def note_pending(self, pods: list[dict]) -> None:
        """Tells the logs of tasks why their pods do not start."""
        if not pods:
            return
        events: dict[str, list] = {}
        selector = "involvedObject.kind=Pod,type=Warning"
        for event in self.listed(self.kube_client.list_namespaced_event, field_selector=selector, limit=500):
            events.setdefault(event["involvedObject"].get("uid"), []).append(event)
        for pod in pods:
            text = reasons.waiting(pod, events.get(pod["metadata"]["uid"], []))
            if text:
                note(reasons.log_path(pod), f"Pod {full_name(pod)} waits: {text}", "warning")

    def fail_gone(self, pods: list[dict]) -> None:
        """Fails tasks whose pods were deleted while nobody watched them: without an event each would hold a slot, and run for
        Airflow until its heartbeat is missed. One look may come before an event that is on its way, two do not.
        """
        present = {key_of(of): pod for pod in pods if has_key(of := pod["metadata"].get("annotations") or {})}
        gone = {key: path for key, path in self.seen.items() if key in self.running and key not in present}
        for key in self.missed & gone.keys():
            self.log.error("The pod of %s %s", key, GONE)
            note(gone.pop(key), f"The pod of the task {GONE}.")
            getattr(self, "pod_launch_attempts", {}).pop(key, None)
            self.fail(key, f"its pod {GONE}")
        self.missed = set(gone)
        alive = {key: reasons.log_path(pod) for key, pod in present.items() if phase(pod) in ("Pending", "Running")}
        self.seen = {**gone, **alive}

    def forget(self, key) -> None:
        """Begins anew with a task, whose next pod is another one though its key is the same."""
        self.seen.pop(key, None)
        self.missed.discard(key)
        if self.kube_scheduler is not None:
            self.kube_scheduler.made.pop(key, None)

    def _handle_pod_publish_error(self, task, e) -> bool:
        note(getattr(task.command[0], "log_path", None), f"The pod of the task could not be made: {explained(e)}")
        return super()._handle_pod_publish_error(task, e)

    def _change_state(self, results, **kwargs) -> None:
        details = results.failure_details or {}
        self.forget(results.key)
        if str(getattr(results.key, "task_id", "")).startswith(CALLBACK):
            self.end_callback(results)
        else:
            super()._change_state(results, **kwargs)
        if details.get(REMOVE):
            self.kube_scheduler.delete_pod(pod_name=results.pod_name, namespace=results.namespace)

    def end_callback(self, results) -> None:
        from airflow.models.callback import CallbackKey
        from airflow.utils.state import CallbackState

        key = CallbackKey(results.key.task_id.removeprefix(CALLBACK))
        self.running.discard(key)
        if results.state == provider.ADOPTED:
            return
        failed = results.state == TaskInstanceState.FAILED
        details = results.failure_details or {}
        info = details.get("container_message") or details.get("pod_message") or "its pod failed" if failed else None
        self.event_buffer[key] = (CallbackState.FAILED if failed else CallbackState.SUCCESS, info)
        if not failed:
            self.kube_scheduler.delete_pod(pod_name=results.pod_name, namespace=results.namespace)

    def get_task_log(self, ti, try_number):
        """The log of a running task from its pod, unless the volume of logs has it: each line would be told twice."""
        from airflow.utils.log.file_task_handler import FileTaskHandler

        folder = conf.get("logging", "base_log_folder")
        if os.path.isfile(os.path.join(folder, FileTaskHandler(folder)._render_filename(ti, try_number))):
            return ["The log is read from the volume of logs, which the task's pod shares"], []
        return super().get_task_log(ti, try_number)

    def try_adopt_task_instances(self, tis):
        """Without an answer of the API server no task is given up: it is asked again at the next look."""
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return super().try_adopt_task_instances(tis)
        except SQLAlchemyError:
            raise
        except Exception:
            self.log.exception("Pods of another scheduler could not be taken over; the next look follows")
            return []

    def revoke_task(self, *, ti) -> None:
        try:
            super().revoke_task(ti=ti)
        except Exception:
            self.log.exception("The pod of %s could not be removed", ti)


def with_letter(make_safe_label_value):
    """The provider's labels, which for an id without an ASCII letter or digit would begin with a dash."""

    def safe_label_value(text):
        value = make_safe_label_value(text)
        return f"id{value}" if value.startswith("-") else value

    return safe_label_value


pod_generator.make_safe_label_value = with_letter(pod_generator.make_safe_label_value)
