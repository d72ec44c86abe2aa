import type { PropertyChange } from "../values/difference";
import { type PropertyPath, parsePropertyPath, pathContains, valueAt } from "../values/propertyPath";
import { type PropertyMap, unknownValue } from "../values/propertyValue";
import { textAt } from "./kubernetesObject";

const volumeSources = [
    "awsElasticBlockStore azureDisk azureFile cephfs cinder csi fc flexVolume flocker gcePersistentDisk glusterfs",
    "hostPath iscsi local nfs photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos vsphereVolume",
]
    .join(" ")
    .split(" ");

const podFields = [
    "affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases hostIPC hostNetwork hostPID",
    "hostname imagePullSecrets nodeName nodeSelector overhead preemptionPolicy priority priorityClassName readinessGates",
    "restartPolicy runtimeClassName schedulerName securityContext serviceAccount serviceAccountName",
    "shareProcessNamespace subdomain terminationGracePeriodSeconds volumes containers[*] initContainers[*]",
]
    .join(" ")
    .split(" ");

/** By API group and kind, as in pulumi-kubernetes (provider/diff.go). */
const replacing: { readonly [groupAndKind: string]: readonly string[] } = {
    "apps/DaemonSet": ["spec.selector"],
    "apps/Deployment": ["spec.selector"],
    "apps/StatefulSet": [
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ],
    "batch/Job": ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
    "policy/PodDisruptionBudget": ["spec"],
    "rbac.authorization.k8s.io/ClusterRoleBinding": ["roleRef"],
    "rbac.authorization.k8s.io/RoleBinding": ["roleRef"],
    "storage.k8s.io/StorageClass": ["parameters", "provisioner"],
    "/PersistentVolume": volumeSources.map((source) => `spec.${source}`),
    "/PersistentVolumeClaim": ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
    "/Pod": podFields.map((field) => `spec.${field}`),
    "/ResourceQuota": ["spec.scopes"],
    "/Service": ["spec.clusterIP"],
};

/** Settings of the provider that change what has to be replaced. */
export interface Mutability {
    readonly secretMutable: boolean;
    readonly configMapMutable: boolean;
}

/** The fields of an object that can't be changed in place: a new value means a new object. */
export function replacedFields(object: PropertyMap, mutability: Mutability): PropertyPath[] {
    const kind = textAt(object, "kind");
    const apiVersion = textAt(object, "apiVersion");
    const group = apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
    return ["kind", "metadata.name", "metadata.namespace", ...fieldsOfKind(group, kind, object, mutability)].map(
        parsePropertyPath,
    );
}

/** True when a change touches one of the fields, or metadata that is not known yet: it may hold another name. */
export function touches(fields: readonly PropertyPath[], change: PropertyChange): boolean {
    const { path, before, after } = change;
    return fields.some((field) => {
        if (pathContains(field, path)) {
            return true;
        }
        if (!pathContains(path, field)) {
            return false;
        }
        const inside = field.slice(path.length);
        const unknownName = path.length === 1 && path[0] === "metadata" && after === unknownValue;
        return unknownName || valueAt(before, inside) !== undefined || valueAt(after, inside) !== undefined;
    });
}

function fieldsOfKind(group: string, kind: string, object: PropertyMap, mutability: Mutability): readonly string[] {
    const immutable = object.immutable === true;
    if (group === "" && kind === "Secret") {
        return !mutability.secretMutable || immutable ? ["type", "stringData", "data"] : ["type"];
    }
    if (group === "" && kind === "ConfigMap") {
        return !mutability.configMapMutable || immutable ? ["binaryData", "data"] : [];
    }
    return replacing[`${group}/${kind}`] ?? [];
}
