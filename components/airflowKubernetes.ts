import * as pulumi from "@pulumi/pulumi";
import { AirflowAccess } from "./access/airflowAccess";
import type { ServiceAccountNames } from "./access/serviceAccountNames";
import { AdminUser } from "./airflow/adminUser";
import { AirflowSecrets } from "./airflow/airflowSecrets";
import { ApiServer } from "./airflow/apiServer";
import { DagProcessor } from "./airflow/dagProcessor";
import { DatabaseBackup } from "./airflow/databaseBackup";
import { DatabaseCleanup } from "./airflow/databaseCleanup";
import { ExecutionApi } from "./airflow/executionApi";
import { Extension } from "./airflow/extension";
import { FernetKeyRotation } from "./airflow/fernetKeyRotation";
import { LocalSettings } from "./airflow/localSettings";
import { ManagedObjects } from "./airflow/managedObjects";
import { Migration } from "./airflow/migration";
import { Scheduler } from "./airflow/scheduler";
import { hasFirstUser, webserverConfigFiles } from "./airflow/signIn";
import { StateMetrics } from "./airflow/stateMetrics";
import { Triggerer } from "./airflow/triggerer";
import { WebserverConfig } from "./airflow/webserverConfig";
import { checked } from "./airflowKubernetesValidation";
import { deliverDags } from "./dags/deliveredDags";
import { pluginsHash } from "./dags/plugins";
import { DatabasePlace } from "./database/databasePlace";
import { Postgres } from "./database/postgres";
import { PostgresCertificate } from "./database/postgresCertificate";
import { PostgresDisk } from "./database/postgresDisk";
import { names, ports } from "./kubernetes/names";
import { LogCleanup } from "./logs/logCleanup";
import { MonitoringObjects } from "./monitoring/monitoringObjects";
import { StatsdExporter } from "./monitoring/statsdExporter";
import { AirflowNamespaces } from "./namespaces/airflowNamespaces";
import { Exposure } from "./networking/exposure";
import { NetworkPolicies } from "./networking/networkPolicies";
import { executionApiUrl, openUiCommand } from "./networking/urls";
import { withOutputsChecked } from "./outputsValidation";
import { type RetainedData, retainedData } from "./retainedData";
import type { AirflowKubernetesArgs } from "./settings/airflowKubernetesArgs";
import { withDefaults } from "./settings/airflowKubernetesDefaults";
import { AuthManager } from "./settings/authArgs";
import { isBesideVolumes, isPostgresElsewhere } from "./settings/databaseSettings";
import { withSecretsMarked } from "./settings/secretArguments";
import { sharesVolumes } from "./settings/storageSettings";
import { PersistentVolumes } from "./storage/persistentVolumes";
import { preparesVolumes } from "./storage/preparedDirectories";
import { SharedStorage } from "./storage/sharedStorage";
import { sharedVolumes } from "./storage/sharedVolumes";
import { VolumeClaims } from "./storage/volumeClaims";
import { VolumePermissions } from "./storage/volumePermissions";
import { WorkerTemplates } from "./workers/workerTemplates";

/** Names of the namespaces of an installation. */
export interface AirflowNamespaceNames {
    /** Airflow's processes, the database, all secrets. */
    readonly airflow: string;
    /** Task pods. */
    readonly workers: string;
    /** Pods that prepare the volumes, where that is needed. */
    readonly storage?: string;
}

/** Names of the Secrets that the component makes in Airflow's namespace. What somebody else keeps has none here. */
export interface SecretNames {
    /** Connection to the database, in `connection` and `async-connection`, and its `password`. */
    readonly database: string;
    /** The key `fernet-key`. */
    readonly encryption?: string;
    /** The keys `jwt-secret` and `secret-key`. */
    readonly api?: string;
    /** The `password` of the first user. */
    readonly admin?: string;
    /** Passwords of further users. */
    readonly users?: string;
    /** What opens the provider or the directory at which people sign in. */
    readonly signIn?: string;
    /** Connection to the bucket of logs. */
    readonly logs?: string;
    /** Connection to the bucket of backups. */
    readonly backup?: string;
    /** Token or key of the repository of DAGs. */
    readonly git?: string;
}

/** A Service of the installation, for other resources of the cluster. */
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
    /**
     * Host name or address that the cluster gave the Ingress or the load balancer, for a DNS record of the host of `url`; undefined
     * where there is none, or none yet.
     */
    public readonly publicAddress: pulumi.Output<string | undefined>;
    /** Name of the first user, empty where there is none. */
    public readonly adminUser: pulumi.Output<string>;
    /** Password of the first user, empty where it lies in `admin.passwordSecret` or where there is none. Secret. */
    public readonly adminPassword: pulumi.Output<string>;
    /** Names of the namespaces. Each is known once its namespace exists, so a resource made in it waits for that. */
    public readonly namespaces: pulumi.Output<AirflowNamespaceNames>;
    /**
     * Service of UI and REST API, for an Ingress or a route of your own.
     * @see https://kubernetes.io/docs/concepts/services-networking/ingress/
     */
    public readonly apiServerService: pulumi.Output<ServiceReference>;
    /** Service of the component's own Postgres, for a backup or a client of your own; undefined with `database.external`. */
    public readonly databaseService: pulumi.Output<ServiceReference | undefined>;
    /**
     * Names of the ServiceAccounts, such as for RoleBindings of your own. They are fixed: what a cloud has to trust before the
     * installation is made finds them in `serviceAccountNames`.
     */
    public readonly serviceAccounts: pulumi.Output<ServiceAccountNames>;
    /** Names of the Secrets that were made; their values stay in them. */
    public readonly secrets: pulumi.Output<SecretNames>;
    /** Address at which tasks report to Airflow, inside the cluster. */
    public readonly executionApiUrl: pulumi.Output<string>;
    /** The command that makes the UI answer on this machine. */
    public readonly openUi: pulumi.Output<string>;
    /** What `destroy` leaves, and how to reuse it. */
    public readonly retained: pulumi.Output<RetainedData[]>;

    /**
     * @param name The unique name of this component.
     * @param args Its arguments, all of which have defaults.
     * @param opts Options, such as the provider of the cluster.
     * @throws ArgumentsError that names every fault of the arguments, before anything is created.
     */
    constructor(name: string, args: AirflowKubernetesArgs = {}, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:AirflowKubernetes", name, withSecretsMarked(checked(args)), opts);

        const settings = withDefaults(withOutputsChecked(args));
        // Selectors of what holds data cannot change, so they come from the namespace, and the component may be renamed.
        const instance = settings.namespaces.airflow;

        // Created first and deleted last: the storage below the volumes stays until no pod can use them.
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
                create: settings.createNamespaces,
                storage: preparesVolumes(settings),
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
            { instance, namespaces, persistentVolumes, volumes },
            { parent: this },
        );
        // What a StorageClass has made is prepared before it can have claims elsewhere.
        const permissions =
            storage.dynamic || namespaces.storage === undefined
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
        // Before the pods that they protect, and deleted after them.
        const policies = settings.networkPolicies.enabled
            ? [
                  new NetworkPolicies(
                      `${name}-network-policies`,
                      { instance, namespaces, settings, postgres: disk?.namespace },
                      { parent: this },
                  ),
              ]
            : [];
        const access = new AirflowAccess(
            `${name}-access`,
            {
                instance,
                namespaces,
                airflow: settings.airflow,
                postgres: disk?.namespace,
                isPostgresAlone: isPostgresElsewhere(settings) && !isBesideVolumes(settings),
                workers: settings.workers,
                installation: settings.namespaces.airflow,
                serviceAccounts: settings.serviceAccounts,
                hasExecutionApi: settings.executionApi !== undefined,
            },
            // Every pod waits for its account, and so for the policies.
            { parent: this, dependsOn: policies },
        );
        const certificate =
            disk &&
            new PostgresCertificate(
                `${name}-postgres-certificate`,
                {
                    instance,
                    namespace: namespaces.airflow,
                    postgresNamespace: disk.namespace,
                    clusterDomain: settings.airflow.clusterDomain,
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
                databaseAuthority: certificate?.mount,
            },
            { parent: this },
        );
        const { metrics } = settings;
        const statsd =
            metrics.statsd &&
            new StatsdExporter(
                `${name}-statsd`,
                { instance, namespace: namespaces.airflow, airflow: settings.airflow, metrics, statsd: metrics.statsd },
                { parent: this, dependsOn: access },
            );
        const dags = deliverDags(name, { instance, namespaces, settings, after: [access, permissions] }, this);
        const postgres =
            disk &&
            certificate &&
            new Postgres(
                `${name}-postgres`,
                {
                    instance,
                    disk,
                    settings: settings.database,
                    logins: secrets.databaseLogins,
                    passwordSecret: settings.database.passwordSecret,
                    certificate: certificate.server,
                    airflow: settings.airflow,
                },
                // A database retained in a directory of the node needs that directory prepared.
                { parent: this, dependsOn: settings.database.retain ? [access, permissions] : [access] },
            );

        const keys = { ...secrets.keys, bundleConnections: dags.connections };
        const airflow = { instance, namespace: namespaces.airflow, settings, keys };
        const { mount } = new Extension(
            `${name}-extension`,
            { instance, namespace: namespaces.airflow },
            { parent: this },
        );
        const { localSettings: text } = settings.airflow;
        const local =
            text === undefined
                ? undefined
                : new LocalSettings(
                      `${name}-local-settings`,
                      { instance, namespaces, settings, text, after: [access, ...dags.ready] },
                      { parent: this },
                  );
        const files = webserverConfigFiles(settings);
        const webserverConfig =
            files === undefined
                ? undefined
                : new WebserverConfig(
                      `${name}-webserver-config`,
                      { instance, namespace: namespaces.airflow, files },
                      { parent: this },
                  ).mount;
        const process = {
            ...airflow,
            extension: mount,
            localSettings: local?.mount,
            // Read once: a folder or an archive of DAGs may be large.
            pluginsHash: pluginsHash(settings.dags),
        };
        const templates = new WorkerTemplates(
            `${name}-worker-templates`,
            { instance, namespaces, settings, mounts: local ? [local.workerMount] : [] },
            { parent: this },
        );
        const migration = new Migration(`${name}-migration`, airflow, {
            parent: this,
            dependsOn: postgres ? [access, postgres] : [access],
        });
        // Other auth managers have no users in the database.
        const usersThere =
            settings.auth.manager === AuthManager.Fab
                ? new AdminUser(
                      `${name}-admin-user`,
                      { ...airflow, webserverConfig },
                      { parent: this, dependsOn: migration },
                  )
                : migration;
        const managedObjects = new ManagedObjects(`${name}-objects`, airflow, { parent: this, dependsOn: migration });
        // A failed delivery, or settings that cannot be imported, leave the processes unchanged, and the first run of a DAG finds
        // its connections.
        const ready = [...dags.ready, ...(local ? [local] : []), ...(statsd ? [statsd.service] : [])];
        const migrated = { parent: this, dependsOn: [usersThere, managedObjects, permissions, ...ready] };
        const executionApiAfter = (servers: pulumi.Resource[]) =>
            new ExecutionApi(`${name}-execution-api`, process, {
                ...migrated,
                dependsOn: [...migrated.dependsOn, ...servers],
            });
        // Tasks that run find the Execution API all the time: it is elsewhere before the api-server leaves it, and the other way round.
        const apart = settings.executionApi === undefined ? [] : [executionApiAfter([])];
        const apiServer = new ApiServer(
            `${name}-api-server`,
            { ...process, webserverConfig },
            { ...migrated, dependsOn: [...migrated.dependsOn, ...apart] },
        );
        const executionApi = apart[0] ?? executionApiAfter([apiServer]);
        const { externalService, httpRoute, ingress } = settings.apiServer;
        const exposure =
            (ingress ?? httpRoute ?? externalService)
                ? new Exposure(
                      `${name}-exposure`,
                      { instance, namespace: namespaces.airflow, settings },
                      { parent: this, dependsOn: apiServer },
                  )
                : undefined;
        const triggerer = new Triggerer(`${name}-triggerer`, process, migrated);
        const dagProcessor = new DagProcessor(
            `${name}-dag-processor`,
            { ...process, templates: templates.named },
            migrated,
        );
        // It depends on everything that a task pod needs, so it is deleted first: nothing creates pods after it.
        const scheduler = new Scheduler(
            `${name}-scheduler`,
            { ...process, templates: templates.all },
            {
                ...migrated,
                // While keys are rotated, it must not sign with one that the api-server does not trust yet.
                dependsOn: [...migrated.dependsOn, access, whileRotated(settings.airflow.jwtKey, executionApi, access)],
            },
        );
        if (settings.airflow.fernetKey !== undefined) {
            new FernetKeyRotation(
                `${name}-fernet-key-rotation`,
                { ...airflow, objects: managedObjects.secret },
                { parent: this, dependsOn: [apiServer, executionApi, triggerer, dagProcessor, scheduler] },
            );
        }

        if (sharesVolumes(settings)) {
            new LogCleanup(
                `${name}-log-cleanup`,
                { instance, namespace: namespaces.airflow, settings },
                { parent: this, dependsOn: [access, permissions] },
            );
        }

        if (settings.database.backup !== undefined) {
            new DatabaseBackup(
                `${name}-backup`,
                { ...airflow, backup: settings.database.backup, webserverConfig },
                { parent: this, dependsOn: [migration, permissions] },
            );
        }

        if (settings.database.cleanup !== undefined) {
            new DatabaseCleanup(
                `${name}-db-cleanup`,
                { ...airflow, cleanup: settings.database.cleanup },
                { parent: this, dependsOn: migration },
            );
        }

        if (metrics.state !== undefined) {
            new StateMetrics(
                `${name}-state-metrics`,
                { ...airflow, state: metrics.state },
                { parent: this, dependsOn: [migration, permissions] },
            );
        }
        if (metrics.serviceMonitor ?? metrics.prometheusRule ?? metrics.grafanaDashboards) {
            new MonitoringObjects(
                `${name}-monitoring`,
                { instance, namespace: namespaces.airflow, metrics },
                { parent: this },
            );
        }

        this.url = pulumi.output(settings.airflow.url);
        this.publicAddress = exposure?.address ?? pulumi.output(undefined);
        this.adminUser = pulumi.output(hasFirstUser(settings) ? settings.admin.user : "");
        this.adminPassword = secrets.adminPassword;
        this.namespaces = pulumi.output({
            airflow: namespaces.airflow.metadata.name,
            workers: namespaces.workers.metadata.name,
            storage: namespaces.storage?.metadata.name,
        });
        this.apiServerService = pulumi.output({
            namespace: namespaces.airflow.metadata.name,
            name: names.apiServer,
            port: ports.apiServer,
        });
        this.databaseService = pulumi.output(
            disk && postgres && { namespace: disk.namespace, name: postgres.service, port: ports.postgres },
        );
        this.serviceAccounts = access.names;
        this.secrets = pulumi.output({ ...secrets.names, git: dags.secret });
        this.executionApiUrl = pulumi.output(executionApiUrl(settings.airflow, settings.namespaces));
        this.openUi = pulumi.output(openUiCommand(settings.airflow, settings.namespaces));
        this.retained = retainedData(settings, storage, disk);
        this.registerOutputs({
            url: this.url,
            publicAddress: this.publicAddress,
            adminUser: this.adminUser,
            adminPassword: this.adminPassword,
            namespaces: this.namespaces,
            apiServerService: this.apiServerService,
            databaseService: this.databaseService,
            serviceAccounts: this.serviceAccounts,
            secrets: this.secrets,
            executionApiUrl: this.executionApiUrl,
            openUi: this.openUi,
            retained: this.retained,
        });
    }
}

/** One of two dependencies: the first while a key is `new,old`. */
function whileRotated(
    key: pulumi.Input<string> | undefined,
    rotated: pulumi.Resource,
    otherwise: pulumi.Resource,
): pulumi.Output<pulumi.Resource> {
    return pulumi.unsecret(pulumi.output(key)).apply((keys) => (keys?.includes(",") ? rotated : otherwise));
}
