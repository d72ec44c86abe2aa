import type * as pulumi from "@pulumi/pulumi";
import { Hosting } from "../airflowKubernetesArgs";
import { type ContainerResources, withResources } from "../kubernetes/resources";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import type { PodTemplatePatch } from "../pods/podTemplate";
import type { ExistingClaimArgs } from "../storage/storageArgs";
import { type DatabaseArgs, type ExternalDatabaseArgs, SslMode } from "./databaseArgs";

/** An exact tag: another Debian sorts texts in another way, and the indexes of a database must not meet that unasked. */
export const postgresImage = "postgres:17.12-trixie";

/** {@link DatabaseArgs} with nothing left open. */
export interface DatabaseSettings {
    readonly image: string;
    readonly size: string;
    readonly storageClass?: string;
    readonly retain: boolean;
    readonly existingClaim?: ExistingClaimArgs;
    readonly password?: pulumi.Input<string>;
    readonly passwordSecret?: SecretKeyArgs;
    readonly resources: ContainerResources;
    readonly podTemplate?: PodTemplatePatch;
    readonly external?: Required<ExternalDatabaseArgs>;
}

const postgresResources = { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "2", memory: "1Gi" } };

/** Fills in every default of the database. */
export function databaseSettings(args: DatabaseArgs = {}): DatabaseSettings {
    return {
        image: args.image ?? postgresImage,
        size: args.size ?? "5Gi",
        storageClass: args.storageClass,
        retain: args.retain ?? false,
        existingClaim: args.existingClaim,
        password: args.password,
        passwordSecret: args.passwordSecret,
        resources: withResources(postgresResources, args.resources),
        podTemplate: args.podTemplate,
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

/** Whether the data outlive the stack, and with them the need for their keys. */
export function outlivesStack({ retain, external }: DatabaseSettings): boolean {
    return retain || external !== undefined;
}
