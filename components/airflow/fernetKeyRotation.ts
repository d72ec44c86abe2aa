import * as pulumi from "@pulumi/pulumi";
import { script } from "../kubernetes/script";
import { airflowJob } from "../pods/airflowJob";
import type { AirflowPartArgs } from "./airflowProcess";
import { databaseJob } from "./databaseJob";

/** Arguments of {@link FernetKeyRotation}. */
export interface FernetKeyRotationArgs extends AirflowPartArgs {
    /** Name of the Secret of connections and variables that the stack manages: another one may have been written with the old key. */
    readonly objects?: pulumi.Input<string>;
}

/**
 * Encrypts everything again when the fernet key is `new,old`. It depends on the processes: until all of them know the new key, one
 * of them could not read what another one has encrypted with it.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/security/secrets/fernet.html#rotating-encryption-keys
 */
export class FernetKeyRotation extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: FernetKeyRotationArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:FernetKeyRotation", name, {}, opts);

        airflowJob(
            `${name}-job`,
            {
                ...databaseJob(args, ["databaseConnection", "fernetKey"]),
                noun: "rotate-fernet-key",
                script: script(__dirname, "rotate_fernet_key.py"),
                trigger: args.objects,
                deadlineSeconds: 1800,
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}
