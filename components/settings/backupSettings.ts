import type * as pulumi from "@pulumi/pulumi";
import type { BackupArgs, DatabaseCleanupArgs } from "./backupArgs";
import { type RemoteLogsSettings, remoteLogsSettings } from "./logsSettings";

/** {@link BackupArgs} with nothing left open. */
export interface BackupSettings {
    readonly schedule: pulumi.Input<string>;
    readonly retentionDays: number;
    readonly size: pulumi.Input<string>;
    readonly bucket?: RemoteLogsSettings;
}

/** {@link DatabaseCleanupArgs} with nothing left open. */
export type DatabaseCleanupSettings = Required<DatabaseCleanupArgs>;

/**
 * Fills in every default of backups.
 *
 * @param databaseSize Size of the database's own volume.
 */
export function backupSettings(args: BackupArgs, databaseSize: pulumi.Input<string>): BackupSettings {
    return {
        schedule: args.schedule ?? "41 2 * * *",
        retentionDays: args.retentionDays ?? 14,
        size: args.size ?? databaseSize,
        bucket: args.bucket && remoteLogsSettings(args.bucket),
    };
}

/** Fills in every default of the removal of old rows. */
export function cleanupSettings(args: DatabaseCleanupArgs): DatabaseCleanupSettings {
    return {
        retentionDays: args.retentionDays ?? 90,
        schedule: args.schedule ?? "23 4 * * 0",
        batchSize: args.batchSize ?? 5000,
    };
}
