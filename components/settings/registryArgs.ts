import type * as pulumi from "@pulumi/pulumi";

/** A registry that asks for a login. For a pull Secret that exists, there is `airflow.imagePullSecrets`. */
export interface RegistryArgs {
    /** Its name as in the names of images, with a port if there is one: `registry.example.com:5000`, or `docker.io`. */
    readonly server: pulumi.Input<string>;
    /** Name to log in with. */
    readonly username: pulumi.Input<string>;
    /** Password or token. A secret. */
    readonly password: pulumi.Input<string>;
}
