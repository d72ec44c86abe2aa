import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { preparationRules } from "../access/podRules";
import { registrySecret } from "../access/registrySecret";
import { roleName } from "../access/roleName";
import { noServiceMesh, replaceUnready } from "../kubernetes/annotations";
import { shortHash } from "../kubernetes/hash";
import { isolated } from "../kubernetes/isolated";
import { jobTries } from "../kubernetes/jobTries";
import { mapInput } from "../kubernetes/known";
import { objectLabels, selectorLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import { replacedAfterDeletion } from "../kubernetes/replacement";
import { withDisk } from "../kubernetes/resources";
import { airflowPodSpec } from "../pods/airflowPod";
import { mergePodTemplate } from "../pods/podTemplate";
import { mountedScripts, triedCommand } from "../pods/scriptFiles";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { preparationPod } from "./preparationPod";
import { preparationScripts, preparationScriptsName } from "./preparationScripts";
import { preparedClaims } from "./preparedDirectories";
import { storageKeys } from "./storageKeys";

/** Arguments of {@link VolumePermissions}. */
export interface VolumePermissionsArgs {
    readonly instance: string;
    /** Namespace that may run a pod as root, and has claims on the volumes. */
    readonly namespace: pulumi.Input<string>;
    readonly settings: AirflowSettings;
}

/**
 * A Job that has the shared volumes prepared: their directories, with the right owners. It mounts no volume itself, but creates
 * a pod that does: a pod whose volume cannot be mounted waits silently, and the Job can say why.
 */
export class VolumePermissions extends pulumi.ComponentResource {
    /** Known when the Job is done, and in a preview only if that is not to run again. */
    public readonly done: pulumi.Output<string>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: VolumePermissionsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:VolumePermissions", name, {}, opts);

        const { instance, namespace, settings } = args;
        const { image, imagePullSecrets } = settings.airflow;
        const component = "permissions";
        const labels = objectLabels(instance, component);
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
                roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: roleName(role) },
                subjects: [{ kind: "ServiceAccount", name: account.metadata.name, namespace }],
            },
            { parent: this },
        );

        // Of the Job, and of the pod that it makes.
        const policies = settings.networkPolicies.enabled
            ? [
                  new k8s.networking.v1.NetworkPolicy(
                      `${name}-network-policy`,
                      { metadata, spec: isolated(selectorLabels(instance, component)) },
                      { parent: this },
                  ),
              ]
            : [];
        const scripts = preparationScripts();
        const scriptsMount = mountedScripts(
            `${name}-scripts`,
            { instance, component, namespace, scripts, objectName: preparationScriptsName() },
            { parent: this },
        );
        const pull = registrySecret(name, { instance, namespace, airflow: settings.airflow }, this);

        const patches = [settings.airflow.podTemplate, settings.airflow.jobs.podTemplate];
        const pod = mapInput(preparationPod(instance, settings), (known) => JSON.stringify(known));
        const keys = mapInput({ claims: preparedClaims(settings), ...storageKeys(settings) }, (known) =>
            JSON.stringify(known),
        );
        const command = triedCommand("prepare_volumes.py");
        // Other settings mean other volumes, although nothing in the pod shows it.
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
                        { image, pod, keys, command, scripts, trigger, patches },
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
                                podUser: settings.airflow.podUser,
                                mounts: [scriptsMount],
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
            {
                parent: this,
                dependsOn: [binding, ...pull, ...policies],
                ...replacedAfterDeletion,
                customTimeouts: { create: "17m", update: "17m", delete: "5m" },
            },
        );

        this.done = job.id;
        this.registerOutputs({ done: this.done });
    }
}

/** It only waits for another pod. */
const supervisorResources = withDisk(
    { requests: { cpu: "10m", memory: "32Mi" }, limits: { cpu: "500m", memory: "128Mi" } },
    "1Gi",
);
