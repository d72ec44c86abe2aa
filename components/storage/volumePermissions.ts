import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { preparationRules } from "../access/podRules";
import { airflowPodSpec } from "../airflow/airflowPod";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { noServiceMesh, replaceUnready } from "../kubernetes/annotations";
import { shortHash } from "../kubernetes/hash";
import { jobTries, triedCommand } from "../kubernetes/jobTries";
import { mapInput } from "../kubernetes/known";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import { script } from "../kubernetes/script";
import { mergePodTemplate } from "../pods/podTemplate";
import { preparationPod } from "./preparationPod";
import { preparedDirectories } from "./preparedDirectories";
import { storageKeys } from "./storageKeys";

/** Arguments of {@link VolumePermissions}. */
export interface VolumePermissionsArgs {
    readonly instance: string;
    /** Namespace that may run a pod as root, and has claims on the volumes. */
    readonly namespace: pulumi.Input<string>;
    readonly settings: AirflowSettings;
}

/**
 * A Job that has the directories of the shared volumes made and given to the users who write there. It mounts none of them
 * itself, but makes a pod that does: a pod whose volume cannot be mounted waits without a word, and the Job can say why.
 */
export class VolumePermissions extends pulumi.ComponentResource {
    /** Known when the Job is done, and in a preview only if that is not to run again. */
    public readonly done: pulumi.Output<string>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: VolumePermissionsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:VolumePermissions", name, {}, opts);

        const { instance, namespace, settings } = args;
        const { image, imagePullSecrets } = settings.airflow;
        const labels = objectLabels(instance, "permissions");
        const metadata = { name: names.permissions, namespace, labels };
        const account = new k8s.core.v1.ServiceAccount(
            `${name}-account`,
            { metadata, automountServiceAccountToken: false },
            { parent: this },
        );
        const role = new k8s.rbac.v1.Role(`${name}-role`, { metadata, rules: preparationRules }, { parent: this });
        const binding = new k8s.rbac.v1.RoleBinding(
            `${name}-role-binding`,
            {
                metadata,
                roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
                subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }],
            },
            { parent: this },
        );

        const patches = [settings.airflow.podTemplate, settings.airflow.jobs.podTemplate];
        const pod = mapInput(preparationPod(instance, settings), (known) => JSON.stringify(known));
        const claims = [...new Set(preparedDirectories(settings).map(({ claimName }) => claimName))];
        const keys = JSON.stringify({ claims, ...storageKeys(settings) });
        const command = triedCommand(script(__dirname, "prepare_volumes.py"));
        // The volumes of other settings are others, although nothing in the pod shows it.
        const { hosting, storage } = settings;
        const { kind, hostPath, nfs, csi, storageClass, existingNamespace, mountOptions, nfsServer } = storage;
        const volumes = { hosting, kind, hostPath, nfs, csi, storageClass, existingNamespace, mountOptions };
        const trigger = { ...volumes, existingClaim: nfsServer.existingClaim };
        const job = new k8s.batch.v1.Job(
            `${name}-job`,
            {
                metadata: {
                    ...metadata,
                    name: mapInput(
                        { image, pod, keys, command, trigger, patches },
                        (known) => `${names.permissions}-${shortHash(known)}`,
                    ),
                    annotations: replaceUnready,
                },
                spec: {
                    ...jobTries,
                    activeDeadlineSeconds: 960,
                    template: mergePodTemplate(
                        {
                            metadata: { labels, annotations: noServiceMesh },
                            spec: airflowPodSpec({
                                serviceAccount: names.permissions,
                                serviceAccountToken: true,
                                imagePullSecrets,
                                mounts: [],
                                pod: { restartPolicy: "Never", terminationGracePeriodSeconds: 120 },
                                container: {
                                    name: "permissions",
                                    image,
                                    command,
                                    env: [
                                        { name: "POD", value: pod },
                                        { name: "PYTHONUNBUFFERED", value: "1" },
                                        { name: "SETTINGS", value: keys },
                                    ],
                                    resources: supervisorResources,
                                },
                            }),
                        },
                        patches,
                    ),
                },
            },
            { parent: this, dependsOn: binding, customTimeouts: { create: "17m", update: "17m", delete: "5m" } },
        );

        this.done = job.id;
        this.registerOutputs({ done: this.done });
    }
}

/** A Python that waits. */
const supervisorResources = { requests: { cpu: "10m", memory: "32Mi" }, limits: { cpu: "500m", memory: "128Mi" } };
