import * as pulumi from "@pulumi/pulumi";
import type { PlacedNamespace } from "../../kubernetes/placedNamespace";
import { script } from "../../kubernetes/script";
import { airflowJob } from "../../pods/airflowJob";
import type { CommonSettings } from "../../settings/airflowKubernetesDefaults";

/** Arguments of {@link ImageCheck}. */
export interface ImageCheckArgs {
    readonly instance: string;
    readonly namespace: PlacedNamespace;
    readonly airflow: CommonSettings;
    /** Folder of DAGs in the Airflow image. */
    readonly path: string;
}

/** A Job that checks whether the Airflow image holds DAGs in the configured folder. */
export class ImageCheck extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: ImageCheckArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:ImageCheck", name, {}, opts);

        airflowJob(
            `${name}-job`,
            {
                instance: args.instance,
                namespace: args.namespace,
                airflow: args.airflow,
                noun: "check-dags",
                script: script(__dirname, "check_dags.py"),
                args: [args.path],
                environment: { CONNECTION_CHECK_MAX_COUNT: "0", IMAGE: args.airflow.image },
                deadlineSeconds: 600,
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}
