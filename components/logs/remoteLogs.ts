import * as pulumi from "@pulumi/pulumi";
import type { SecretVariable } from "../airflow/secretKeys";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { mapInput } from "../kubernetes/known";
import { expanding } from "../kubernetes/literal";
import type { LogsSettings } from "./logsSettings";

/** Name of the connection to the bucket of logs. */
const connectionId = "airflow_logs";

/** Carries a secret access key that somebody else keeps. */
const secretAccessKeyVariable = "AIRFLOW_LOGS_SECRET_ACCESS_KEY";

type RemoteLogs = NonNullable<LogsSettings["remote"]>;

/** The variable that Airflow finds that connection in. */
export const logsConnectionVariable = `AIRFLOW_CONN_${connectionId.toUpperCase()}`;

/**
 * What processes and tasks are told of the bucket. Nothing in it is secret: a task asks the Execution API for the connection.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/logging/s3-task-handler.html
 */
export function remoteLogsEnvironment({ logs: { remote } }: AirflowSettings): Record<string, pulumi.Input<string>> {
    if (remote === undefined) {
        return {};
    }
    return {
        // The file on the shared volume is what the UI shows while a task runs. It is emptied once it was copied, and may be
        // written again by a task that was deferred; the CronJob removes it in its time.
        AIRFLOW__LOGGING__DELETE_LOCAL_LOGS: "False",
        AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER: remote.url,
        AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID: connectionId,
        AIRFLOW__LOGGING__REMOTE_LOGGING: "True",
    };
}

/** The connection, as Airflow reads it from a variable. */
export function logsConnection(remote: RemoteLogs): pulumi.Output<string> {
    return pulumi.output(remote).apply((known) => connection(known, known.secretAccessKey));
}

/** The same where somebody else keeps the secret access key. */
export function logsVariable(remote: RemoteLogs): SecretVariable | undefined {
    const { secretAccessKeySecret } = remote;
    return (
        secretAccessKeySecret && {
            value: mapInput(remote, (known) =>
                expanding(connection(known, `$(${secretAccessKeyVariable})`), [secretAccessKeyVariable]),
            ),
            with: { [secretAccessKeyVariable]: secretAccessKeySecret },
        }
    );
}

function connection(remote: pulumi.Unwrap<RemoteLogs>, secretAccessKey?: string): string {
    const { accessKeyId, endpointUrl, region } = remote;
    return JSON.stringify({
        conn_type: "aws",
        ...(accessKeyId !== undefined && { login: accessKeyId, password: secretAccessKey }),
        extra: { region_name: region, ...(endpointUrl !== undefined && { endpoint_url: endpointUrl }) },
    });
}
