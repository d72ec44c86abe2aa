import * as pulumi from "@pulumi/pulumi";
import { objectLabels, selectorLabels } from "../../kubernetes/labels";
import { names, ports } from "../../kubernetes/names";
import type { UserIds } from "../../kubernetes/podSecurity";
import { httpCheck, livenessProbe, readinessProbe, startupProbe } from "../../kubernetes/probes";
import { serviceAccount } from "../../kubernetes/serviceAccount";
import { metricsService, scrapeAnnotations } from "../../monitoring/scraping";
import { airflowPodSpec, dagsMount } from "../../pods/airflowPod";
import { plainEnvironment } from "../../pods/environment";
import { singlePod } from "../../pods/singlePod";
import type { DagsSettings } from "../../settings/dagsSettings";
import { hasMetrics, type MetricsSettings } from "../../settings/metricsSettings";
import type { SharedClaims } from "../../settings/storageSettings";
import { credentialMounts } from "./gitCredentials";
import type { GitReaderArgs } from "./gitReader";
import { gitSyncEnvironment } from "./gitSyncEnvironment";

/** Arguments of {@link GitSync}. */
export interface GitSyncArgs extends GitReaderArgs {
    readonly dags: DagsSettings;
    readonly claims: SharedClaims;
    readonly metrics: MetricsSettings;
}

/** The user of the official git-sync image, in the group that all users of the shared volume have. */
const gitSyncUser: UserIds = { uid: 65533, gid: 0 };

/**
 * One git-sync for the whole installation. It keeps the shared volume at a branch, tag or commit; every other pod only reads
 * the volume, and a task starts without a clone.
 *
 * @see https://github.com/kubernetes/git-sync
 */
export class GitSync extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: GitSyncArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:GitSync", name, {}, opts);

        const { dags, instance, namespace, airflow } = args;
        const labels = objectLabels(instance, "git-sync");
        const metadata = { name: names.gitSync, namespace: namespace.metadata.name, labels };
        const counts = hasMetrics(args.metrics);
        // It answers from the first commit on.
        const check = httpCheck(ports.gitSync, "/");
        const { imagePullSecrets } = airflow;
        const account = serviceAccount(`${name}-account`, { metadata, imagePullSecrets }, this);
        const template = {
            metadata: { labels, ...(counts && { annotations: scrapeAnnotations(args.metrics, ports.gitSync) }) },
            spec: airflowPodSpec({
                serviceAccount: names.gitSync,
                imagePullSecrets,
                podUser: airflow.podUser,
                user: gitSyncUser,
                mounts: [dagsMount(args.claims, false), ...credentialMounts(dags.git, args.secretFiles)],
                pod: { terminationGracePeriodSeconds: 10 },
                container: {
                    name: "git-sync",
                    image: dags.gitSync.image,
                    env: plainEnvironment(gitSyncEnvironment(dags, counts)),
                    ports: [{ name: "health", containerPort: ports.gitSync }],
                    startupProbe: startupProbe(check, 1),
                    livenessProbe: livenessProbe(check),
                    readinessProbe: readinessProbe(check),
                    resources: dags.gitSync.resources,
                },
            }),
        };
        // Two of them would remove each other's files.
        singlePod(
            name,
            {
                metadata,
                selector: selectorLabels(instance, "git-sync"),
                template,
                patches: [airflow.podTemplate, dags.gitSync.podTemplate],
            },
            { parent: this, dependsOn: account },
        );

        if (counts) {
            metricsService(
                `${name}-service`,
                {
                    instance,
                    component: "git-sync",
                    objectName: names.gitSync,
                    namespace: namespace.metadata.name,
                    port: ports.gitSync,
                },
                { parent: this },
            );
        }

        this.registerOutputs({});
    }
}
