import type { Environment } from "../airflow/environment";
import { paths } from "../airflow/paths";
import { DagDelivery } from "./dagsArgs";
import type { DagsSettings } from "./dagsSettings";
import { bundleEnvironment } from "./gitBundle";

/** Where every process and task finds DAGs. */
export function dagsEnvironment(dags: DagsSettings): Environment {
    return dags.delivery === DagDelivery.GitBundle
        ? bundleEnvironment(dags)
        : { AIRFLOW__CORE__DAGS_FOLDER: dagsFolder(dags) };
}

/**
 * The folder of DAGs in the pods. It goes through the link that a delivery switches, so that a pod sees each switch: a mount
 * of what lies behind the link would keep what it had when the pod began.
 */
function dagsFolder({ delivery, git, image }: DagsSettings): string {
    switch (delivery) {
        case DagDelivery.GitSync:
            return git.subPath === "" ? paths.gitLink : `${paths.gitLink}/${git.subPath}`;
        case DagDelivery.Image:
            return image.path;
        default:
            return paths.currentDags;
    }
}
