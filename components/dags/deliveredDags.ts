import type * as pulumi from "@pulumi/pulumi";
import type { AirflowNamespaces } from "../namespaces/airflowNamespaces";
import { connectionVariable } from "../pods/connections";
import type { SecretVariable } from "../pods/secretKeys";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { DagBundleKind, DagDelivery } from "../settings/dagsArgs";
import type { DagBundleSettings, GitSettings } from "../settings/dagsSettings";
import { gcsVariable, s3Variable } from "./bundles/bucketBundle";
import { BucketCredentials } from "./bundles/bucketCredentials";
import { bundleConnectionId } from "./bundles/bundleEntry";
import { furtherGit } from "./dagBundles";
import { type GitBundle, mainGitBundle } from "./git/gitBundle";
import { GitCredentials } from "./git/gitCredentials";
import { GitSync } from "./git/gitSync";
import { RepositoryCheck } from "./git/repositoryCheck";
import { ImageCheck } from "./image/imageCheck";
import { PythonPackages } from "./packages/pythonPackages";
import { DagsLoader } from "./volume/dagsLoader";

/** Arguments of {@link deliverDags}. */
export interface DeliverDagsArgs {
    readonly instance: string;
    readonly namespaces: AirflowNamespaces;
    readonly settings: AirflowSettings;
    /** Dependencies of every delivery: ServiceAccounts and writable volumes. */
    readonly after: pulumi.Resource[];
}

/** Result of a delivery, for Airflow's processes. */
export interface DeliveredDags {
    /** Resources that the processes wait for. */
    readonly ready: pulumi.Resource[];
    /** Name of the Secret with token or key of the repository, if there is one. */
    readonly secret?: pulumi.Output<string>;
    /** Connections of the bundles, which Airflow itself reads, by the variables that carry them. */
    readonly connections: Readonly<Record<string, SecretVariable>>;
}

/** A repository that is read once before anything relies on it. */
interface CheckedRepository {
    readonly credentials: GitCredentials;
    readonly check: RepositoryCheck;
}

/**
 * Creates the resources of the chosen delivery and of further bundles. They have no component of their own, so that those shared
 * by several deliveries keep their identity when the delivery changes.
 *
 * @param name The name of the installation.
 * @param parent The component that it is part of.
 */
export function deliverDags(name: string, args: DeliverDagsArgs, parent: pulumi.Resource): DeliveredDags {
    const main = mainDelivery(name, args, parent);
    const parts = [main, ...args.settings.dags.bundles.map((bundle) => furtherBundle(name, bundle, args, parent))];
    return {
        ready: parts.flatMap(({ ready }) => ready),
        connections: Object.assign({}, ...parts.map(({ connections }) => connections)) as DeliveredDags["connections"],
        secret: main.secret,
    };
}

function mainDelivery(name: string, args: DeliverDagsArgs, parent: pulumi.Resource): DeliveredDags {
    const { instance, namespaces, settings } = args;
    const { airflow, dags, pythonPackages, storage } = settings;
    const common = { instance, namespace: namespaces.airflow, airflow, claims: storage.claims };
    const after = (...resources: pulumi.Resource[]) => ({ parent, dependsOn: [...args.after, ...resources] });

    const packages =
        pythonPackages.requirements === undefined
            ? []
            : [new PythonPackages(`${name}-python-packages`, { ...common, packages: pythonPackages }, after())];
    switch (dags.delivery) {
        case DagDelivery.Bundles:
            return { ready: [], connections: {} };
        case DagDelivery.Image:
            return {
                ready: [new ImageCheck(`${name}-image-check`, { ...common, path: dags.image.path }, after())],
                connections: {},
            };
        case DagDelivery.GitBundle: {
            const bundle = mainGitBundle(dags);
            const main = { git: dags.git, argument: "dags.git", bundle };
            const read = repository(`${name}-git`, `${name}-repository-check`, main, args, parent);
            return { ...readBundle(bundle, read), secret: read.credentials.secret };
        }
        case DagDelivery.GitSync: {
            const main = { git: dags.git, argument: "dags.git" };
            const { credentials, check } = repository(`${name}-git`, `${name}-repository-check`, main, args, parent);
            const git = { ...common, dags, secretFiles: credentials.files, metrics: settings.metrics };
            const ready = [...packages, new GitSync(`${name}-git-sync`, git, after(check))];
            return { ready, connections: {}, secret: credentials.secret };
        }
        default: {
            const loader = new DagsLoader(`${name}-dags`, { ...common, volume: dags.volume }, after());
            return { ready: [...packages, loader], connections: {} };
        }
    }
}

function repository(
    name: string,
    checkName: string,
    given: { readonly git: GitSettings; readonly argument: string; readonly bundle?: GitBundle },
    { instance, namespaces, settings, after }: DeliverDagsArgs,
    parent: pulumi.Resource,
): CheckedRepository {
    const { git, bundle } = given;
    const credentials = new GitCredentials(name, { instance, namespaces, git, bundle }, { parent });
    const check = new RepositoryCheck(
        checkName,
        {
            ...given,
            instance,
            namespace: namespaces.airflow,
            airflow: settings.airflow,
            secretFiles: credentials.files,
        },
        { parent, dependsOn: [...after, credentials] },
    );
    return { credentials, check };
}

function readBundle({ connectionId }: GitBundle, { credentials, check }: CheckedRepository): DeliveredDags {
    const { connection } = credentials;
    return {
        ready: [check],
        connections: connection === undefined ? {} : { [connectionVariable(connectionId)]: connection },
    };
}

function furtherBundle(
    name: string,
    bundle: DagBundleSettings,
    args: DeliverDagsArgs,
    parent: pulumi.Resource,
): DeliveredDags {
    const own = `${name}-bundle-${bundle.name}`;
    const variable = connectionVariable(bundleConnectionId(bundle.name));
    const git = furtherGit(bundle);
    if (git !== undefined) {
        const given = { git: git.git, argument: `dags.bundles[${bundle.name}].git`, bundle: git };
        return readBundle(git, repository(own, `${own}-check`, given, args, parent));
    }
    if (bundle.kind === DagBundleKind.S3 && bundle.s3 !== undefined) {
        const { instance, namespaces } = args;
        const connection =
            s3Variable(bundle.name, bundle.s3) ??
            new BucketCredentials(own, { instance, namespace: namespaces.airflow, s3: bundle.s3 }, { parent })
                .connection;
        return { ready: [], connections: { [variable]: connection } };
    }
    return { ready: [], connections: bundle.kind === DagBundleKind.Gcs ? { [variable]: gcsVariable } : {} };
}
