import type { Environment } from "../airflow/environment";
import { paths } from "../airflow/paths";
import { DagDelivery } from "./dagsArgs";
import { dagsOnVolume } from "./dagsMounts";
import type { DagsSettings } from "./dagsSettings";
import { bundleEnvironment } from "./gitBundle";

/**
 * Where every process and task finds DAGs, and plugins beside them. Airflow itself reads a bundle only where it parses or runs
 * a DAG of it, so with `gitBundle` plugins are those of the image; with `image` both are in the image anyway.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/plugins.html
 */
export function dagsEnvironment(dags: DagsSettings): Environment {
    if (dags.delivery === DagDelivery.GitBundle) {
        return bundleEnvironment(dags);
    }
    const folder = dagsFolder(dags);
    return {
        AIRFLOW__CORE__DAGS_FOLDER: folder,
        ...(dagsOnVolume(dags) && { AIRFLOW__CORE__PLUGINS_FOLDER: `${folder}/plugins` }),
    };
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
