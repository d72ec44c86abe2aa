import * as pulumi from "@pulumi/pulumi";
import type { CommonSettings } from "../settings/airflowKubernetesDefaults";
import { type DatabaseSettings, outlivesStack } from "../settings/databaseSettings";
import { ArgumentsError, type Problem } from "../validation/problems";

/** A problem when the data outlive their stack, and their keys do not. */
export function looseKeys(airflow: CommonSettings, database: DatabaseSettings): Problem[] {
    const loose = [
        ...((airflow.fernetKey ?? airflow.fernetKeySecret) === undefined ? ["airflow.fernetKey"] : []),
        ...((database.password ?? database.passwordSecret) === undefined ? ["database.password"] : []),
    ];
    if (!outlivesStack(database) || loose.length === 0) {
        return [];
    }
    const { external } = database;
    const [path, value] =
        external === undefined
            ? ["database.retain", true]
            : typeof external.host === "string"
              ? ["database.external.host", external.host]
              : ["database.external", "a database that exists"];
    const keys = loose.join(" and ");
    return [
        {
            path,
            value,
            allowed: `${value} only together with ${keys}, or the data could not be opened after a destroy`,
            remedy: `Set ${keys}.`,
        },
    ];
}

/** Refuses an update. A preview may go on: it shows what is planned, and the keys may be given before the update. */
export function checkPinnedKeys(problems: readonly Problem[]): void {
    if (problems.length === 0) {
        return;
    }
    if (!pulumi.runtime.isDryRun()) {
        throw new ArgumentsError(problems);
    }
    for (const { path, allowed, remedy } of problems) {
        pulumi.log.warn(`${path}: an update will refuse this. Allowed: ${allowed}. ${remedy}`);
    }
}
