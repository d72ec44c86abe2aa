/** Variable that carries a connection of Airflow's. */
export function connectionVariable(connectionId: string): string {
    return `AIRFLOW_CONN_${connectionId.toUpperCase()}`;
}

/** Access to a service of AWS, or of one that speaks like it. */
export interface AwsService {
    readonly accessKeyId?: string;
    readonly endpointUrl?: string;
    readonly region?: string;
}

/** The connection to a service of AWS as Airflow reads it from a variable. Without a key, whoever uses it has a role there. */
export function awsConnection({ accessKeyId, endpointUrl, region }: AwsService, secretAccessKey?: string): string {
    return JSON.stringify({
        conn_type: "aws",
        ...(accessKeyId !== undefined && { login: accessKeyId, password: secretAccessKey }),
        extra: {
            ...(region !== undefined && { region_name: region }),
            ...(endpointUrl !== undefined && { endpoint_url: endpointUrl }),
        },
    });
}
