import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { airflowPodSpec, dagsMount } from "../airflow/airflowPod";
import { plainEnvironment } from "../airflow/environment";
import { objectLabels, selectorLabels } from "../kubernetes/labels";
import { names, ports } from "../kubernetes/names";
import { type PodUser, restrictedPod } from "../kubernetes/podSecurity";
import { httpCheck, livenessProbe, readinessProbe, startupProbe } from "../kubernetes/probes";
import { workloadTimeouts } from "../kubernetes/timeouts";
import { leavesLostNode } from "../pods/placement";
import { mergePodTemplate } from "../pods/podTemplate";
import { credentialMounts } from "./gitCredentials";
import type { GitReaderArgs } from "./gitReader";
import { gitSyncEnvironment } from "./gitSyncEnvironment";

/** The user of the official git-sync image, in the group that all users of the shared volume have. */
const gitSyncUser: PodUser = { uid: 65533, gid: 0 };

/**
 * One git-sync for the whole installation. It keeps the shared volume at a branch, tag or commit; every other pod only reads
 * the volume, and a task starts without a clone.
 *
 * @see https://github.com/kubernetes/git-sync
 */
export class GitSync extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: GitReaderArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:GitSync", name, {}, opts);

        const { dags, instance, namespace, airflow } = args;
        const labels = objectLabels(instance, "git-sync");
        const metadata = { name: names.gitSync, namespace: namespace.metadata.name, labels };
        // It answers as soon as there is a first commit, and from then on.
        const check = httpCheck(ports.gitSync, "/");
        const account = new k8s.core.v1.ServiceAccount(
            `${name}-account`,
            {
                metadata,
                automountServiceAccountToken: false,
                imagePullSecrets: airflow.imagePullSecrets.map((secret) => ({ name: secret })),
            },
            { parent: this },
        );
        const template = {
            metadata: { labels },
            spec: airflowPodSpec({
                serviceAccount: names.gitSync,
                imagePullSecrets: airflow.imagePullSecrets,
                mounts: [dagsMount(args.claims, false), ...credentialMounts(dags.git, args.secretFiles)],
                pod: { securityContext: restrictedPod(gitSyncUser), terminationGracePeriodSeconds: 10 },
                container: {
                    name: "git-sync",
                    image: dags.gitSync.image,
                    env: plainEnvironment(gitSyncEnvironment(dags)),
                    ports: [{ name: "health", containerPort: ports.gitSync }],
                    startupProbe: startupProbe(check, 1),
                    livenessProbe: livenessProbe(check),
                    readinessProbe: readinessProbe(check),
                    resources: dags.gitSync.resources,
                },
            }),
        };
        new k8s.apps.v1.Deployment(
            `${name}-deployment`,
            {
                metadata,
                spec: {
                    replicas: 1,
                    // Two of them would remove each other's files.
                    strategy: { type: "Recreate" },
                    selector: { matchLabels: selectorLabels(instance, "git-sync") },
                    template: leavesLostNode(
                        mergePodTemplate(template, [airflow.podTemplate, dags.gitSync.podTemplate]),
                    ),
                },
            },
            { parent: this, dependsOn: account, customTimeouts: workloadTimeouts },
        );

        this.registerOutputs({});
    }
}
