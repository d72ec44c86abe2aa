import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CommonSettings } from "../airflowKubernetesDefaults";
import type { SharedClaims } from "../storage/storageSettings";
import type { DagsSettings } from "./dagsSettings";

/** Arguments shared by RepositoryCheck and GitSync. */
export interface GitReaderArgs {
    readonly instance: string;
    readonly namespace: k8s.core.v1.Namespace;
    readonly airflow: CommonSettings;
    readonly dags: DagsSettings;
    readonly claims: SharedClaims;
    /** Name of the Secret with the token or key, if there is one. */
    readonly secretName?: pulumi.Output<string>;
}
