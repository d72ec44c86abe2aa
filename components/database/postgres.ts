import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CommonSettings } from "../airflowKubernetesDefaults";
import { objectLabels, selectorLabels } from "../kubernetes/labels";
import { names, ports } from "../kubernetes/names";
import { postgresUser, restrictedContainer, restrictedPod } from "../kubernetes/podSecurity";
import { commandCheck, livenessProbe, readinessProbe, startupProbe } from "../kubernetes/probes";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import { workloadTimeouts } from "../kubernetes/timeouts";
import { leavesLostNode } from "../pods/placement";
import { mergePodTemplate } from "../pods/podTemplate";
import { databaseName, databaseUser } from "./connection";
import type { DatabaseSettings } from "./databaseSettings";
import type { PostgresDisk } from "./postgresDisk";

/** Arguments of {@link Postgres}. */
export interface PostgresArgs {
    readonly instance: string;
    readonly disk: PostgresDisk;
    readonly settings: DatabaseSettings;
    readonly password: SecretKeyArgs;
    readonly airflow: CommonSettings;
}

/**
 * Airflow's metadata database: one Postgres on a disk of its own.
 *
 * @see https://hub.docker.com/_/postgres
 */
export class Postgres extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: PostgresArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:Postgres", name, {}, opts);

        const { instance, settings } = args;
        const { namespace, claim } = args.disk;
        const labels = objectLabels(instance, "postgres");
        const selector = selectorLabels(instance, "postgres");
        const metadata = { name: names.postgres, namespace, labels };

        new k8s.core.v1.Service(
            `${name}-service`,
            {
                metadata,
                spec: { clusterIP: "None", selector, ports: [{ name: "postgres", port: ports.postgres }] },
            },
            { parent: this },
        );

        const ready = commandCheck("pg_isready", "-q", "-h", "127.0.0.1", "-U", databaseUser, "-d", databaseName);
        const template = {
            metadata: { labels },
            spec: {
                serviceAccountName: names.postgres,
                automountServiceAccountToken: false,
                enableServiceLinks: false,
                imagePullSecrets: args.airflow.imagePullSecrets.map((secret) => ({ name: secret })),
                terminationGracePeriodSeconds: 60,
                securityContext: restrictedPod(postgresUser),
                containers: [
                    {
                        name: "postgres",
                        image: settings.image,
                        env: [
                            { name: "POSTGRES_USER", value: databaseUser },
                            { name: "POSTGRES_DB", value: databaseName },
                            {
                                name: "POSTGRES_PASSWORD",
                                valueFrom: { secretKeyRef: args.password },
                            },
                            // A disk's root may hold lost+found, which initdb refuses.
                            { name: "PGDATA", value: "/var/lib/postgresql/data/pgdata" },
                        ],
                        ports: [{ name: "postgres", containerPort: ports.postgres }],
                        startupProbe: startupProbe(ready, 1),
                        livenessProbe: livenessProbe(ready),
                        readinessProbe: readinessProbe(ready),
                        resources: settings.resources,
                        securityContext: restrictedContainer(),
                        terminationMessagePolicy: "FallbackToLogsOnError",
                        volumeMounts: [
                            { name: "data", mountPath: "/var/lib/postgresql/data" },
                            { name: "run", mountPath: "/var/run/postgresql" },
                            { name: "tmp", mountPath: "/tmp" },
                            { name: "shared-memory", mountPath: "/dev/shm" },
                        ],
                    },
                ],
                volumes: [
                    {
                        name: "data",
                        persistentVolumeClaim: { claimName: claim },
                    },
                    { name: "run", emptyDir: {} },
                    { name: "tmp", emptyDir: {} },
                    { name: "shared-memory", emptyDir: { medium: "Memory", sizeLimit: "256Mi" } },
                ],
            },
        };
        new k8s.apps.v1.StatefulSet(
            `${name}-stateful-set`,
            {
                metadata,
                spec: {
                    serviceName: names.postgres,
                    replicas: 1,
                    selector: { matchLabels: selector },
                    template: leavesLostNode(
                        mergePodTemplate(template, [args.airflow.podTemplate, settings.podTemplate]),
                    ),
                },
            },
            { parent: this, customTimeouts: workloadTimeouts },
        );

        this.registerOutputs({});
    }
}
