import type * as pulumi from "@pulumi/pulumi";
import { names, ports } from "../kubernetes/names";
import type { Environment } from "../pods/environment";
import { paths } from "../pods/paths";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { SslMode } from "../settings/databaseArgs";

/** Airflow's database in the component's own Postgres. */
export const databaseName = "airflow";

/** Address of a database, and how to connect to it. */
export interface DatabaseAddress {
    readonly host: pulumi.Input<string>;
    readonly port: pulumi.Input<number>;
    readonly name: pulumi.Input<string>;
    readonly user: pulumi.Input<string>;
    /** As in libpq. */
    readonly sslMode: string;
    /** Further parameters of libpq. */
    readonly parameters: Readonly<Record<string, pulumi.Input<string>>>;
}

/** The same once it is known. */
export type KnownAddress = pulumi.Unwrap<DatabaseAddress>;

/**
 * The database of an installation.
 *
 * @param namespace Namespace of the component's own.
 * @param login Login to the component's own.
 */
export function databaseAddress(
    { database, airflow }: AirflowSettings,
    namespace: string,
    login: string,
): DatabaseAddress {
    if (database.external !== undefined) {
        return database.external;
    }
    return {
        host: `${names.postgres}.${namespace}.svc.${airflow.clusterDomain}`,
        port: ports.postgres,
        name: databaseName,
        user: login,
        sslMode: SslMode.VerifyFull,
        parameters: ownParameters,
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
    return url("postgresql+psycopg2", address, password, { sslmode: sslMode, ...parameters });
}

/**
 * The same for the second driver that Airflow uses. asyncpg calls the mode of encryption `ssl` and refuses unknown parameters,
 * so the others are left out; some reach it through the environment.
 *
 * @see https://magicstack.github.io/asyncpg/current/api/index.html#asyncpg.connection.connect
 */
export function asyncDatabaseConnection(address: KnownAddress, password?: string): string {
    const { sslMode, parameters } = address;
    const { target_session_attrs: target } = parameters;
    return url("postgresql+asyncpg", address, password, {
        ssl: sslMode,
        ...(target && { target_session_attrs: target }),
    });
}

/** Parameters of the component's own Postgres: the authority of its certificate. */
const ownParameters = { sslrootcert: `${paths.databaseAuthority}/ca.crt` };

/** Parameters that asyncpg reads from the environment only, as libpq does where the URL lacks them. */
const environmentParameters: Readonly<Record<string, string>> = {
    sslcert: "PGSSLCERT",
    sslcrl: "PGSSLCRL",
    sslkey: "PGSSLKEY",
    sslrootcert: "PGSSLROOTCERT",
    ssl_min_protocol_version: "PGSSLMINPROTOCOLVERSION",
    ssl_max_protocol_version: "PGSSLMAXPROTOCOLVERSION",
};

/** Variables of certificates, for both drivers. */
export function databaseEnvironment({ database }: AirflowSettings): Environment {
    const { parameters }: Pick<DatabaseAddress, "parameters"> = database.external ?? { parameters: ownParameters };
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
