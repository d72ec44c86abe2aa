import type * as k8s from "@pulumi/kubernetes";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { noServiceMesh } from "../kubernetes/annotations";
import { objectLabels } from "../kubernetes/labels";
import { literal } from "../kubernetes/literal";
import { names } from "../kubernetes/names";
import { airflowUser, restrictedContainer } from "../kubernetes/podSecurity";
import { script } from "../kubernetes/script";
import { mergePodTemplate } from "../pods/podTemplate";
import { type PreparedDirectory, preparedDirectories } from "./preparedDirectories";
import { storageKeys } from "./storageKeys";

/**
 * The pod that mounts the shared volumes, makes their directories and gives them to their users, and then tries to write there
 * as Airflow's user. `fsGroup` does that on a disk, but has no effect on a directory of the node or on NFS.
 *
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
 */
export function preparationPod(instance: string, settings: AirflowSettings): k8s.types.input.core.v1.Pod {
    const directories = preparedDirectories(settings);
    const labels = objectLabels(instance, "permissions");
    const claims = [...new Set(directories.map(({ claimName }) => claimName))];
    const mounts = claims.map((name) => ({ name, mountPath: `/volumes/${name}` }));
    const container = (name: string, action: string) => ({
        name,
        image: settings.airflow.image,
        imagePullPolicy: "IfNotPresent",
        command: ["python", "-c", script(__dirname, "prepare_directories.py"), action],
        env: [
            {
                name: "DIRECTORIES",
                value: literal(JSON.stringify(directories.map((each) => described(settings, each)))),
            },
            { name: "INSTALLATION", value: settings.namespaces.airflow },
            { name: "PYTHONUNBUFFERED", value: "1" },
        ],
        resources: {
            requests: { cpu: "10m", memory: "32Mi" },
            limits: { cpu: "500m", memory: "128Mi" },
        },
        volumeMounts: mounts,
    });
    const { metadata, spec } = mergePodTemplate(
        {
            metadata: { labels, annotations: noServiceMesh },
            spec: {
                automountServiceAccountToken: false,
                enableServiceLinks: false,
                restartPolicy: "Never",
                imagePullSecrets: settings.airflow.imagePullSecrets.map((name) => ({ name })),
                securityContext: { seccompProfile: { type: "RuntimeDefault" } },
                initContainers: settings.storage.fixPermissions
                    ? [{ ...container("give", "give"), securityContext: root }]
                    : [],
                containers: [
                    {
                        ...container("write", "write"),
                        securityContext: {
                            ...restrictedContainer(),
                            runAsNonRoot: true,
                            runAsUser: airflowUser.uid,
                            runAsGroup: airflowUser.gid,
                        },
                    },
                ],
                volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
            },
        },
        [settings.airflow.podTemplate, settings.airflow.jobs.podTemplate],
    );
    return { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name: `${names.permissions}-pod` }, spec };
}

/** Root, who may make directories and change their owners, and do nothing else. */
const root = {
    runAsUser: 0,
    runAsGroup: 0,
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"], add: ["CHOWN", "DAC_OVERRIDE", "FOWNER"] },
};

/** A directory as the script knows it. */
function described(settings: AirflowSettings, directory: PreparedDirectory): Record<string, string | number> {
    const { claimName, name, place, owner, mode } = directory;
    const path = name === "" ? `/volumes/${claimName}` : `/volumes/${claimName}/${name}`;
    return { path, place, uid: owner.uid, gid: owner.gid, mode, key: storageKeys(settings).volumeKey };
}
