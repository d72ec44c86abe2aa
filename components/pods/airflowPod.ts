import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { airflowUser, type PodUser, restrictedContainer, restrictedPod, type UserIds } from "../kubernetes/podSecurity";
import { type SharedClaims, type StorageSettings, sharesVolumes } from "../settings/storageSettings";
import { paths } from "./paths";

type PodSpec = k8s.types.input.core.v1.PodSpec;
type Container = k8s.types.input.core.v1.Container;
type Volume = k8s.types.input.core.v1.Volume;
type VolumeMount = k8s.types.input.core.v1.VolumeMount;

/** A volume and where a container sees it. */
export interface Mount {
    readonly volume: Volume;
    readonly mount: VolumeMount;
}

/** The shared volume of DAGs. Only what loads DAGs may write to it. */
export function dagsMount({ dags }: SharedClaims, readOnly = true): Mount {
    return claimMount("dags", dags, paths.dags, readOnly);
}

/**
 * The shared volume of logs; without one, a place on the node for the logs of this pod until they are uploaded.
 *
 * @param claims Claims of its namespace, Airflow's if left out.
 */
export function logsMount(storage: StorageSettings, claims = storage.claims): Mount {
    return sharesVolumes({ storage })
        ? claimMount("logs", claims.logs, paths.logs, false)
        : {
              volume: { name: "logs", emptyDir: { sizeLimit: storage.logsSize } },
              mount: { name: "logs", mountPath: paths.logs, readOnly: false },
          };
}

function claimMount(name: string, claimName: pulumi.Input<string>, mountPath: string, readOnly: boolean): Mount {
    return {
        volume: { name, persistentVolumeClaim: { claimName } },
        mount: { name, mountPath, readOnly },
    };
}

/**
 * The place for temporary files, and the only one that a container with a read-only root file system can write to.
 *
 * @param sizeLimit Beyond it the pod is evicted: no pod fills the disk of its node.
 */
function temporaryMount(sizeLimit: pulumi.Input<string> = "4Gi"): Mount {
    return {
        volume: { name: "tmp", emptyDir: { sizeLimit } },
        mount: { name: "tmp", mountPath: "/tmp" },
    };
}

/** Parts of an Airflow pod. */
export interface AirflowPod {
    readonly serviceAccount: pulumi.Input<string>;
    /** Whether the pod uses the Kubernetes API. */
    readonly serviceAccountToken?: boolean;
    readonly imagePullSecrets: readonly pulumi.Input<string>[];
    /** Who says as which user it runs. */
    readonly podUser: PodUser;
    /**
     * The user of the image.
     * @default - that of Airflow's
     */
    readonly user?: UserIds;
    readonly mounts: readonly Mount[];
    /**
     * Whether the container can write to `/tmp` and its mounts only.
     * @default true
     */
    readonly readOnlyRootFilesystem?: boolean;
    /**
     * What `/tmp` may hold, a Kubernetes quantity.
     * @default "4Gi"
     */
    readonly temporarySizeLimit?: pulumi.Input<string>;
    /** The container; security context, policies and mounts are added. */
    readonly container: Container;
    /** Containers that run before it, one after the other, with the same mounts; what is added is the same, too. */
    readonly earlier?: readonly Container[];
    /** Further fields of the pod, such as its restart policy. */
    readonly pod?: Partial<PodSpec>;
}

/** A pod with one Airflow container that complies with the `restricted` Pod Security Standard. */
export function airflowPodSpec(spec: AirflowPod): PodSpec {
    const mounts = [...spec.mounts, temporaryMount(spec.temporarySizeLimit)];
    const completed = (container: Container): Container => ({
        // Any other tag than `latest` is never pulled twice.
        imagePullPolicy: "IfNotPresent",
        terminationMessagePolicy: "FallbackToLogsOnError",
        ...container,
        securityContext: restrictedContainer(spec.readOnlyRootFilesystem),
        volumeMounts: mounts.map(({ mount }) => mount),
    });
    return {
        serviceAccountName: spec.serviceAccount,
        automountServiceAccountToken: spec.serviceAccountToken ?? false,
        // They would put variables of other Services into a namespace of variables that Airflow reads.
        enableServiceLinks: false,
        ...(spec.imagePullSecrets.length > 0 && {
            imagePullSecrets: spec.imagePullSecrets.map((name) => ({ name })),
        }),
        securityContext: restrictedPod(spec.podUser, spec.user ?? airflowUser),
        ...spec.pod,
        ...(spec.earlier && { initContainers: spec.earlier.map(completed) }),
        containers: [completed(spec.container)],
        volumes: mounts.map(({ volume }) => volume),
    };
}
