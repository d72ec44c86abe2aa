import type * as pulumi from "@pulumi/pulumi";
import type { PodTemplatePatch } from "../kubernetes/podTemplatePatch";
import { type ContainerResources, withDisk, withResources } from "../kubernetes/resources";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import { Hosting } from "./airflowKubernetesArgs";
import { type BackupSettings, backupSettings, cleanupSettings, type DatabaseCleanupSettings } from "./backupSettings";
import { type DatabaseArgs, type ExternalDatabaseArgs, SslMode } from "./databaseArgs";
import type { ExistingClaimArgs } from "./storageArgs";

/** An exact tag: another version of Debian may sort texts differently, which breaks the indexes of an existing database. */
export const postgresImage = "postgres:17.12-trixie";

/** {@link DatabaseArgs} with nothing left open. */
export interface DatabaseSettings {
    readonly image: pulumi.Input<string>;
    readonly size: pulumi.Input<string>;
    readonly storageClass?: pulumi.Input<string>;
    readonly retain: boolean;
    readonly existingClaim?: ExistingClaimArgs;
    readonly password?: pulumi.Input<string>;
    readonly passwordSecret?: SecretKeyArgs;
    readonly upgradeFrom?: pulumi.Input<string>;
    readonly resources: ContainerResources;
    readonly podTemplate?: PodTemplatePatch;
    readonly backup?: BackupSettings;
    readonly cleanup?: DatabaseCleanupSettings;
    readonly external?: Required<ExternalDatabaseArgs>;
}

const databaseSize = "5Gi";

const postgresResources = withDisk({ requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "2", memory: "1Gi" } });

/** Fills in every default of the database. */
export function databaseSettings(args: DatabaseArgs = {}): DatabaseSettings {
    return {
        image: args.image ?? postgresImage,
        size: args.size ?? databaseSize,
        storageClass: args.storageClass,
        retain: args.retain ?? false,
        existingClaim: args.existingClaim,
        password: args.password,
        passwordSecret: args.passwordSecret,
        upgradeFrom: args.upgradeFrom,
        resources: withResources(postgresResources, args.resources),
        podTemplate: args.podTemplate,
        backup: args.backup && backupSettings(args.backup, args.size ?? databaseSize),
        cleanup: args.cleanup && cleanupSettings(args.cleanup),
        external: args.external && {
            host: args.external.host,
            port: args.external.port ?? 5432,
            name: args.external.name ?? "airflow",
            user: args.external.user ?? "airflow",
            sslMode: args.external.sslMode ?? SslMode.Require,
            parameters: args.external.parameters ?? {},
        },
    };
}

/** Whether the component's own Postgres lives in a namespace that outlives the stack, not in Airflow's. */
export function retainedElsewhere(settings: {
    readonly hosting: Hosting;
    readonly database: DatabaseSettings;
}): boolean {
    const { hosting, database } = settings;
    return database.retain && database.external === undefined && hosting === Hosting.ReadWriteMany;
}

/** Whether that namespace is another than Airflow's, which it may be where destroy leaves that. */
export function isPostgresElsewhere(settings: {
    readonly hosting: Hosting;
    readonly database: DatabaseSettings;
    readonly namespaces: { readonly airflow: string };
}): boolean {
    const { database, namespaces } = settings;
    return retainedElsewhere(settings) && database.existingClaim?.namespace !== namespaces.airflow;
}

/** Whether its claim that exists is in the namespace of kept volumes, which has what pods need there. */
export function isBesideVolumes(settings: {
    readonly database: DatabaseSettings;
    readonly storage: {
        readonly existingNamespace?: pulumi.Input<string>;
        readonly nfsServer: { readonly existingClaim?: ExistingClaimArgs };
    };
}): boolean {
    const { database, storage } = settings;
    const namespace = database.existingClaim?.namespace;
    const ofVolumes = [storage.existingNamespace, storage.nfsServer.existingClaim?.namespace];
    return namespace !== undefined && ofVolumes.includes(namespace);
}

/** Whether the data outlive the stack, and with them the need for their keys. */
export function outlivesStack({ retain, external }: DatabaseSettings): boolean {
    return retain || external !== undefined;
}

/** Whether backups lie on a shared volume: they are made, and there is no bucket for them. */
export function backsUpToVolume({ backup }: DatabaseSettings): boolean {
    return backup !== undefined && backup.bucket === undefined;
}
