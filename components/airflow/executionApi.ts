import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { apiServerMounts } from "../dags/dagsMounts";
import { skipAwait } from "../kubernetes/annotations";
import { objectLabels, selectorLabels } from "../kubernetes/labels";
import { names, ports } from "../kubernetes/names";
import type { ProcessSettings } from "../settings/airflowKubernetesDefaults";
import { type AirflowProcessArgs, airflowWorkload, type Workload } from "./airflowProcess";
import { apiServerArgs, apiServerCheck, executionHealth, listens, oneByOne } from "./apiServers";
import { processDeployment } from "./processDeployment";

/**
 * What tasks report to: a Service, whose pods are those of the api-server, or api-servers that serve the Execution API and nothing
 * else. The Service stays when the pods behind it become others, so tasks that run find them.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/overview.html
 */
export class ExecutionApi extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowProcessArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:ExecutionApi", name, {}, opts);

        const { instance, namespace, settings } = args;
        const component = settings.executionApi === undefined ? "api-server" : "execution-api";
        const workload = settings.executionApi && executionApiWorkload(args, settings.executionApi);
        const deployment = workload && processDeployment(name, workload, this, oneByOne);
        new k8s.core.v1.Service(
            `${name}-service`,
            {
                metadata: {
                    name: names.executionApi,
                    namespace: namespace.metadata.name,
                    labels: objectLabels(instance, "execution-api"),
                    // It is made when its pods answer: an update need not wait ten seconds more to see that they do.
                    annotations: skipAwait,
                },
                spec: {
                    selector: selectorLabels(instance, component),
                    ports: [{ name: "http", port: ports.apiServer, targetPort: "http" }],
                },
            },
            // It turns to pods that answer.
            { parent: this, dependsOn: deployment ? [deployment] : [] },
        );

        this.registerOutputs({});
    }
}

/** It hands out what tasks ask for, such as connections of a secrets backend, and shows nothing: it has no logs and no sessions. */
function executionApiWorkload(args: AirflowProcessArgs, process: ProcessSettings): Workload {
    const besideDags = apiServerMounts(args.settings);
    return airflowWorkload({
        ...args,
        command: "execution-api",
        endsWithoutDatabase: false,
        loadsPlugins: besideDags.length > 0,
        objectName: names.executionApi,
        account: "executionApi",
        process,
        secrets: ["databaseConnection", "fernetKey", "jwtKey", "bundleConnections", "logsConnection"],
        mounts: besideDags,
        args: () => apiServerArgs("airflow_kubernetes.keys", ["api-server", "--apps", "execution"]),
        ...listens,
        health: {
            check: apiServerCheck(args.settings, executionHealth),
            startupPeriodSeconds: 1,
            readiness: true,
        },
    });
}
