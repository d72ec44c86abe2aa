import type * as pulumi from "@pulumi/pulumi";

/**
 * Name of the bundle of the delivery, which is Airflow's own for the folder of DAGs. With one name for every delivery Airflow
 * knows after a change of delivery which DAGs are gone, and a run that began before finds its bundle.
 */
export const mainBundleName = "dags-folder";

/** A bundle of DAGs as Airflow's configuration lists it. */
export interface BundleEntry {
    readonly name: string;
    readonly classpath: string;
    readonly kwargs: Readonly<Record<string, pulumi.Input<string | undefined> | number>>;
}

/** A folder that every pod has; without a path Airflow's own folder of DAGs. */
export function localEntry(name: string, kwargs: BundleEntry["kwargs"]): BundleEntry {
    return { name, classpath: "airflow.dag_processing.bundles.local.LocalDagBundle", kwargs };
}

/** The name of a bundle as a part of names that have no dashes. */
export function bundleNoun(name: string): string {
    return name.replaceAll("-", "_");
}

/** Connection that a bundle is read with. */
export function bundleConnectionId(name: string): string {
    return `dag_bundle_${bundleNoun(name)}`;
}
