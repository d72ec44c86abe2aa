import type * as pulumi from "@pulumi/pulumi";
import type { SecretVariable } from "../airflow/secretKeys";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import type { AirflowNamespaces } from "../namespaces/airflowNamespaces";
import { DagDelivery } from "./dagsArgs";
import { DagsLoader } from "./dagsLoader";
import { GitCredentials } from "./gitCredentials";
import type { GitReaderArgs } from "./gitReader";
import { GitSync } from "./gitSync";
import { ImageCheck } from "./imageCheck";
import { PythonPackages } from "./pythonPackages";
import { RepositoryCheck } from "./repositoryCheck";

/** Arguments of {@link dagsDelivery}. */
export interface DagsDeliveryArgs {
    readonly instance: string;
    readonly namespaces: AirflowNamespaces;
    readonly settings: AirflowSettings;
    /** What has to be there before anything is delivered: accounts, and volumes that can be written to. */
    readonly after: pulumi.Resource[];
}

/** What the processes need to know of a delivery. */
export interface DagsDelivery {
    /** What has to be done before a process looks for DAGs. */
    readonly ready: pulumi.Resource[];
    /** The connection to the repository, if Airflow itself reads it. */
    readonly connection?: SecretVariable;
}

/**
 * Makes what the chosen delivery consists of. It is no component of its own: what the deliveries have in common keeps its
 * identity when another one is chosen.
 *
 * @param name The name of the installation.
 * @param parent The component that it is part of.
 */
export function dagsDelivery(name: string, args: DagsDeliveryArgs, parent: pulumi.Resource): DagsDelivery {
    const { instance, namespaces, settings } = args;
    const { airflow, dags, pythonPackages, storage } = settings;
    const common = { instance, namespace: namespaces.airflow, airflow, claims: storage.claims };
    const after = (...resources: pulumi.Resource[]) => ({ parent, dependsOn: [...args.after, ...resources] });

    const packages =
        pythonPackages.requirements === undefined
            ? []
            : [new PythonPackages(`${name}-python-packages`, { ...common, packages: pythonPackages }, after())];
    if (dags.delivery === DagDelivery.Volume) {
        return { ready: [...packages, new DagsLoader(`${name}-dags`, { ...common, volume: dags.volume }, after())] };
    }
    if (dags.delivery === DagDelivery.Image) {
        return { ready: [new ImageCheck(`${name}-image-check`, { ...common, path: dags.image.path }, after())] };
    }
    const credentials = new GitCredentials(`${name}-git`, { instance, namespaces, dags }, { parent });
    const git: GitReaderArgs = { ...common, dags, secretFiles: credentials.files };
    const check = new RepositoryCheck(`${name}-repository-check`, git, after(credentials));
    if (dags.delivery === DagDelivery.GitBundle) {
        return { ready: [check], connection: credentials.connection };
    }
    return { ready: [...packages, new GitSync(`${name}-git-sync`, git, after(check))] };
}
