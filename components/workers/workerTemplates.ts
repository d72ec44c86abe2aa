import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { stringify } from "yaml";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import { replacedWithData } from "../kubernetes/replacement";
import type { AirflowNamespaces } from "../namespaces/airflowNamespaces";
import type { Mount } from "../pods/airflowPod";
import { paths } from "../pods/paths";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { workerPodTemplate } from "./workerPodTemplate";

type Pod = k8s.types.input.core.v1.Pod;

/** Python's YAML is version 1.1, in which a plain `no` or `on` is not text. */
const asPythonReads = { version: "1.1" } as const;

/** Arguments of {@link WorkerTemplates}. */
export interface WorkerTemplatesArgs {
    readonly instance: string;
    readonly namespaces: AirflowNamespaces;
    readonly settings: AirflowSettings;
    /** Further files that tasks read. */
    readonly mounts: readonly Mount[];
}

/**
 * The templates of task pods: that of all tasks, and those that a task may ask for by name. Each is a file for the scheduler,
 * and a PodTemplate of the workers' namespace where the component makes that, so that the API server judges it before a task
 * needs it.
 *
 * @see https://kubernetes.io/docs/concepts/workloads/pods/#pod-templates
 */
export class WorkerTemplates extends pulumi.ComponentResource {
    /** All of them, for the scheduler, which makes pods from them. */
    public readonly all: Mount;
    /** The named ones, for the dag-processor, which reports an import error for one that does not exist. */
    public readonly named: Mount[];

    /** @param name The unique name of this component. */
    constructor(name: string, args: WorkerTemplatesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:WorkerTemplates", name, {}, opts);

        const { instance, settings, mounts } = args;
        const labels = objectLabels(instance, "worker");
        const usual = workerPodTemplate(instance, settings, mounts);
        const named = Object.entries(settings.workers.templates).map(
            ([noun, patch]) => [noun, workerPodTemplate(instance, settings, mounts, [patch])] as const,
        );

        const judge = (noun: string, objectName: string, { metadata, spec }: Pod) =>
            new k8s.core.v1.PodTemplate(
                `${name}-${noun}`,
                {
                    metadata: { name: objectName, namespace: args.namespaces.workers.metadata.name, labels },
                    template: {
                        metadata: pulumi
                            .output(metadata)
                            .apply((known) => ({ labels: known?.labels, annotations: known?.annotations })),
                        spec,
                    },
                },
                { parent: this },
            );
        // Rights in a namespace, such as those of Kubernetes's role `admin`, do not include PodTemplates.
        const judged = settings.createNamespaces
            ? [
                  judge(paths.podTemplateName, names.worker, usual),
                  ...named.map(([noun, pod]) => judge(noun, `${names.worker}-${noun}`, pod)),
              ]
            : [];
        // Named by the provider: changed templates are a new ConfigMap, which rolls the processes that read it.
        const file = (noun: string, pods: readonly (readonly [string, Pod])[]) =>
            new k8s.core.v1.ConfigMap(
                `${name}-${noun}`,
                {
                    metadata: { namespace: args.namespaces.airflow.metadata.name, labels },
                    data: Object.fromEntries(pods.map(([key, pod]) => [`${key}.yaml`, yaml(pod)])),
                },
                { parent: this, ...replacedWithData, dependsOn: judged },
            ).metadata.name;
        const files = [
            file("file", [[paths.podTemplateName, usual]]),
            ...(named.length === 0 ? [] : [file("named-files", named)]),
        ];

        this.all = mount(files);
        this.named = named.length === 0 ? [] : [mount(files.slice(1))];
        this.registerOutputs({});
    }
}

function yaml(pod: Pod): pulumi.Output<string> {
    return pulumi
        .output(pod)
        .apply((known) => stringify(known, { ...asPythonReads, sortMapEntries: true, aliasDuplicateObjects: false }));
}

function mount(files: readonly pulumi.Output<string>[]): Mount {
    return {
        volume: {
            name: "pod-templates",
            projected: { sources: files.map((name) => ({ configMap: { name } })) },
        },
        mount: { name: "pod-templates", mountPath: paths.podTemplateDirectory, readOnly: true },
    };
}
