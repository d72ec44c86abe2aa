import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { packagesMounts } from "../dags/dagsMounts";
import { names, ports } from "../kubernetes/names";
import { httpCheck } from "../kubernetes/probes";
import { workloadTimeouts } from "../kubernetes/timeouts";
import { urlPath } from "../networking/urls";
import { logsMount } from "./airflowPod";
import { type AirflowProcessArgs, airflowWorkload } from "./airflowProcess";
import { disruptionBudget } from "./disruptionBudget";

/**
 * The api-server: UI, REST API, and the Execution API that tasks report to.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/overview.html
 */
export class ApiServer extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowProcessArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:ApiServer", name, {}, opts);

        const workload = airflowWorkload({
            ...args,
            command: "api-server",
            endsWithoutDatabase: false,
            objectName: names.apiServer,
            process: args.settings.apiServer,
            secrets: [
                "databaseConnection",
                "fernetKey",
                "jwtSecret",
                "apiSecretKey",
                "gitConnection",
                "logsConnection",
            ],
            // It loads plugins of providers, and shows the logs of tasks whose pods are gone.
            mounts: [...packagesMounts(args.settings), logsMount(args.settings.storage.claims)],
            // It shows the logs of tasks that run.
            serviceAccountToken: true,
            port: { name: "http", containerPort: ports.apiServer },
            terminationGracePeriodSeconds: 30,
            // The version does not depend on the database: a slow database is not mended by a restart of the UI.
            health: {
                check: httpCheck(ports.apiServer, `${urlPath(args.settings.airflow.url)}/api/v2/version`),
                startupPeriodSeconds: 1,
                readiness: true,
            },
        });
        const { metadata, replicas, selector, template } = workload;
        new k8s.apps.v1.Deployment(
            `${name}-deployment`,
            { metadata, spec: { replicas, selector, template } },
            { parent: this, customTimeouts: workloadTimeouts },
        );
        new k8s.core.v1.Service(
            `${name}-service`,
            {
                metadata,
                spec: {
                    selector: selector.matchLabels,
                    ports: [{ name: "http", port: ports.apiServer, targetPort: "http" }],
                },
            },
            { parent: this, customTimeouts: workloadTimeouts },
        );
        disruptionBudget(name, workload, this);

        this.registerOutputs({});
    }
}
