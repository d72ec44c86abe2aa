import type * as pulumi from "@pulumi/pulumi";
import type { AzureBlobLogsArgs, LogsArgs, RemoteLogsArgs } from "./logsArgs";

/** {@link LogsArgs} with nothing left open. */
export interface LogsSettings {
    readonly retentionDays: number;
    /** A Kubernetes quantity; when there is none, it follows from the size of the volume. */
    readonly maximumSize?: pulumi.Input<string>;
    readonly cleanupSchedule: pulumi.Input<string>;
    readonly remote?: RemoteLogsSettings;
}

/** {@link RemoteLogsArgs} with nothing left open. */
export interface RemoteLogsSettings extends RemoteLogsArgs {
    readonly azureBlob?: AzureBlobLogsArgs & { readonly folder: pulumi.Input<string> };
}

/** Fills in every default of the logs. */
export function logsSettings(args: LogsArgs = {}): LogsSettings {
    return {
        retentionDays: args.retentionDays ?? 30,
        maximumSize: args.maximumSize,
        cleanupSchedule: args.cleanupSchedule ?? "17 * * * *",
        remote: args.remote && remoteLogsSettings(args.remote),
    };
}

/** Fills in the defaults of a place in a bucket. */
export function remoteLogsSettings(args: RemoteLogsArgs): RemoteLogsSettings {
    const { azureBlob, ...rest } = args;
    return {
        ...rest,
        ...(args.url !== undefined && { region: args.region ?? "us-east-1" }),
        ...(azureBlob && { azureBlob: { ...azureBlob, folder: azureBlob.folder ?? "airflow" } }),
    };
}
