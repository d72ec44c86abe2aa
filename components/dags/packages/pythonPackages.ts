import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "../../kubernetes/labels";
import type { PlacedNamespace } from "../../kubernetes/placedNamespace";
import { replacedWithData } from "../../kubernetes/replacement";
import { script } from "../../kubernetes/script";
import { airflowJob } from "../../pods/airflowJob";
import { dagsMount } from "../../pods/airflowPod";
import type { CommonSettings } from "../../settings/airflowKubernetesDefaults";
import type { PythonPackagesArgs } from "../../settings/pythonPackagesArgs";
import type { SharedClaims } from "../../settings/storageSettings";
import { isPinned, packagesDirectory, readRequirements, requirementLines } from "./requirementsFile";

/** Arguments of {@link PythonPackages}. */
export interface PythonPackagesComponentArgs {
    readonly instance: string;
    readonly namespace: PlacedNamespace;
    readonly airflow: CommonSettings;
    readonly packages: PythonPackagesArgs;
    readonly claims: SharedClaims;
}

/** Where the Job finds the requirements file. */
const requirementsDirectory = "/requirements";

/**
 * A Job that installs Python packages beside the shared DAGs, once for each requirements file. What the image holds counts as
 * installed and cannot be changed; every process and task finds the rest by PYTHONPATH, and none installs anything itself.
 */
export class PythonPackages extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: PythonPackagesComponentArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:PythonPackages", name, {}, opts);

        const { instance, namespace, airflow } = args;
        const { requirements = "", indexUrl } = args.packages;
        const text = readRequirements(requirements);
        warnOfLoose(requirements, text, this);

        const file = new k8s.core.v1.ConfigMap(
            `${name}-requirements`,
            {
                metadata: {
                    namespace: namespace.metadata.name,
                    labels: objectLabels(instance, "install-packages"),
                },
                immutable: true,
                data: { "requirements.txt": text },
            },
            { parent: this, ...replacedWithData },
        );
        airflowJob(
            `${name}-job`,
            {
                instance,
                namespace,
                airflow,
                noun: "install-packages",
                script: script(__dirname, "install_packages.py"),
                args: [
                    `${requirementsDirectory}/requirements.txt`,
                    packagesDirectory(requirements, airflow.image, indexUrl),
                    ...(indexUrl === undefined ? [] : [indexUrl]),
                ],
                environment: { CONNECTION_CHECK_MAX_COUNT: "0", PIP_USER: "false" },
                mounts: [
                    dagsMount(args.claims, false),
                    {
                        volume: { name: "requirements", configMap: { name: file.metadata.name } },
                        mount: { name: "requirements", mountPath: requirementsDirectory, readOnly: true },
                    },
                ],
                deadlineSeconds: 1200,
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}

/** An unpinned package is installed once and then stays, but another cluster may get another version. */
function warnOfLoose(path: string, text: string, resource: pulumi.Resource): void {
    const loose = requirementLines(text).filter((line) => !line.text.startsWith("-") && !isPinned(line.text));
    if (loose.length > 0) {
        const lines = loose.map(({ line }) => line).join(", ");
        void pulumi.log.warn(
            `pythonPackages.requirements: ${path} leaves versions open (line ${lines}). ` +
                "Another cluster, or this one after a change of the file, may get others. Pin them: name==1.2.3",
            resource,
        );
    }
}
