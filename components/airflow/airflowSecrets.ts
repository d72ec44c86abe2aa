import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import {
    asyncDatabaseConnection,
    databaseAddress,
    databaseConnection,
    type KnownAddress,
} from "../database/connection";
import { retainedElsewhere } from "../database/databaseSettings";
import { addressProblems } from "../database/databaseValidation";
import { objectLabels } from "../kubernetes/labels";
import { logsConnection, logsVariable } from "../logs/remoteLogs";
import { ArgumentsError } from "../problems";
import type { SecretKeys, SecretVariable } from "./secretKeys";

/** Where both drivers of Postgres look for a password that the URL lacks. */
const passwordVariable = "PGPASSWORD";

/** Arguments of {@link AirflowSecrets}. */
export interface AirflowSecretsArgs {
    readonly instance: string;
    readonly namespace: k8s.core.v1.Namespace;
    readonly settings: AirflowSettings;
    /** Namespace of the component's own database; Airflow's where it makes none. */
    readonly postgresNamespace: pulumi.Input<string>;
}

/**
 * Every key and password that nobody else keeps, made once and kept in the stack, and the Secrets that carry them, one for each circle of
 * processes that has to know them. All are in Airflow's namespace; none is in the workers'.
 *
 * The Secrets are named by the provider, so that a changed value is a new Secret and rolls the pods that use it.
 */
export class AirflowSecrets extends pulumi.ComponentResource {
    /** Where each value lies. */
    public readonly keys: SecretKeys;
    /** Password of the first user, empty where somebody else keeps it. Secret. */
    public readonly adminPassword: pulumi.Output<string>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:AirflowSecrets", name, {}, opts);

        const { airflow, admin, database, logs } = args.settings;
        const password = (noun: string, length: number) =>
            new random.RandomPassword(`${name}-${noun}`, { length, special: false }, { parent: this }).result;
        const secret = (
            noun: string,
            stringData: Record<string, pulumi.Input<string>>,
            namespace: pulumi.Input<string> = args.namespace.metadata.name,
        ) =>
            new k8s.core.v1.Secret(
                `${name}-${noun}`,
                {
                    metadata: { namespace, labels: objectLabels(args.instance, noun) },
                    stringData: pulumi.secret(stringData),
                },
                { parent: this },
            ).metadata.name;

        // What somebody else keeps is not made here, and no value of it is known.
        const databasePassword =
            database.passwordSecret === undefined
                ? (database.password ?? password("database-password", 32))
                : undefined;
        const connection = (make: typeof databaseConnection) =>
            pulumi
                .all([databasePassword, args.postgresNamespace])
                .apply(([value, namespace]) =>
                    pulumi
                        .output(databaseAddress(args.settings, namespace))
                        .apply((address) => make(rightAddress(address, database.external !== undefined), value)),
                );
        const databaseSecret = secret("database", {
            connection: connection(databaseConnection),
            "async-connection": connection(asyncDatabaseConnection),
            ...(databasePassword !== undefined && { password: databasePassword }),
        });
        // A pod can only be given a Secret of its own namespace.
        const postgresSecret =
            databasePassword !== undefined && retainedElsewhere(args.settings)
                ? secret("postgres-password", { password: databasePassword }, args.postgresNamespace)
                : databaseSecret;
        const databaseVariable = (key: string): SecretVariable => ({
            value: { name: databaseSecret, key },
            ...(database.passwordSecret && { with: { [passwordVariable]: database.passwordSecret } }),
        });

        const signing = {
            ...(airflow.jwtSecret === undefined && { "jwt-secret": password("jwt-secret", 64) }),
            ...(airflow.apiSecretKey === undefined && { "secret-key": password("api-secret-key", 64) }),
        };
        const apiSecret = Object.keys(signing).length > 0 ? secret("api", signing) : "";

        const adminPassword =
            admin.passwordSecret === undefined ? (admin.password ?? password("admin-password", 24)) : undefined;
        this.adminPassword = pulumi.secret(adminPassword ?? "");

        this.keys = {
            databaseConnection: databaseVariable("connection"),
            asyncDatabaseConnection: databaseVariable("async-connection"),
            databasePassword: database.passwordSecret ?? { name: postgresSecret, key: "password" },
            fernetKey: {
                value: airflow.fernetKeySecret ?? {
                    name: secret("encryption", {
                        "fernet-key": airflow.fernetKey ?? generatedFernetKey(`${name}-fernet-key`, this),
                    }),
                    key: "fernet-key",
                },
            },
            jwtSecret: { value: airflow.jwtSecret ?? { name: apiSecret, key: "jwt-secret" } },
            apiSecretKey: { value: airflow.apiSecretKey ?? { name: apiSecret, key: "secret-key" } },
            adminPassword: admin.passwordSecret ?? {
                name: secret("admin", { password: this.adminPassword }),
                key: "password",
            },
            ...(logs.remote !== undefined && {
                logsConnection: logsVariable(logs.remote) ?? {
                    value: { name: secret("logs", { connection: logsConnection(logs.remote) }), key: "connection" },
                },
            }),
        };

        this.registerOutputs({ adminPassword: this.adminPassword });
    }
}

/** An address that only the update knows is looked at when it arrives. */
function rightAddress(address: KnownAddress, isExternal: boolean): KnownAddress {
    const problems = isExternal ? addressProblems(address) : [];
    if (problems.length > 0) {
        throw new ArgumentsError(problems);
    }
    return address;
}

/** 32 random bytes in url-safe base64, which is what Fernet asks for. */
function generatedFernetKey(name: string, parent: pulumi.Resource): pulumi.Output<string> {
    const bytes = new random.RandomBytes(name, { length: 32 }, { parent });
    return bytes.base64.apply((base64) => base64.replaceAll("+", "-").replaceAll("/", "_"));
}
