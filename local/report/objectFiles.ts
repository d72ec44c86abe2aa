import type { SecretObject } from "./redaction";

/** An object of the cluster as `kubectl get --output json` prints it. */
export interface ReportedObject {
    readonly kind: string;
    readonly metadata: Readonly<Record<string, unknown>> & { readonly name: string; readonly namespace?: string };
    readonly [field: string]: unknown;
}

/** Kinds whose objects are in a report as they are. Secrets are not: of those there are names and keys. */
export const reportedKinds = [
    "pods",
    "deployments",
    "statefulsets",
    "replicasets",
    "jobs",
    "cronjobs",
    "services",
    "endpoints",
    "configmaps",
    "persistentvolumeclaims",
    "serviceaccounts",
    "roles",
    "rolebindings",
    "networkpolicies",
    "resourcequotas",
    "limitranges",
    "podtemplates",
    "ingresses",
    "events",
] as const;

/** An object without what only Kubernetes reads, and without a copy of itself in an annotation. */
export function reportedObject({ metadata, ...object }: ReportedObject): ReportedObject {
    const { managedFields: _managed, annotations, ...kept } = metadata;
    const { "kubectl.kubernetes.io/last-applied-configuration": _copy, ...others } = (annotations ?? {}) as Record<
        string,
        unknown
    >;
    return {
        ...object,
        kind: object.kind,
        metadata: { ...kept, name: metadata.name, ...(annotations !== undefined && { annotations: others }) },
    };
}

/** What of a Secret may be told: its name, type and keys. */
export function reportedSecret({ metadata, type, data }: SecretObject): Record<string, unknown> {
    return { namespace: metadata.namespace, name: metadata.name, type, keys: Object.keys(data ?? {}).sort() };
}

/** A container whose log is collected, and whether it has one of a run before. */
export interface LoggedContainer {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
    readonly hasPrevious: boolean;
}

interface ContainerStatus {
    readonly name: string;
    readonly restartCount?: number;
}

/** The containers of pods that have begun. */
export function loggedContainers(objects: readonly ReportedObject[]): LoggedContainer[] {
    return objects
        .filter(({ kind }) => kind === "Pod")
        .flatMap(({ metadata, status }) => {
            const { initContainerStatuses = [], containerStatuses = [] } = (status ?? {}) as Record<
                string,
                readonly ContainerStatus[] | undefined
            >;
            return [...initContainerStatuses, ...containerStatuses].map(({ name, restartCount = 0 }) => ({
                namespace: metadata.namespace ?? "",
                pod: metadata.name,
                container: name,
                hasPrevious: restartCount > 0,
            }));
        });
}
