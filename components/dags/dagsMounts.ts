import { dagsMount, type Mount } from "../pods/airflowPod";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { dagsOnVolume } from "../settings/dagsSettings";
import { gitBundles } from "./dagBundles";
import { gitBundlesMounts } from "./git/gitBundle";
import { pluginsAreNamed } from "./plugins";

/**
 * Mounts of a pod that runs DAG files: the files, and the packages and plugins beside them.
 *
 * @param claims Claims of its namespace, Airflow's if left out.
 */
export function dagsMounts(
    { dags, storage }: Pick<AirflowSettings, "dags" | "storage">,
    claims = storage.claims,
): Mount[] {
    return [...(dagsOnVolume(dags) ? [dagsMount(claims)] : []), ...gitBundlesMounts(gitBundles(dags))];
}

/** Mounts of a pod that runs no DAG files, but may need the packages. */
export function packagesMounts({
    pythonPackages,
    storage,
}: Pick<AirflowSettings, "pythonPackages" | "storage">): Mount[] {
    return pythonPackages.requirements === undefined ? [] : [dagsMount(storage.claims)];
}

/** Mounts of the api-server, which runs no DAG files, but may need packages and plugins. */
export function apiServerMounts(settings: Pick<AirflowSettings, "dags" | "pythonPackages" | "storage">): Mount[] {
    return pluginsAreNamed(settings.dags) ? [dagsMount(settings.storage.claims)] : packagesMounts(settings);
}
