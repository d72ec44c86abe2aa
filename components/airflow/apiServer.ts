import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { apiServerMounts } from "../dags/dagsMounts";
import { names, ports } from "../kubernetes/names";
import { workloadTimeouts } from "../kubernetes/timeouts";
import { logsMount, type Mount } from "../pods/airflowPod";
import { type AirflowProcessArgs, airflowWorkload } from "./airflowProcess";
import { apiServerArgs, apiServerCheck, executionHealth, listens, oneByOne, trustedProxies } from "./apiServers";
import { processDeployment } from "./processDeployment";
import { signInEnvironment, startModule } from "./signIn";
import { webserverConfigEnvironment } from "./webserverConfig";

/** Arguments of {@link ApiServer}. */
export interface ApiServerArgs extends AirflowProcessArgs {
    /** How people log in, where the user says so. */
    readonly webserverConfig?: Mount;
}

/**
 * The api-server: UI, REST API, and the Execution API that tasks report to, unless that has api-servers of its own.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/overview.html
 */
export class ApiServer extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: ApiServerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:ApiServer", name, {}, opts);

        const besideDags = apiServerMounts(args.settings);
        const servesTasks = args.settings.executionApi === undefined;
        const check = (path: string) => apiServerCheck(args.settings, path);
        const workload = airflowWorkload({
            ...args,
            command: "api-server",
            endsWithoutDatabase: false,
            loadsPlugins: besideDags.length > 0,
            objectName: names.apiServer,
            account: "apiServer",
            process: args.settings.apiServer,
            secrets: [
                "databaseConnection",
                "fernetKey",
                "jwtKey",
                "apiSecretKey",
                "bundleConnections",
                "logsConnection",
                "oidcClientSecret",
                "ldapBindPassword",
                "keycloakClientSecret",
                "simplePasswords",
            ],
            // It loads plugins of providers, and shows the logs of tasks whose pods are gone.
            mounts: [
                ...besideDags,
                logsMount(args.settings.storage),
                ...(args.webserverConfig ? [args.webserverConfig] : []),
            ],
            // Behind a proxy that ends TLS, what it says of the address decides whether cookies are for https alone.
            args: (start) =>
                apiServerArgs(startModule(args.settings), [...start, ...(servesTasks ? [] : ["--apps", "core"])]),
            environment: {
                ...signInEnvironment(args.settings),
                ...(args.webserverConfig ? webserverConfigEnvironment : {}),
                FORWARDED_ALLOW_IPS: trustedProxies(args.settings),
            },
            // It shows the logs of tasks that run.
            serviceAccountToken: true,
            ...listens,
            // The version does not depend on the database: restarting the UI does not help against a slow database.
            health: {
                check: check("/api/v2/version"),
                // The Execution API is put together at its first request, for which all others wait for seconds.
                ...(servesTasks && { startupCheck: check(executionHealth) }),
                startupPeriodSeconds: 1,
                readiness: true,
            },
        });
        processDeployment(name, workload, this, oneByOne);
        const { metadata, selector } = workload;
        new k8s.core.v1.Service(
            `${name}-service`,
            {
                metadata: { ...metadata, annotations: args.settings.apiServer.serviceAnnotations },
                spec: {
                    selector: selector.matchLabels,
                    ports: [{ name: "http", port: ports.apiServer, targetPort: "http" }],
                },
            },
            { parent: this, customTimeouts: workloadTimeouts },
        );

        this.registerOutputs({});
    }
}
