import { dagsMount, type Mount } from "../airflow/airflowPod";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { DagDelivery } from "./dagsArgs";
import type { DagsSettings } from "./dagsSettings";
import { gitFilesMounts } from "./gitFiles";

/** Whether DAGs lie on the shared volume. */
export function dagsOnVolume({ delivery }: DagsSettings): boolean {
    return delivery === DagDelivery.Volume || delivery === DagDelivery.GitSync;
}

/** What a pod that runs DAG files mounts to see them, and the packages beside them. */
export function dagsMounts({ dags, storage }: Pick<AirflowSettings, "dags" | "storage">): Mount[] {
    if (dagsOnVolume(dags)) {
        return [dagsMount(storage.claims)];
    }
    return dags.delivery === DagDelivery.GitBundle ? gitFilesMounts(dags.git) : [];
}

/** What a pod mounts that runs no DAG files, but may need the packages. */
export function packagesMounts({
    pythonPackages,
    storage,
}: Pick<AirflowSettings, "pythonPackages" | "storage">): Mount[] {
    return pythonPackages.requirements === undefined ? [] : [dagsMount(storage.claims)];
}
