import * as pulumi from "@pulumi/pulumi";
import { AirflowAccess } from "./access/airflowAccess";
import { AdminUser } from "./airflow/adminUser";
import { AirflowSecrets } from "./airflow/airflowSecrets";
import { ApiServer } from "./airflow/apiServer";
import { DagProcessor } from "./airflow/dagProcessor";
import { Extension } from "./airflow/extension";
import { Migration } from "./airflow/migration";
import { Scheduler } from "./airflow/scheduler";
import { Triggerer } from "./airflow/triggerer";
import { WorkerTemplates } from "./airflow/workerTemplates";
import type { AirflowKubernetesArgs } from "./airflowKubernetesArgs";
import { type AirflowSettings, withDefaults } from "./airflowKubernetesDefaults";
import { validate } from "./airflowKubernetesValidation";
import { dagsDelivery } from "./dags/dagsDelivery";
import { DatabasePlace } from "./database/databasePlace";
import { outlivesStack } from "./database/databaseSettings";
import { Postgres } from "./database/postgres";
import { PostgresDisk } from "./database/postgresDisk";
import { names, ports } from "./kubernetes/names";
import { LogCleanup } from "./logs/logCleanup";
import { AirflowNamespaces } from "./namespaces/airflowNamespaces";
import { executionApiUrl, openUiCommand } from "./networking/urls";
import { ArgumentsError } from "./problems";
import { type RetainedData, retainedData } from "./retainedData";
import { PersistentVolumes } from "./storage/persistentVolumes";
import { SharedStorage } from "./storage/sharedStorage";
import { sharedVolumes } from "./storage/sharedVolumes";
import { VolumeClaims } from "./storage/volumeClaims";
import { VolumePermissions } from "./storage/volumePermissions";

/** Names of the namespaces of an installation. */
export interface AirflowNamespaceNames {
    /** Airflow's processes, the database, all secrets. */
    readonly airflow: string;
    /** Task pods. */
    readonly workers: string;
    /** What prepares the volumes. */
    readonly storage: string;
}

/** Where other things of a cluster find a Service. */
export interface ServiceReference {
    readonly namespace: string;
    readonly name: string;
    readonly port: number;
}

/**
 * Apache Airflow 3 with the KubernetesExecutor: namespaces, access, storage, database, Airflow's processes and the template
 * of its task pods.
 *
 * ```ts
 * const airflow = new AirflowKubernetes("airflow", { dags: { volume: { folder: "dags" } } });
 * export const url = airflow.url;
 * export const adminPassword = airflow.adminPassword;
 * ```
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-cncf-kubernetes/stable/kubernetes_executor.html
 */
export class AirflowKubernetes extends pulumi.ComponentResource {
    /** Address of the UI. */
    public readonly url: pulumi.Output<string>;
    /** Name of the first user. */
    public readonly adminUser: pulumi.Output<string>;
    /** Password of the first user, empty where it lies in `admin.passwordSecret`. Secret. */
    public readonly adminPassword: pulumi.Output<string>;
    /** Names of the namespaces. They exist as soon as these are known: what is made in them comes before what needs it. */
    public readonly namespaces: pulumi.Output<AirflowNamespaceNames>;
    /**
     * Service of UI, REST API and Execution API, for an Ingress or a route of your own.
     * @see https://kubernetes.io/docs/concepts/services-networking/ingress/
     */
    public readonly apiServerService: pulumi.Output<ServiceReference>;
    /** Address at which tasks report to Airflow, inside the cluster. */
    public readonly executionApiUrl: pulumi.Output<string>;
    /** The command that makes the UI answer on this machine. */
    public readonly openUi: pulumi.Output<string>;
    /** What `destroy` leaves, and how to go on with it. */
    public readonly retained: pulumi.Output<RetainedData[]>;

    /**
     * @param name The unique name of this component.
     * @param args Its arguments, all of which have defaults.
     * @param opts Options, such as the provider of the cluster.
     * @throws ArgumentsError that names every fault of the arguments, before anything is created.
     */
    constructor(name: string, args: AirflowKubernetesArgs = {}, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:AirflowKubernetes", name, checked(args), opts);

        const settings = withDefaults(args);
        const instance = name;
        const { imagePullSecrets } = settings.airflow;

        // What comes first here goes last on destroy: what volumes lie on stands until no pod can use them any more.
        const kept = settings.database.external
            ? []
            : [new DatabasePlace(`${name}-database-place`, { settings }, { parent: this }).kept];
        const storage = new SharedStorage(`${name}-storage`, { instance, settings }, { parent: this, dependsOn: kept });
        const volumes = sharedVolumes(settings, storage.made);
        const namespaces = new AirflowNamespaces(
            `${name}-namespaces`,
            {
                instance,
                names: settings.namespaces,
                added: settings.namespaceMetadata,
                workersPodSecurity: settings.workersPodSecurity,
            },
            { parent: this, dependsOn: [...kept, storage] },
        );
        const persistentVolumes = new PersistentVolumes(
            `${name}-volumes`,
            {
                instance,
                namespaces,
                namespaceNames: settings.namespaces,
                volumes,
                sourcesAreRead: storage.dynamic !== undefined,
            },
            { parent: this },
        );
        const claims = new VolumeClaims(
            `${name}-claims`,
            { instance, namespaces, namespaceNames: settings.namespaces, persistentVolumes, volumes },
            { parent: this },
        );
        // What a StorageClass has made is prepared before it can have claims elsewhere.
        const permissions = storage.dynamic
            ? claims
            : new VolumePermissions(
                  `${name}-permissions`,
                  { instance, namespace: namespaces.storage.metadata.name, settings },
                  { parent: this, dependsOn: claims },
              );
        const disk = settings.database.external
            ? undefined
            : new PostgresDisk(
                  `${name}-postgres`,
                  { instance, namespace: namespaces.airflow, settings },
                  { parent: this },
              );
        const access = new AirflowAccess(
            `${name}-access`,
            {
                instance,
                namespaces,
                imagePullSecrets,
                postgres: disk?.namespace,
                workers: settings.workers,
                installation: settings.namespaces.airflow,
                serviceAccounts: settings.serviceAccounts,
            },
            { parent: this },
        );
        const secrets = new AirflowSecrets(
            name,
            {
                instance,
                namespace: namespaces.airflow,
                settings,
                postgresNamespace: disk?.namespace ?? settings.namespaces.airflow,
            },
            { parent: this },
        );
        const dags = dagsDelivery(name, { instance, namespaces, settings, after: [access, permissions] }, this);
        const postgres =
            disk &&
            new Postgres(
                `${name}-postgres`,
                {
                    instance,
                    disk,
                    settings: settings.database,
                    password: secrets.keys.databasePassword,
                    airflow: settings.airflow,
                },
                // A database that is retained in a directory of the node needs that prepared.
                { parent: this, dependsOn: settings.database.retain ? [access, permissions] : [access] },
            );

        const keys = { ...secrets.keys, gitConnection: dags.connection };
        const airflow = { instance, namespace: namespaces.airflow, settings, keys };
        const { mount } = new Extension(
            `${name}-extension`,
            { instance, namespace: namespaces.airflow },
            { parent: this },
        );
        const process = { ...airflow, extension: mount };
        const templates = new WorkerTemplates(
            `${name}-worker-templates`,
            { instance, namespaces, settings },
            { parent: this },
        );
        const migration = new Migration(`${name}-migration`, airflow, {
            parent: this,
            dependsOn: postgres ? [access, postgres] : [access],
        });
        const adminUser = new AdminUser(`${name}-admin-user`, airflow, { parent: this, dependsOn: migration });
        // A delivery that fails changes none of the processes.
        const migrated = { parent: this, dependsOn: [adminUser, permissions, ...dags.ready] };
        new ApiServer(`${name}-api-server`, process, migrated);
        new Triggerer(`${name}-triggerer`, process, migrated);
        new DagProcessor(`${name}-dag-processor`, { ...process, templates }, migrated);
        // Depending on everything that a task pod needs, it is the first to go: nothing makes pods after it.
        new Scheduler(
            `${name}-scheduler`,
            { ...process, templates },
            {
                ...migrated,
                dependsOn: [...migrated.dependsOn, access],
            },
        );

        new LogCleanup(
            `${name}-log-cleanup`,
            { instance, namespace: namespaces.airflow, settings },
            { parent: this, dependsOn: [access, permissions] },
        );

        this.url = pulumi.output(settings.airflow.url);
        this.adminUser = pulumi.output(settings.admin.user);
        this.adminPassword = secrets.adminPassword;
        this.namespaces = pulumi.output({
            airflow: namespaces.airflow.metadata.name,
            workers: namespaces.workers.metadata.name,
            storage: namespaces.storage.metadata.name,
        });
        this.apiServerService = pulumi.output({
            namespace: namespaces.airflow.metadata.name,
            name: names.apiServer,
            port: ports.apiServer,
        });
        this.executionApiUrl = pulumi.output(executionApiUrl(settings.airflow, settings.namespaces));
        this.openUi = pulumi.output(openUiCommand(settings.airflow, settings.namespaces));
        this.retained = retainedData(settings, storage, disk);
        this.registerOutputs({
            url: this.url,
            adminUser: this.adminUser,
            adminPassword: this.adminPassword,
            namespaces: this.namespaces,
            apiServerService: this.apiServerService,
            executionApiUrl: this.executionApiUrl,
            openUi: this.openUi,
            retained: this.retained,
        });
    }
}

/** The arguments themselves, or an error that names every fault. Runs before anything is registered. */
function checked(args: AirflowKubernetesArgs): AirflowKubernetesArgs {
    const problems = validate(args);
    if (problems.length > 0) {
        throw new ArgumentsError(problems);
    }
    checkPinnedKeys(withDefaults(args));
    return {
        ...args,
        airflow: args.airflow && { ...args.airflow, fernetKey: secretOrNone(args.airflow.fernetKey) },
        dags: args.dags && {
            ...args.dags,
            git: args.dags.git && {
                ...args.dags.git,
                token: secretOrNone(args.dags.git.token),
                sshKey: secretOrNone(args.dags.git.sshKey),
            },
        },
        logs: args.logs && {
            ...args.logs,
            remote: args.logs.remote && {
                ...args.logs.remote,
                secretAccessKey: secretOrNone(args.logs.remote.secretAccessKey),
            },
        },
        database: args.database && { ...args.database, password: secretOrNone(args.database.password) },
        admin: args.admin && { ...args.admin, password: secretOrNone(args.admin.password) },
    };
}

/** Arguments end up in the state of the stack, so what is secret has to be marked before. */
function secretOrNone(value: pulumi.Input<string> | undefined): pulumi.Output<string> | undefined {
    return value === undefined ? undefined : pulumi.secret(value);
}

/**
 * Data that outlive their stack are lost when their keys do not. A preview may go on: it shows what is planned, and the keys
 * may be pinned before the update.
 */
function checkPinnedKeys({ airflow, database }: AirflowSettings): void {
    const loose = [
        ...((airflow.fernetKey ?? airflow.fernetKeySecret) === undefined ? ["airflow.fernetKey"] : []),
        ...((database.password ?? database.passwordSecret) === undefined ? ["database.password"] : []),
    ];
    if (!outlivesStack(database) || loose.length === 0) {
        return;
    }
    const { external } = database;
    const [path, value] =
        external === undefined
            ? ["database.retain", true]
            : typeof external.host === "string"
              ? ["database.external.host", external.host]
              : ["database.external", "a database that exists"];
    const command = `make pin-keys STACK=${pulumi.getStack()}`;
    if (pulumi.runtime.isDryRun()) {
        pulumi.log.warn(
            `${path}: the database stays after a destroy, but ${loose.join(" and ")} would go with the stack. ` +
                `An update will refuse this. Run: ${command}`,
        );
        return;
    }
    throw new ArgumentsError([
        {
            path,
            value,
            allowed: `${value} only together with ${loose.join(" and ")}, or the data could not be opened after a destroy`,
            remedy: `Run: ${command}`,
        },
    ]);
}
