import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { CommonSettings } from "../airflowKubernetesDefaults";
import type { DagsSettings } from "./dagsSettings";

/** Arguments of what reads the repository with its token or key: the check of it, and git-sync. */
export interface GitReaderArgs {
    readonly instance: string;
    readonly namespace: k8s.core.v1.Namespace;
    readonly airflow: CommonSettings;
    readonly dags: DagsSettings;
    /** Name of the Secret with the token or key, if there is one. */
    readonly secretName?: pulumi.Output<string>;
}
