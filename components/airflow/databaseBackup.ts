import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { databaseEnvironment } from "../database/connection";
import { noServiceMesh } from "../kubernetes/annotations";
import { jobTries } from "../kubernetes/jobTries";
import { mapInput } from "../kubernetes/known";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import { backupUser, restrictedContainer } from "../kubernetes/podSecurity";
import { addQuantities } from "../kubernetes/quantity";
import { type ContainerResources, jobResources, withDisk } from "../kubernetes/resources";
import { script } from "../kubernetes/script";
import { bucketPlace } from "../logs/remoteLogs";
import { airflowPodSpec, type Mount } from "../pods/airflowPod";
import { type Environment, plainEnvironment, userEnvironment } from "../pods/environment";
import { paths } from "../pods/paths";
import { mergePodTemplate } from "../pods/podTemplate";
import { mountedScripts, scriptCommand } from "../pods/scriptFiles";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { AuthManager } from "../settings/authArgs";
import type { BackupSettings } from "../settings/backupSettings";
import type { AirflowPartArgs } from "./airflowProcess";
import { databaseJobEnvironment, secretEnvironment, secretMounts, secretVariables } from "./environment";
import { executorVersions } from "./providerVersions";
import { usersEnvironment, usersPasswords } from "./signIn";
import { webserverConfigEnvironment } from "./webserverConfig";

type Container = k8s.types.input.core.v1.Container;
type EnvVar = k8s.types.input.core.v1.EnvVar;

/** Where the pods of backups find them: the volume, or a place on the node for the one that goes to a bucket or comes from there. */
const directory = "/backups";

/** How long a backup or a restore may take, in seconds. */
const deadlineSeconds = 6 * 3600;

/** Arguments of {@link DatabaseBackup}. */
export interface DatabaseBackupArgs extends AirflowPartArgs {
    readonly backup: BackupSettings;
    /** How people log in, where the user says so, as for the Job of the first user. */
    readonly webserverConfig?: Mount;
}

/**
 * A CronJob that backs up the database, and one that restores a backup: it is suspended for ever, and Jobs are made from it.
 *
 * Postgres's own image dumps and loads, as the owner of the database, and Airflow's does the rest. The pods run as a user of their
 * own, and the volume has a claim in no other namespace, so no task reads or writes a backup.
 *
 * @see https://www.postgresql.org/docs/current/backup-dump.html
 */
export class DatabaseBackup extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: DatabaseBackupArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:DatabaseBackup", name, {}, opts);

        const { backup, instance, settings } = args;
        const namespace = args.namespace.metadata.name;
        const component = "backup";
        const scripts = Object.fromEntries(scriptNames.map((file) => [file, script(__dirname, file)]));
        const mount = mountedScripts(`${name}-scripts`, { instance, component, namespace, scripts }, { parent: this });
        const mounts = [backupsMount(settings, backup), mount, ...secretMounts(args.keys, ["databaseConnection"])];
        const common = { args, mounts };
        const cronJob = { concurrencyPolicy: "Forbid", failedJobsHistoryLimit: 1, successfulJobsHistoryLimit: 3 };

        new k8s.batch.v1.CronJob(
            `${name}-cron-job`,
            {
                metadata: { name: names.backup, namespace, labels: objectLabels(instance, component) },
                spec: {
                    ...cronJob,
                    schedule: backup.schedule,
                    // A backup is made up for as soon as the cluster is there again.
                    startingDeadlineSeconds: 8 * 3600,
                    jobTemplate: jobTemplate(common, component, [
                        postgresContainer(common, "backup-dump", ["AIRFLOW_VERSION", settings.airflow.version]),
                        storeContainer(common, "keep", "keep", {
                            RETENTION_DAYS: String(backup.retentionDays),
                        }),
                    ]),
                },
            },
            { parent: this },
        );

        const { oldest, newer } = executorVersions();
        // With another auth manager there is no first user in the database.
        const hasUsers = settings.auth.manager === AuthManager.Fab;
        const restore = "restore";
        new k8s.batch.v1.CronJob(
            `${name}-restore`,
            {
                metadata: { name: names.restore, namespace, labels: objectLabels(instance, restore) },
                spec: {
                    ...cronJob,
                    // Nothing runs by itself: a Job is made from it by hand or by make.
                    suspend: true,
                    schedule: "0 0 1 1 *",
                    jobTemplate: jobTemplate(common, restore, [
                        storeContainer(common, "backup-fetch", "fetch", { BACKUP: "" }),
                        postgresContainer(common, "backup-examine"),
                        airflowContainer(common, "backup-check", scriptCommand("check_backup.py"), {}, [
                            ...secretEnvironment(args.keys, ["fernetKey"]),
                        ]),
                        postgresContainer(common, "backup-load"),
                        airflowContainer(
                            common,
                            "finish",
                            scriptCommand(
                                "finish_restore.py",
                                "migrate",
                                settings.airflow.image,
                                settings.airflow.version,
                                oldest,
                                newer,
                            ),
                            {
                                ...databaseJobEnvironment(settings),
                                ...bucketEnvironment(backup),
                                ...(hasUsers && usersEnvironment(settings)),
                                ...(hasUsers && { HAS_USERS: "True" }),
                                ...(settings.database.external && { EXTERNAL_DATABASE: "True" }),
                                ...(args.webserverConfig && webserverConfigEnvironment),
                            },
                            [
                                ...secretEnvironment(args.keys, [
                                    "databaseConnection",
                                    "fernetKey",
                                    "apiSecretKey",
                                    "backupConnection",
                                ]),
                                ...(hasUsers ? usersPasswords(args.keys) : []),
                            ],
                            args.webserverConfig && { mount: args.webserverConfig, env: settings.apiServer.env },
                        ),
                    ]),
                },
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}

/** Scripts of both. The last two are those of the Jobs of an update. */
const scriptNames = [
    "backups.py",
    "check_backup.py",
    "database.sh",
    "dump.sh",
    "examine.sh",
    "finish_restore.py",
    "load.sh",
    "create_admin.py",
    "migrate.py",
] as const;

/** What all pods of backups have in common. */
interface Common {
    readonly args: DatabaseBackupArgs;
    readonly mounts: readonly Mount[];
}

/** The last container is the pod's own; the others run before it, one after the other. */
function jobTemplate({ args, mounts }: Common, component: string, containers: readonly Container[]) {
    const { instance, settings, webserverConfig } = args;
    const { imagePullSecrets, jobs, podTemplate, podUser } = settings.airflow;
    const labels = objectLabels(instance, component);
    const container = containers[containers.length - 1];
    const initContainers = containers.slice(0, -1);
    const spec = airflowPodSpec({
        serviceAccount: jobs.serviceAccount,
        imagePullSecrets,
        podUser,
        user: backupUser,
        mounts: [...mounts, ...(component === "restore" && webserverConfig ? [webserverConfig] : [])],
        temporarySizeLimit: "2Gi",
        pod: { restartPolicy: "Never", initContainers },
        container,
    });
    return {
        metadata: { labels },
        spec: {
            ...jobTries,
            activeDeadlineSeconds: deadlineSeconds,
            // A failure is told of for some days, and not for ever.
            ttlSecondsAfterFinished: 3 * 86_400,
            template: mergePodTemplate({ metadata: { labels, annotations: noServiceMesh }, spec }, [
                podTemplate,
                jobs.podTemplate,
            ]),
        },
    };
}

/** The volume of backups, or a place on the node on the way to a bucket. */
function backupsMount({ storage }: AirflowSettings, { bucket, size }: BackupSettings): Mount {
    return {
        volume: {
            name: "backups",
            ...(bucket === undefined
                ? { persistentVolumeClaim: { claimName: storage.claims.backups } }
                : { emptyDir: { sizeLimit: size } }),
        },
        mount: { name: "backups", mountPath: directory },
    };
}

/** Where backups are kept, and how their bucket is reached. */
function bucketEnvironment({ bucket }: BackupSettings): Environment {
    const place = bucket && bucketPlace(bucket);
    return {
        DIRECTORY: directory,
        ...(place && { PLACE: place.base }),
        ...(place?.container !== undefined && { CONTAINER: place.container }),
    };
}

/** A container that runs a script in Postgres's image. */
function postgresContainer({ args, mounts }: Common, name: string, variable?: readonly [string, string]): Container {
    const { settings } = args;
    const usesDatabase = name !== "backup-examine";
    return initContainer(
        {
            name,
            image: settings.database.image,
            command: ["bash", `${paths.scripts}/${name.replace("backup-", "")}.sh`],
            env: [
                ...plainEnvironment({
                    ...databaseEnvironment(settings),
                    DIRECTORY: directory,
                    ...(variable && { [variable[0]]: variable[1] }),
                }),
                // Only the driver that does not block needs the other URL.
                ...secretEnvironment(args.keys, usesDatabase ? ["databaseConnection"] : []).filter(
                    ({ name: of }) => of !== secretVariables.asyncDatabaseConnection,
                ),
            ],
            resources: withPlace(postgresResources, args.backup),
        },
        mounts,
    );
}

/** A container that handles the place of backups. */
function storeContainer(common: Common, name: string, command: string, environment: Environment): Container {
    const { args } = common;
    return airflowContainer(
        common,
        name,
        scriptCommand("backups.py", command),
        { ...bucketEnvironment(args.backup), ...environment },
        secretEnvironment(args.keys, ["backupConnection"]),
    );
}

/** A container of Airflow's image, without its entrypoint. */
function airflowContainer(
    { args, mounts }: Common,
    name: string,
    command: pulumi.Input<string>[],
    environment: Environment,
    secrets: readonly EnvVar[],
    login?: { readonly mount: Mount; readonly env: readonly EnvVar[] },
): Container {
    const { airflow } = args.settings;
    return initContainer(
        {
            name,
            image: airflow.image,
            command,
            ...userEnvironment(
                [
                    ...plainEnvironment({
                        AIRFLOW_CONFIG: "/dev/null",
                        // The image knows its own user alone.
                        HOME: "/home/airflow",
                        PYTHONUNBUFFERED: "1",
                        USER: "airflow",
                        ...environment,
                    }),
                    ...secrets,
                ],
                airflow,
                login?.env,
            ),
            resources: withPlace(jobResources, args.backup),
        },
        [...mounts, ...(login ? [login.mount] : [])],
    );
}

/** What the pod adds to its own container, a container that runs before it has to say itself. */
function initContainer(container: Container, mounts: readonly Mount[]): Container {
    return {
        imagePullPolicy: "IfNotPresent",
        terminationMessagePolicy: "FallbackToLogsOnError",
        ...container,
        securityContext: restrictedContainer(),
        volumeMounts: [...mounts.map(({ mount }) => mount), { name: "tmp", mountPath: "/tmp" }],
    };
}

/** pg_dump compresses, and neither it nor psql remembers rows. */
const postgresResources = { requests: { cpu: "100m", memory: "64Mi" }, limits: { cpu: "2", memory: "512Mi" } };

/** What lies on the disk of the node: temporary files, and a backup on its way to a bucket or from there. */
function withPlace(resources: ContainerResources, { bucket, size }: BackupSettings): ContainerResources {
    return withDisk(
        resources,
        bucket === undefined ? undefined : mapInput(size, (known) => addQuantities(known, "4Gi")),
    );
}
