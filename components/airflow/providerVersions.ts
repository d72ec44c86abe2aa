import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Versions of a Python package: the oldest that fits, and the first that does not any more. */
export interface VersionRange {
    readonly oldest: string;
    readonly newer: string;
}

/**
 * Versions of `apache-airflow-providers-cncf-kubernetes` that the component's KubernetesExecutor is made for, as it says itself.
 * With others the provider's own executor runs.
 */
export function executorVersions(): VersionRange {
    const file = readFileSync(join(__dirname, "python/airflow_kubernetes/executor.py"), "utf8");
    const [, oldest, newer] = /^OLDEST, NEWER = Version\("([\d.]+)"\), Version\("([\d.]+)"\)$/m.exec(file) ?? [];
    if (oldest === undefined || newer === undefined) {
        throw new Error("executor.py does not say for which versions of the provider it is");
    }
    return { oldest, newer };
}
