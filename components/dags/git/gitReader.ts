import type { PlacedNamespace } from "../../kubernetes/placedNamespace";
import type { CommonSettings } from "../../settings/airflowKubernetesDefaults";
import type { GitSecretFiles } from "./gitCredentials";

/** Arguments shared by RepositoryCheck and GitSync. */
export interface GitReaderArgs {
    readonly instance: string;
    readonly namespace: PlacedNamespace;
    readonly airflow: CommonSettings;
    /** Where token and key lie, as far as there are any. */
    readonly secretFiles: GitSecretFiles;
}
