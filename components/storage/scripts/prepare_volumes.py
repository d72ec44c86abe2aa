"""Has a pod mount the shared volumes and prepare their directories, or says in one sentence why that cannot be.

A pod whose volume cannot be mounted runs nothing and waits without end, so this one mounts nothing: it makes the pod that
does, watches what the cluster says of it, and removes it again, because a claim that a pod uses could not be replaced.

Exit code 65: nothing that another try could mend.
"""

import json
import os
import re
import signal
import socket
import ssl
import sys
import time
import urllib.error
import urllib.request

NO_RETRY = 65
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
# A first refusal may be one of a server that has only just begun to listen.
REFUSED_SECONDS = 20
# How long nothing at all may be heard of a mount, where one takes seconds.
PROBE_SECONDS = 45
SILENT_SECONDS = 75
# Pulling a large image, or having a cloud make a volume, takes minutes.
WAIT_SECONDS = 840
# A pod whose claims are not bound yet is looked at again only after ten seconds, so they may bind first. Some bind only to a pod.
BIND_SECONDS = 5
POLL_SECONDS = 0.5
NFS_PORT = 2049

MOUNT_FAULTS = {"FailedMount", "FailedAttachVolume", "FailedMapVolume"}
PROVISIONING_FAULTS = {"ProvisioningFailed", "FailedBinding"}
# What shows that all volumes are mounted.
MOUNTED = {"Pulling", "Pulled", "Created", "Started"}


# What clients say of a path that a server does not give out, and of options that they do not know; the rest is of the server.
PATH_FAULTS = r"denied|no such file|not exported|not a directory|permission|permitted"
OPTION_FAULTS = r"option|invalid argument|unsupported|not supported"


class Refused(Exception):
    """A fault of the settings."""


class Api:
    """The part of the Kubernetes API that a pod sees through its token."""

    def __init__(self):
        with open(f"{ACCOUNT}/namespace") as file:
            self.namespace = file.read()
        host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
        host = f"[{host}]" if ":" in host else host
        self.base = f"https://{host}:{port}/api/v1/namespaces/{self.namespace}"
        self.tls = ssl.create_default_context(cafile=f"{ACCOUNT}/ca.crt")

    def request(self, method, path, body=None):
        """The answer, or None where there is nothing."""
        with open(f"{ACCOUNT}/token") as file:
            headers = {"Authorization": f"Bearer {file.read()}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/{path}", data, headers, method=method)
        try:
            with urllib.request.urlopen(request, context=self.tls, timeout=30) as answer:
                text = answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            if error.code == 404:
                return None
            if 400 <= error.code < 500 and error.code not in (409, 429):
                raise Refused(f"{method} {path} was refused: {message_of(text)}") from error
            raise
        return text if path.partition("?")[0].endswith("/log") else json.loads(text)

    def patient(self, method, path, body=None):
        """The answer, also of an API server that is away for a moment."""
        deadline = time.monotonic() + 60
        while True:
            try:
                return self.request(method, path, body)
            except OSError as error:
                if time.monotonic() > deadline:
                    raise
                print(f"{method} {path}: {error}; trying again", flush=True)
                time.sleep(2)


def message_of(text):
    try:
        return json.loads(text)["message"]
    except (ValueError, KeyError, TypeError):
        return text.strip()


def reason_of(message):
    """The part of an event that says what went wrong, on one line."""
    _, _, output = message.rpartition("Output:")
    return " ".join((output or message).split())[:500]


class Faults:
    """What the cluster says goes wrong, and for how long it has said so."""

    def __init__(self, settings):
        self.settings = settings
        self.since = {}

    def of(self, pod, events, now):
        """The sentence for a fault that stays, or None."""
        claims = self.settings["claims"]
        mounting = True
        found = []
        for event in events:
            reason, about = event.get("reason", ""), event.get("involvedObject", {})
            if about.get("kind") == "Pod" and about.get("uid") == pod["metadata"]["uid"]:
                mounting = mounting and reason not in MOUNTED
                if reason in MOUNT_FAULTS:
                    found.append(("mount", reason_of(event.get("message") or "")))
            elif about.get("kind") == "PersistentVolumeClaim" and about.get("name") in claims:
                if reason in PROVISIONING_FAULTS and event.get("type") == "Warning":
                    found.append(("provisioning", reason_of(event.get("message") or "")))
        scheduled = condition(pod, "PodScheduled")
        missing = re.search(r'persistentvolumeclaim "[^"]*" not found', scheduled.get("message") or "")
        if missing:
            found.append(("claim", missing.group(0)))
        for kind, reason in found if mounting else []:
            if now - self.since.setdefault(kind, now) >= REFUSED_SECONDS:
                return self.sentence(kind, reason)
        return self.silence(pod, scheduled, mounting, now)

    def sentence(self, kind, reason):
        if kind == "claim":
            return f"{self.settings['claimKey']}: {reason}"
        if kind == "provisioning":
            return f"{self.settings['claimKey']}: no ReadWriteMany volume could be made: {reason}"
        key = self.settings["volumeKey"]
        if "registered CSI drivers" in reason:
            key = self.settings["silentKey"]
        elif "serverKey" in self.settings and not re.search(PATH_FAULTS, reason, re.IGNORECASE):
            options = re.search(OPTION_FAULTS, reason, re.IGNORECASE)
            key = self.settings["optionsKey" if options else "serverKey"]
        hint = ""
        if re.search(r"helper program|unknown filesystem type|mount\.nfs: not found", reason):
            hint = " (the nodes need an NFS client: the package nfs-common or nfs-utils)"
        return f"{key}: a node could not mount the volume: {reason}{hint}"

    def silence(self, pod, scheduled, mounting, now):
        """A mount that nothing is heard of: the kubelet tells of it only when mount itself has given up, minutes later."""
        if scheduled.get("status") != "True" or not mounting or "silentKey" not in self.settings:
            return None
        quiet = now - self.since.setdefault("scheduled", now)
        host = self.settings.get("host")
        if host and quiet >= PROBE_SECONDS and "probed" not in self.since:
            self.since["probed"] = now
            fault = unreachable(host)
            if fault:
                return f"{self.settings['serverKey']}: no NFS server answers on port {NFS_PORT}: {fault}"
        if quiet >= SILENT_SECONDS:
            return f"{self.settings['silentKey']}: the volume was not mounted in {SILENT_SECONDS} seconds. {self.settings['silentHint']}"
        return None


def unreachable(host):
    """Why a server cannot be reached, or None. Seen from here only, so it is not asked before there is a reason."""
    try:
        socket.create_connection((host, NFS_PORT), timeout=10).close()
    except OSError as error:
        return str(error)
    return None


def condition(pod, name):
    found = [entry for entry in pod.get("status", {}).get("conditions", []) if entry["type"] == name]
    return found[0] if found else {}


def remove(api, name):
    """Removes the pod, and waits until it is gone. By force: nothing in it is worth waiting for, and a mount may hold it back."""
    deadline = time.monotonic() + 60
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0}
    while api.patient("DELETE", f"pods/{name}", options) is not None and api.patient("GET", f"pods/{name}") is not None:
        if time.monotonic() > deadline:
            raise Refused(f"pod {name} cannot be removed")
        time.sleep(POLL_SECONDS)


def relay(api, pod):
    """Prints what the containers said, and hands back the exit code of the one that failed."""
    status = pod.get("status", {})
    for container in [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]:
        ended = container.get("state", {}).get("terminated")
        if ended:
            print(api.patient("GET", f"pods/{pod['metadata']['name']}/log?container={container['name']}") or "", end="")
            if ended["exitCode"] != 0:
                return ended["exitCode"]
    return 0


def watch(api, pod, faults):
    """Waits for the end of the pod, and hands back its exit code."""
    name = pod["metadata"]["name"]
    begun = time.monotonic()
    while True:
        pod = api.patient("GET", f"pods/{name}")
        if pod is None:
            print("The pod that prepares the volumes has gone.", file=sys.stderr)
            return 1
        phase = pod.get("status", {}).get("phase")
        if phase in ("Succeeded", "Failed"):
            return relay(api, pod) or (0 if phase == "Succeeded" else 1)
        now = time.monotonic()
        events = api.patient("GET", "events")["items"]
        fault = faults.of(pod, events, now)
        if fault:
            raise Refused(fault)
        if now - begun > WAIT_SECONDS:
            states = [entry.get("state", {}).get("waiting", {}) for entry in pod["status"].get("containerStatuses", [])]
            last = [event["message"] for event in events if event["involvedObject"].get("name") == name][-1:]
            said = [state["message"] for state in states if state.get("message")]
            raise Refused(f"the pod that prepares the volumes did not run in {WAIT_SECONDS} s: {'; '.join(said or last)}")
        time.sleep(POLL_SECONDS)


def await_claims(api, claims):
    """Gives the claims a moment to be bound."""
    deadline = time.monotonic() + BIND_SECONDS
    while time.monotonic() < deadline:
        found = [api.patient("GET", f"persistentvolumeclaims/{name}") or {} for name in claims]
        if all(claim.get("status", {}).get("phase") == "Bound" for claim in found):
            return
        time.sleep(POLL_SECONDS)


def stop(_number, _frame):
    sys.exit(1)


def main():
    # Whatever ends this, the pod is removed first.
    signal.signal(signal.SIGTERM, stop)
    api = Api()
    manifest = json.loads(os.environ["POD"])
    name = manifest["metadata"]["name"]
    settings = json.loads(os.environ["SETTINGS"])
    remove(api, name)
    await_claims(api, settings["claims"])
    try:
        code = watch(api, api.patient("POST", "pods", manifest), Faults(settings))
    except Refused as error:
        code = NO_RETRY
        print(error, file=sys.stderr, flush=True)
    finally:
        remove(api, name)
    sys.exit(code)


if __name__ == "__main__":
    main()
