import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import type { Environment } from "../pods/environment";
import { paths } from "../pods/paths";
import { DagDelivery } from "../settings/dagsArgs";
import { type DagsSettings, dagsOnVolume } from "../settings/dagsSettings";
import { bundleList, gitBundles } from "./dagBundles";
import { gitBundlesEnvironment } from "./git/gitBundle";

/**
 * Where every process and task finds DAGs, and plugins beside them. Airflow itself reads a bundle only where it parses or runs
 * a DAG of it, so plugins of `gitBundle` and `bundles` are those of the image.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/plugins.html
 */
export function dagsEnvironment(dags: DagsSettings): Environment {
    const folder = dagsFolder(dags);
    const plugins = pluginsFolder(dags, folder);
    const bundles = bundleList(dags);
    return {
        ...(folder !== undefined && { AIRFLOW__CORE__DAGS_FOLDER: folder }),
        ...(plugins !== undefined && { AIRFLOW__CORE__PLUGINS_FOLDER: plugins }),
        ...(bundles !== undefined && { AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST: bundles }),
        ...gitBundlesEnvironment(gitBundles(dags)),
    };
}

/** The folder of plugins in the pods; undefined for Airflow's own, which is in the image. */
function pluginsFolder(dags: DagsSettings, folder?: pulumi.Input<string>): pulumi.Input<string> | undefined {
    const named = dags.pluginsFolder ?? (dagsOnVolume(dags) ? "plugins" : undefined);
    return named === undefined || named.startsWith("/") || folder === undefined
        ? named
        : mapInput(folder, (path) => `${path}/${named}`);
}

/**
 * The folder of DAGs in the pods, if there is one. It goes through the link that a delivery switches, so that a pod sees each
 * switch: a mount of what lies behind the link would keep what it had when the pod began.
 */
function dagsFolder({ delivery, git, image }: DagsSettings): pulumi.Input<string> | undefined {
    switch (delivery) {
        case DagDelivery.GitBundle:
        case DagDelivery.Bundles:
            return undefined;
        case DagDelivery.GitSync:
            return mapInput(git.subPath, (path) => (path === "" ? paths.gitLink : `${paths.gitLink}/${path}`));
        case DagDelivery.Image:
            return image.path;
        default:
            return paths.currentDags;
    }
}
