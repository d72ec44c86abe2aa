import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels, selectorLabels } from "../kubernetes/labels";
import { names, ports } from "../kubernetes/names";
import { postgresUser, restrictedContainer, restrictedPod } from "../kubernetes/podSecurity";
import { commandCheck, livenessProbe, readinessProbe, startupProbe } from "../kubernetes/probes";
import { replacedWithData } from "../kubernetes/replacement";
import { script } from "../kubernetes/script";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import { workloadTimeouts } from "../kubernetes/timeouts";
import { paths } from "../pods/paths";
import { leavesLostNode, replacedUnready } from "../pods/placement";
import { mergePodTemplate } from "../pods/podTemplate";
import { mountedScripts } from "../pods/scriptFiles";
import type { CommonSettings } from "../settings/airflowKubernetesDefaults";
import type { DatabaseSettings } from "../settings/databaseSettings";
import type { ServerCertificate } from "./certificate";
import { databaseName } from "./connection";
import type { PostgresDisk } from "./postgresDisk";

const volume = "/var/lib/postgresql/data";

/** Files of the program that starts Postgres. */
const program = "postgres.sh";
const scripts = [
    program,
    "hba.conf",
    "alone_hba.conf",
    "login.sql",
    "own_everything.sql",
    "remove_logins.sql",
] as const;

/** How long the data of before may take to be restored into a newer Postgres, in seconds: a day. */
const restoreSeconds = 86_400;

/** Arguments of {@link Postgres}. */
export interface PostgresArgs {
    readonly instance: string;
    readonly disk: PostgresDisk;
    readonly settings: DatabaseSettings;
    /** Logins of Airflow with their passwords, in lines; undefined with `passwordSecret`. Secret. */
    readonly logins?: pulumi.Input<string>;
    /** Password of Airflow's only login, where somebody else keeps it. */
    readonly passwordSecret?: SecretKeyArgs;
    readonly certificate: pulumi.Output<ServerCertificate>;
    readonly airflow: CommonSettings;
}

/**
 * Airflow's metadata database: one Postgres on a disk of its own. Clients reach it through TLS alone, and as a role that is no
 * superuser: the superuser logs in inside the pod, as `kubectl exec ... -- psql -U postgres airflow` does.
 *
 * @see https://hub.docker.com/_/postgres
 */
export class Postgres extends pulumi.ComponentResource {
    /** Name of its Service. */
    public readonly service: pulumi.Output<string>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: PostgresArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:Postgres", name, {}, opts);

        const { instance, settings } = args;
        const { namespace, claim } = args.disk;
        const labels = objectLabels(instance, "postgres");
        const selector = selectorLabels(instance, "postgres");
        const metadata = { name: names.postgres, namespace, labels };

        const service = new k8s.core.v1.Service(
            `${name}-service`,
            {
                metadata,
                spec: { clusterIP: "None", selector, ports: [{ name: "postgres", port: ports.postgres }] },
            },
            { parent: this },
        );

        const files = Object.fromEntries(scripts.map((file) => [file, script(__dirname, file)]));
        const scriptsMount = mountedScripts(
            `${name}-scripts`,
            { instance, component: "postgres", namespace, scripts: files },
            { parent: this },
        );
        // Named by the provider: another password or certificate rolls Postgres, which makes its logins as it starts.
        const credentials = new k8s.core.v1.Secret(
            `${name}-credentials`,
            {
                metadata: { namespace, labels },
                stringData: pulumi.secret({
                    "tls.crt": args.certificate.certificate,
                    "tls.key": args.certificate.key,
                    ...(args.logins !== undefined && { logins: args.logins }),
                }),
            },
            { parent: this, ...replacedWithData },
        ).metadata.name;
        const { passwordSecret } = args;

        // While it is prepared, Postgres has another socket.
        const socket = "/var/run/postgresql";
        const ready = commandCheck("pg_isready", "-q", "-h", socket, "-U", "postgres", "-d", databaseName);
        // Its command comes in place of the image's entrypoint, which would make a superuser with a password.
        const container = {
            securityContext: restrictedContainer(),
            // For programs that somebody runs in the pod. The root of a disk may hold lost+found, which initdb refuses.
            env: [{ name: "PGDATA", value: `${volume}/pgdata` }],
            terminationMessagePolicy: "FallbackToLogsOnError",
            volumeMounts: [
                { name: "data", mountPath: volume },
                { name: "credentials", mountPath: "/etc/postgres-credentials", readOnly: true },
                { name: "run", mountPath: socket },
                { name: "tmp", mountPath: "/tmp" },
                { name: "shared-memory", mountPath: "/dev/shm" },
                scriptsMount.mount,
            ],
        };
        const template = {
            metadata: { labels },
            spec: {
                serviceAccountName: names.postgres,
                automountServiceAccountToken: false,
                enableServiceLinks: false,
                imagePullSecrets: args.airflow.imagePullSecrets.map((secret) => ({ name: secret })),
                terminationGracePeriodSeconds: 60,
                securityContext: restrictedPod(args.airflow.podUser, postgresUser),
                ...(settings.upgradeFrom !== undefined && {
                    initContainers: [
                        {
                            ...container,
                            name: "dump",
                            image: settings.upgradeFrom,
                            command: ["bash", `${paths.scripts}/${program}`, "dump"],
                            resources: settings.resources,
                        },
                    ],
                }),
                containers: [
                    {
                        ...container,
                        name: "postgres",
                        image: settings.image,
                        command: ["bash", `${paths.scripts}/${program}`, "serve"],
                        ports: [{ name: "postgres", containerPort: ports.postgres }],
                        // A restore that is ended begins anew.
                        startupProbe: startupProbe(
                            ready,
                            1,
                            settings.upgradeFrom === undefined ? undefined : restoreSeconds,
                        ),
                        livenessProbe: livenessProbe(ready),
                        readinessProbe: readinessProbe(ready),
                        resources: settings.resources,
                    },
                ],
                volumes: [
                    {
                        name: "data",
                        persistentVolumeClaim: { claimName: claim },
                    },
                    {
                        name: "credentials",
                        projected: {
                            sources: [
                                { secret: { name: credentials } },
                                ...(passwordSecret === undefined
                                    ? []
                                    : [
                                          {
                                              secret: {
                                                  name: passwordSecret.name,
                                                  items: [{ key: passwordSecret.key, path: "password" }],
                                              },
                                          },
                                      ]),
                            ],
                        },
                    },
                    scriptsMount.volume,
                    // The key of the certificate is copied here.
                    { name: "run", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
                    { name: "tmp", emptyDir: { sizeLimit: "1Gi" } },
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
                    ...replacedUnready,
                    selector: { matchLabels: selector },
                    template: leavesLostNode(
                        mergePodTemplate(template, [args.airflow.podTemplate, settings.podTemplate]),
                    ),
                },
            },
            { parent: this, customTimeouts: workloadTimeouts },
        );

        this.service = service.metadata.name;
        this.registerOutputs({ service: this.service });
    }
}
