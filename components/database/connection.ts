import type * as pulumi from "@pulumi/pulumi";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { names, ports } from "../kubernetes/names";

/** User and database of Airflow in the component's own Postgres. */
export const databaseUser = "airflow";
export const databaseName = "airflow";

/** Where a database is, and how it is spoken to. */
export interface DatabaseAddress {
    readonly host: pulumi.Input<string>;
    readonly port: pulumi.Input<number>;
    readonly name: pulumi.Input<string>;
    readonly user: pulumi.Input<string>;
    /** As libpq knows it; none for the component's own Postgres. */
    readonly sslMode?: string;
    /** Further parameters of libpq. */
    readonly parameters: Readonly<Record<string, string>>;
}

/** The same once it is known. */
export type KnownAddress = pulumi.Unwrap<DatabaseAddress>;

/** The database of an installation. The component's own is in `namespace`. */
export function databaseAddress({ database, airflow }: AirflowSettings, namespace: string): DatabaseAddress {
    if (database.external !== undefined) {
        return database.external;
    }
    return {
        host: `${names.postgres}.${namespace}.svc.${airflow.clusterDomain}`,
        port: ports.postgres,
        name: databaseName,
        user: databaseUser,
        parameters: {},
    };
}

/**
 * URL of the metadata database. It names its driver: without it SQLAlchemy may choose one that the image lacks.
 *
 * @param password Left out where a variable has it.
 * @see https://airflow.apache.org/docs/apache-airflow/stable/howto/set-up-database.html#setting-up-a-postgresql-database
 */
export function databaseConnection(address: KnownAddress, password?: string): string {
    const { sslMode, parameters } = address;
    return url("postgresql+psycopg2", address, password, { ...(sslMode && { sslmode: sslMode }), ...parameters });
}

/**
 * The same for the second driver that Airflow uses. asyncpg calls the mode of encryption `ssl`, and refuses what it does not
 * know, so the other parameters do not come here: some reach it through the environment.
 *
 * @see https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.connection.connect
 */
export function asyncDatabaseConnection(address: KnownAddress, password?: string): string {
    const { sslMode, parameters } = address;
    const { target_session_attrs: target } = parameters;
    return url("postgresql+asyncpg", address, password, {
        ...(sslMode && { ssl: sslMode }),
        ...(target && { target_session_attrs: target }),
    });
}

/** Parameters that asyncpg reads from the environment only, as libpq does where they are not given. */
const environmentParameters: Readonly<Record<string, string>> = {
    sslcert: "PGSSLCERT",
    sslcrl: "PGSSLCRL",
    sslkey: "PGSSLKEY",
    sslrootcert: "PGSSLROOTCERT",
    ssl_min_protocol_version: "PGSSLMINPROTOCOLVERSION",
    ssl_max_protocol_version: "PGSSLMAXPROTOCOLVERSION",
};

/** Variables that tell both drivers of certificates. */
export function databaseEnvironment({ database }: AirflowSettings): Record<string, string> {
    const { parameters = {} } = database.external ?? {};
    return Object.fromEntries(
        Object.entries(environmentParameters)
            .filter(([parameter]) => parameters[parameter] !== undefined)
            .map(([parameter, variable]) => [variable, parameters[parameter]]),
    );
}

function url(
    scheme: string,
    address: KnownAddress,
    password: string | undefined,
    query: Record<string, string>,
): string {
    const { host, port, name, user } = address;
    const secret = password === undefined ? "" : `:${encodeURIComponent(password)}`;
    const place = host.includes(":") ? `[${host}]` : host;
    const pairs = Object.entries(query).map(
        ([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`,
    );
    return (
        `${scheme}://${encodeURIComponent(user)}${secret}@${place}:${port}` +
        `/${encodeURIComponent(name)}${pairs.length === 0 ? "" : `?${pairs.join("&")}`}`
    );
}
