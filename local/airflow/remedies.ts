import type { KubernetesObject } from "./diagnosis";

/** A fault that objects of the cluster show, and what to do about it. */
interface Remedy {
    /** What in the words of Kubernetes tells of it: reason and message. */
    readonly pattern: RegExp;
    /** What to do; `pod` names the pod or the other object with its namespace, as kubectl takes them. */
    readonly remedy: (place: Place) => string;
}

/** What an object is called. */
interface Place {
    readonly kind: string;
    readonly name: string;
    readonly namespace: string;
}

const target = ({ kind, name, namespace }: Place) => `${kind.toLowerCase()}/${name} --namespace ${namespace}`;

/** By what Kubernetes says. The first that fits counts: those that know more come first. */
const remedies: readonly Remedy[] = [
    {
        pattern: /ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName/,
        remedy: (place) =>
            `${place.name}: is the name of its image right, and may the nodes pull it? A registry with a login is named in airflow.registries`,
    },
    {
        pattern: /CreateContainerConfigError/,
        remedy: (place) =>
            `${place.name}: make the Secret or ConfigMap that it names, with that key, in ${place.namespace}`,
    },
    {
        pattern: /OOMKilled/,
        remedy: (place) => `${place.name}: give it more memory: resources.limits.memory of that part`,
    },
    {
        pattern: /Evicted/,
        remedy: (place) =>
            `${place.name}: the node was short of memory or disk: look at it, or raise the requests of that part (resources.requests)`,
    },
    {
        pattern: /FailedScheduling.*(Insufficient|exceed|Too many pods)/s,
        remedy: (place) =>
            `${place.name}: add a node, stop something else, or lower resources.requests of that part; on a laptop give the cluster more memory`,
    },
    {
        pattern: /FailedScheduling.*(taint|affinity|selector)/s,
        remedy: (place) =>
            `${place.name}: no node has what it asks for: set nodeSelector, affinity or tolerations in its podTemplate`,
    },
    {
        pattern: /FailedScheduling.*(persistentvolumeclaim|PersistentVolume|volume)/is,
        remedy: (place) => `${place.name}: it waits for its volume: see what is said of claims`,
    },
    {
        pattern: /no space left|disk quota exceeded/i,
        remedy: (place) =>
            `${place.name}: its volume is full: make room, lower logs.retentionDays and logs.maximumSize, or make it larger`,
    },
    {
        pattern: /FailedMount.*(bad option|helper program|wrong fs type)/s,
        remedy: () => "install nfs-common (Debian, Ubuntu) or nfs-utils on the nodes: they lack an NFS client",
    },
    {
        pattern: /FailedMount/,
        remedy: (place) =>
            `${place.name}: is the server of its volume there, and does it serve the nodes? storage says where it is; kubectl describe ${target(place)} has the words of the mount`,
    },
    {
        pattern: /exceeded quota|FailedCreate.*quota/is,
        remedy: (place) => `${place.name}: raise the ResourceQuota of ${place.namespace}, or lower resources`,
    },
    {
        pattern: /violates PodSecurity/,
        remedy: (place) =>
            `${place.name}: its podTemplate asks for what the namespace ${place.namespace} does not allow: namespaces.workersPodSecurity, or another podTemplate`,
    },
    {
        pattern: /Unhealthy/,
        remedy: (place) =>
            `${place.name}: it does not answer its probe: kubectl logs ${target(place)} says what it is at`,
    },
    {
        pattern: /CrashLoopBackOff|RunContainerError|CreateContainerError|ended with exit code/,
        remedy: (place) => `${place.name}: kubectl logs ${target(place)} --previous says why it ended`,
    },
    {
        pattern: /FailedScheduling/,
        remedy: (place) => `${place.name}: kubectl describe ${target(place)} says what no node has`,
    },
];

/** What to do about failed Jobs, by the beginning of their names. */
const jobRemedies: readonly (readonly [RegExp, string])[] = [
    [
        /^airflow-migrate-/,
        "the database was not brought to this version, and nothing was started with it: mend what the Job says, then make up again",
    ],
    [/^airflow-create-admin-/, "mend what the Job says, then make up again; the user before can still log in"],
    [
        /^airflow-load-dags-/,
        "the DAGs before stay: mend the folder, archive or image of dags.volume, then make up again",
    ],
    [/^airflow-check-repository-/, "mend dags.git, or its token or key, then make up again"],
    [/^airflow-check-dags-/, "mend the DAGs in the image, or dags.image.path, then make up again"],
    [/^airflow-check-local-settings-/, "mend airflow.localSettings, then make up again"],
    [/^airflow-install-packages-/, "mend pythonPackages.requirements, then make up again"],
    [/^airflow-manage-objects-/, "mend connections, variables or pools, then make up again"],
    [/^airflow-permissions/, "the volumes were not prepared: mend what the Job says, then make up again"],
    [/^airflow-backup/, "there is no backup of that night: make backup tries again now"],
    [/^airflow-restore/, "the database is as it was before: mend what the Job says, then make restore again"],
    [/^airflow-db-cleanup/, "old rows stay until its next run; kubectl logs of the Job says why"],
    [/^airflow-log-cleanup/, "logs stay until its next run, in the next hour; is the volume of logs there?"],
    [/^airflow-rotate-fernet-key/, "both keys stay known: mend what the Job says, then make up again"],
];

/** What to do about a Job that failed; undefined for one that the component does not make. */
export function jobRemedy(name: string): string | undefined {
    return jobRemedies.find(([pattern]) => pattern.test(name))?.[1];
}

/** What to do about what objects of the cluster show to be wrong, each once. What a task has done is its author's. */
export function objectRemedies(objects: readonly KubernetesObject[], wrong: readonly string[]): string[] {
    const found = objects.flatMap((object): string[] => {
        const place = {
            kind: object.kind,
            name: object.metadata.name,
            namespace: object.metadata.namespace ?? "",
        };
        const told = wrong.filter((line) => tellsOf(line, place));
        if (told.length === 0) {
            return [];
        }
        if (object.kind === "Job") {
            return [`${place.name}: ${jobRemedy(place.name) ?? "mend what the Job says, then make up again"}`];
        }
        if (object.kind === "PersistentVolumeClaim") {
            return [
                `${place.name}: kubectl describe pvc ${place.name} --namespace ${place.namespace} says what is missing: a StorageClass, a volume, room`,
            ];
        }
        if (object.kind === "Namespace") {
            return [`${place.name}: wait; if it stays, something in it has a finalizer whose controller is gone`];
        }
        const events = objects
            .filter(
                ({ kind, metadata, involvedObject }) =>
                    kind === "Event" &&
                    metadata.namespace === place.namespace &&
                    involvedObject?.name === place.name &&
                    involvedObject.kind === place.kind,
            )
            .map(({ reason, message }) => `${reason} ${message}`);
        const said = [...told, ...lastEnds(object), ...events];
        const remedy = remedies.find(({ pattern }) => said.some((text) => pattern.test(text)));
        return remedy === undefined ? [] : [remedy.remedy(place)];
    });
    return [...new Set(found)];
}

/** Why containers of a pod ended before. */
function lastEnds({ status }: KubernetesObject): string[] {
    const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
    return containers.flatMap(({ lastState }) => lastState?.terminated?.reason ?? []);
}

/** What lines begin with that are about objects of these kinds; those of pods begin with their names. */
const beginnings: Readonly<Record<string, string>> = {
    Deployment: "Deployment ",
    StatefulSet: "StatefulSet ",
    Job: "Job ",
    PersistentVolumeClaim: "claim ",
    Namespace: "namespace ",
    Pod: "",
};

/** Whether a line of what is wrong is about an object, and not about one whose name goes on. */
function tellsOf(line: string, { kind, name, namespace }: Place): boolean {
    const beginning = beginnings[kind];
    const full = `${beginning}${namespace === "" ? name : `${namespace}/${name}`}`;
    return beginning !== undefined && line.startsWith(full) && !/^[\w.-]/.test(line.slice(full.length));
}
