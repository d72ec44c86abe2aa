import { names, ports } from "../kubernetes/names";

/** User and database of Airflow in Postgres. */
export const databaseUser = "airflow";
export const databaseName = "airflow";

/**
 * URL of the metadata database. It names its driver: without it SQLAlchemy may choose one that the image lacks.
 *
 * @see https://airflow.apache.org/docs/apache-airflow/stable/howto/set-up-database.html#setting-up-a-postgresql-database
 */
export function databaseConnection(password: string, namespace: string, clusterDomain: string): string {
    const host = `${names.postgres}.${namespace}.svc.${clusterDomain}`;
    const credentials = `${databaseUser}:${encodeURIComponent(password)}`;
    return `postgresql+psycopg2://${credentials}@${host}:${ports.postgres}/${databaseName}`;
}
