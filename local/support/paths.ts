import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The checkout that this file belongs to. */
export const repositoryDirectory: string = resolve(__dirname, "../..");

/**
 * Built binaries and image archives, keyed by what they are made from, so that a fresh checkout reuses them.
 * `AIRFLOW_KUBERNETES_CACHE` moves it.
 */
export const cacheDirectory: string =
    process.env.AIRFLOW_KUBERNETES_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "airflow-kubernetes");

/** State of the stacks where nobody is logged in to a Pulumi backend, its passphrase, and project folders of runs. `AIRFLOW_KUBERNETES_STATE` moves it. */
export const stateDirectory: string =
    process.env.AIRFLOW_KUBERNETES_STATE ??
    join(process.env.XDG_STATE_HOME ?? join(homedir(), ".local", "state"), "airflow-kubernetes");

/** What the local cluster keeps: certificates, etcd, containers, the node's disks. There is one local cluster a machine. */
export const clusterDirectory: string = "/var/lib/airflow-kubernetes";
