import type * as pulumi from "@pulumi/pulumi";

/** Python packages that DAGs need and the Airflow image lacks. */
export interface PythonPackagesArgs {
    /**
     * Requirements file on the machine that runs Pulumi, relative to the program. `up` installs what it names beside the
     * shared DAGs, once for each content; an own image is better for many or large packages.
     * @default - none
     * @see docs/dags.md#python-packages-that-dags-need
     * @see https://pip.pypa.io/en/stable/reference/requirements-file-format/
     */
    readonly requirements?: string;
    /**
     * Package index that the installation reads, without a password in it.
     * @default - PyPI
     */
    readonly indexUrl?: pulumi.Input<string>;
}
