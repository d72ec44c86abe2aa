import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import { DagBundleKind, DagDelivery } from "../settings/dagsArgs";
import type { DagBundleSettings, DagsSettings } from "../settings/dagsSettings";
import { gcsEntry, s3Entry } from "./bundles/bucketBundle";
import { type BundleEntry, localEntry, mainBundleName } from "./bundles/bundleEntry";
import { furtherGitBundle, type GitBundle, gitBundleEntry, mainGitBundle } from "./git/gitBundle";

/** Repositories that Airflow itself reads. */
export function gitBundles(dags: DagsSettings): GitBundle[] {
    return [
        ...(dags.delivery === DagDelivery.GitBundle ? [mainGitBundle(dags)] : []),
        ...dags.bundles.flatMap((bundle) => {
            const git = furtherGit(bundle);
            return git === undefined ? [] : [git];
        }),
    ];
}

/** The repository of one of `dags.bundles`, if it is one. */
export function furtherGit(bundle: DagBundleSettings): GitBundle | undefined {
    return bundle.kind === DagBundleKind.Git && bundle.git !== undefined
        ? furtherGitBundle(bundle, bundle.git)
        : undefined;
}

/**
 * The list of bundles as Airflow's configuration has it; undefined where Airflow's own, the folder of DAGs alone, will do.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/dag-bundles.html
 */
export function bundleList(dags: DagsSettings): pulumi.Input<string> | undefined {
    if (dags.bundles.length === 0 && dags.delivery !== DagDelivery.GitBundle) {
        return undefined;
    }
    return mapInput([...mainEntries(dags), ...dags.bundles.flatMap(furtherEntries)], (known) => JSON.stringify(known));
}

function mainEntries(dags: DagsSettings): BundleEntry[] {
    switch (dags.delivery) {
        case DagDelivery.Bundles:
            return [];
        case DagDelivery.GitBundle:
            return [gitBundleEntry(mainGitBundle(dags))];
        default:
            return [localEntry(mainBundleName, {})];
    }
}

function furtherEntries(bundle: DagBundleSettings): BundleEntry[] {
    const { name, kind, git, s3, gcs, local, refreshSeconds } = bundle;
    return [
        ...(kind === DagBundleKind.Git && git ? [gitBundleEntry(furtherGitBundle(bundle, git))] : []),
        ...(kind === DagBundleKind.S3 && s3 ? [s3Entry(bundle, s3)] : []),
        ...(kind === DagBundleKind.Gcs && gcs ? [gcsEntry(bundle, gcs)] : []),
        ...(kind === DagBundleKind.Local && local
            ? [localEntry(name, { path: local.path, refresh_interval: refreshSeconds })]
            : []),
    ];
}
