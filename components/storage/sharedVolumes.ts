import type { AirflowSettings, NamespaceNames } from "../airflowKubernetesDefaults";
import { names } from "../kubernetes/names";
import { airflowUser, type PodUser, postgresUser } from "../kubernetes/podSecurity";

/** A directory that several namespaces see, each through a volume and a claim of its own. */
export interface SharedVolume {
    /** What lies in it; part of the names of its objects. */
    readonly noun: string;
    /** Name of its claim, the same in each namespace. */
    readonly claimName: string;
    /** A Kubernetes quantity. */
    readonly size: string;
    readonly accessMode: "ReadWriteMany" | "ReadWriteOnce";
    /** Directory on the node. */
    readonly hostPath: string;
    /** Namespaces that have a claim on it. */
    readonly namespaces: readonly (keyof NamespaceNames)[];
    /** Who must own its root. */
    readonly owner: PodUser;
    /** Mode of its root, octal. */
    readonly mode: string;
}

/** The shared volumes of an installation. */
export function sharedVolumes(settings: AirflowSettings): SharedVolume[] {
    const directory = settings.storage.hostPath;
    const shared = {
        accessMode: "ReadWriteMany",
        namespaces: ["storage", "airflow", "workers"],
        owner: airflowUser,
        // Group 0 may write, and what is made inside belongs to group 0 again.
        mode: "2775",
    } as const;
    const volumes: SharedVolume[] = [
        {
            ...shared,
            noun: "dags",
            claimName: names.dags,
            size: settings.storage.dagsSize,
            hostPath: `${directory}/dags`,
        },
        {
            ...shared,
            noun: "logs",
            claimName: names.logs,
            size: settings.storage.logsSize,
            hostPath: `${directory}/logs`,
        },
    ];
    if (settings.database.retain) {
        volumes.push({
            noun: "database",
            claimName: names.database,
            size: settings.database.size,
            accessMode: "ReadWriteOnce",
            hostPath: `${directory}/database`,
            namespaces: ["storage", "airflow"],
            owner: postgresUser,
            mode: "0700",
        });
    }
    return volumes;
}
