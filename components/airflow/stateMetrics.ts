import * as pulumi from "@pulumi/pulumi";
import { dagsMounts } from "../dags/dagsMounts";
import { mapInput } from "../kubernetes/known";
import { objectLabels, selectorLabels } from "../kubernetes/labels";
import { names, ports } from "../kubernetes/names";
import { httpCheck, livenessProbe, readinessProbe, startupProbe } from "../kubernetes/probes";
import { parseQuantity } from "../kubernetes/quantity";
import { script } from "../kubernetes/script";
import { metricsService, scrapeAnnotations } from "../monitoring/scraping";
import { airflowPodSpec, logsMount, type Mount } from "../pods/airflowPod";
import { plainEnvironment, userEnvironment } from "../pods/environment";
import { paths } from "../pods/paths";
import { mountedScripts, scriptCommand } from "../pods/scriptFiles";
import { singlePod } from "../pods/singlePod";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { DagDelivery } from "../settings/dagsArgs";
import { dagsOnVolume } from "../settings/dagsSettings";
import type { ExporterSettings } from "../settings/metricsSettings";
import { sharesVolumes } from "../settings/storageSettings";
import type { AirflowPartArgs } from "./airflowProcess";
import { databaseJobEnvironment, secretEnvironment, secretMounts } from "./environment";

/** Arguments of {@link StateMetrics}. */
export interface StateMetricsPartArgs extends AirflowPartArgs {
    readonly state: ExporterSettings;
}

/** What the script is told to look at. */
export interface StateMetricsPlan {
    /** Airflow's processes by their kinds in its table of jobs. */
    readonly processes: Readonly<Record<string, string>>;
    /** Numbers that nobody has to look for. */
    readonly constants: Readonly<Record<string, number>>;
    /** Shared volumes and where they are mounted. */
    readonly volumes: Readonly<Record<string, string>>;
    readonly delivery: string;
    /** What the delivery switches to the newest DAGs; empty where it switches nothing. */
    readonly link: string;
}

/** What there is to look at in an installation. */
export function stateMetricsPlan(settings: AirflowSettings): pulumi.Input<StateMetricsPlan> {
    const { dags, database, triggerer } = settings;
    const links: Partial<Record<DagDelivery, string>> = {
        [DagDelivery.GitSync]: paths.gitLink,
        [DagDelivery.Volume]: paths.currentDags,
    };
    return mapInput({ size: database.external ? undefined : database.size }, ({ size }) => ({
        processes: {
            SchedulerJob: "scheduler",
            DagProcessorJob: "dag-processor",
            ...(triggerer.replicas > 0 && { TriggererJob: "triggerer" }),
        },
        // Its disk is in a pod that nobody else may mount.
        constants: diskOf(size),
        volumes: sharesVolumes(settings)
            ? { ...(dagsOnVolume(dags) && { dags: paths.dags }), logs: paths.logs }
            : ({} as Record<string, string>),
        delivery: dags.delivery,
        link: links[dags.delivery] ?? "",
    }));
}

/**
 * A pod that looks at what Airflow does not count: its database, the heartbeats of its processes, tasks that wait, how full the
 * shared volumes are and how old the DAGs are. It logs in as Airflow does, and reads only.
 *
 * A pod of our own, and no exporter of Postgres: that one needs a login of its own, also in a database that somebody else keeps, and
 * does not know what Airflow's tables mean.
 */
export class StateMetrics extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: StateMetricsPartArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:StateMetrics", name, {}, opts);

        const { instance, keys, settings, state } = args;
        const { image, imagePullSecrets, jobs, podTemplate, podUser } = settings.airflow;
        const component = "state-metrics";
        const labels = objectLabels(instance, component);
        const namespace = args.namespace.metadata.name;
        const port = ports.stateMetrics;
        const file = "serve_metrics.py";
        const scripts = { [file]: script(__dirname, file) };
        const mount = mountedScripts(`${name}-scripts`, { instance, component, namespace, scripts }, { parent: this });
        const check = httpCheck(port, "/");
        metricsService(
            `${name}-service`,
            { instance, component, objectName: names.stateMetrics, namespace, port },
            { parent: this },
        );
        const template = {
            metadata: { labels, annotations: scrapeAnnotations(settings.metrics, port) },
            spec: airflowPodSpec({
                serviceAccount: jobs.serviceAccount,
                imagePullSecrets,
                podUser,
                mounts: [
                    mount,
                    ...dagsMounts(settings),
                    ...(sharesVolumes(settings) ? [readOnly(logsMount(settings.storage))] : []),
                    ...secretMounts(keys, ["databaseConnection"]),
                ],
                pod: { terminationGracePeriodSeconds: 2 },
                container: {
                    name: component,
                    image,
                    // Without the image's entrypoint: this is not Airflow, and starts at once.
                    command: scriptCommand(file, String(port), mapInput(stateMetricsPlan(settings), JSON.stringify)),
                    ...userEnvironment(
                        [
                            ...plainEnvironment({ ...databaseJobEnvironment(settings), PYTHONUNBUFFERED: "1" }),
                            ...secretEnvironment(keys, ["databaseConnection"]),
                        ],
                        settings.airflow,
                    ),
                    ports: [{ name: "metrics", containerPort: port }],
                    startupProbe: startupProbe(check, 1),
                    livenessProbe: livenessProbe(check),
                    readinessProbe: readinessProbe(check),
                    resources: state.resources,
                },
            }),
        };
        // Of two, Prometheus would have each number twice.
        singlePod(
            name,
            {
                metadata: { name: names.stateMetrics, namespace, labels },
                selector: selectorLabels(instance, component),
                template,
                patches: [podTemplate, state.podTemplate],
            },
            { parent: this },
        );

        this.registerOutputs({});
    }
}

function diskOf(size: string | undefined): Record<string, number> {
    return size === undefined ? {} : { airflow_database_disk_bytes: parseQuantity(size) ?? 0 };
}

function readOnly({ volume, mount }: Mount): Mount {
    return { volume, mount: { ...mount, readOnly: true } };
}
