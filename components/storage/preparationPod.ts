import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { noServiceMesh } from "../kubernetes/annotations";
import { mapInput } from "../kubernetes/known";
import { objectLabels } from "../kubernetes/labels";
import { literal } from "../kubernetes/literal";
import { names } from "../kubernetes/names";
import { airflowUser, PodUser, restrictedContainer } from "../kubernetes/podSecurity";
import { withDisk } from "../kubernetes/resources";
import { mergePodTemplate } from "../pods/podTemplate";
import { scriptCommand, scriptsMount } from "../pods/scriptFiles";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { preparationScriptsName } from "./preparationScripts";
import { type PreparedDirectory, preparedClaims, preparedDirectories } from "./preparedDirectories";
import { storageKeys } from "./storageKeys";

/**
 * The pod that mounts the shared volumes, makes their directories and gives them to their users, and then tries to write there
 * as Airflow's user. `fsGroup` does that on a disk, but has no effect on a directory of the node or on NFS.
 *
 * @see https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
 */
export function preparationPod(instance: string, settings: AirflowSettings): k8s.types.input.core.v1.Pod {
    const labels = objectLabels(instance, "permissions");
    const claims = preparedClaims(settings);
    const directories = { list: preparedDirectories(settings), key: storageKeys(settings).volumeKey };
    const scripts = scriptsMount(preparationScriptsName());
    const container = (name: string, action: string) => ({
        name,
        image: settings.airflow.image,
        imagePullPolicy: "IfNotPresent",
        command: scriptCommand("prepare_directories.py", action),
        env: [
            {
                name: "DIRECTORIES",
                value: mapInput(directories, ({ list, key }) =>
                    literal(JSON.stringify(list.map((each) => described(each, key)))),
                ),
            },
            { name: "INSTALLATION", value: settings.namespaces.airflow },
            { name: "PYTHONUNBUFFERED", value: "1" },
        ],
        resources: withDisk(
            { requests: { cpu: "10m", memory: "32Mi" }, limits: { cpu: "500m", memory: "128Mi" } },
            "1Gi",
        ),
        volumeMounts: mapInput(claims, (known) => [
            ...known.map((name) => ({ name, mountPath: `/volumes/${name}` })),
            scripts.mount,
        ]),
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
                            ...(settings.airflow.podUser === PodUser.Image && {
                                runAsUser: airflowUser.uid,
                                runAsGroup: airflowUser.gid,
                            }),
                        },
                    },
                ],
                volumes: mapInput(claims, (known) => [
                    ...known.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
                    scripts.volume,
                ]),
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
function described(directory: pulumi.Unwrap<PreparedDirectory>, key: string): Record<string, string | number> {
    const { claimName, name, place, owner, mode } = directory;
    const path = name === "" ? `/volumes/${claimName}` : `/volumes/${claimName}/${name}`;
    return { path, place, uid: owner.uid, gid: owner.gid, mode, key };
}
