import type * as pulumi from "@pulumi/pulumi";
import type { LogsArgs, RemoteLogsArgs } from "./logsArgs";

/** {@link LogsArgs} with nothing left open. */
export interface LogsSettings {
    readonly retentionDays: number;
    /** A Kubernetes quantity; when there is none, it follows from the size of the volume. */
    readonly maximumSize?: string;
    readonly cleanupSchedule: string;
    readonly remote?: RemoteLogsArgs & { readonly region: pulumi.Input<string> };
}

/** Fills in every default of the logs. */
export function logsSettings(args: LogsArgs = {}): LogsSettings {
    return {
        retentionDays: args.retentionDays ?? 30,
        maximumSize: args.maximumSize,
        cleanupSchedule: args.cleanupSchedule ?? "17 * * * *",
        remote: args.remote && { ...args.remote, region: args.remote.region ?? "us-east-1" },
    };
}
