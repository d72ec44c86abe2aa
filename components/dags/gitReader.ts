import type * as k8s from "@pulumi/kubernetes";
import type { CommonSettings } from "../airflowKubernetesDefaults";
import type { SharedClaims } from "../storage/storageSettings";
import type { DagsSettings } from "./dagsSettings";
import type { GitSecretFiles } from "./gitCredentials";

/** Arguments shared by RepositoryCheck and GitSync. */
export interface GitReaderArgs {
    readonly instance: string;
    readonly namespace: k8s.core.v1.Namespace;
    readonly airflow: CommonSettings;
    readonly dags: DagsSettings;
    readonly claims: SharedClaims;
    /** Where token and key lie, as far as there are any. */
    readonly secretFiles: GitSecretFiles;
}
