import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { asyncDatabaseConnection, databaseAddress, databaseConnection } from "../database/connection";
import { keptLogin, loginOf, loginsFile, passwordsOf } from "../database/logins";
import { objectLabels } from "../kubernetes/labels";
import type { PlacedNamespace } from "../kubernetes/placedNamespace";
import { replacedWithData } from "../kubernetes/replacement";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import { bucketConnection, bucketVariable } from "../logs/remoteLogs";
import type { Mount } from "../pods/airflowPod";
import type { SecretKeys, SecretVariable } from "../pods/secretKeys";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { hasFirstUser, simplePasswords } from "./signIn";

/** Where both drivers of Postgres look for a password that the URL lacks. */
const passwordVariable = "PGPASSWORD";

/** Arguments of {@link AirflowSecrets}. */
export interface AirflowSecretsArgs {
    readonly instance: string;
    readonly namespace: PlacedNamespace;
    readonly settings: AirflowSettings;
    /** Namespace of the component's own database; Airflow's where it makes none. */
    readonly postgresNamespace: pulumi.Input<string>;
    /** The authority of the component's own database. */
    readonly databaseAuthority?: Mount;
}

/** Names of the Secrets in Airflow's namespace; undefined where there is no need for one. */
export interface MadeSecrets {
    readonly database: pulumi.Output<string>;
    readonly encryption?: pulumi.Output<string>;
    readonly api?: pulumi.Output<string>;
    readonly admin?: pulumi.Output<string>;
    readonly users?: pulumi.Output<string>;
    readonly signIn?: pulumi.Output<string>;
    readonly logs?: pulumi.Output<string>;
    readonly backup?: pulumi.Output<string>;
}

/**
 * Keys and passwords that are in no Secret of somebody else's: generated once and kept in the stack, with one Secret per group
 * of processes that may know it. All are in Airflow's namespace; none is in the workers'.
 *
 * The Secrets are named by the provider, so that a changed value is a new Secret and rolls the pods that use it.
 */
export class AirflowSecrets extends pulumi.ComponentResource {
    /** Where each value lies. */
    public readonly keys: SecretKeys;
    /** Names of the Secrets that are made here. */
    public readonly names: MadeSecrets;
    /** Logins of the component's own database, with their passwords; undefined where somebody else keeps the password. Secret. */
    public readonly databaseLogins?: pulumi.Output<string>;
    /** Password of the first user, empty where somebody else keeps it, or where there is none. Secret. */
    public readonly adminPassword: pulumi.Output<string>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowSecretsArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:AirflowSecrets", name, {}, opts);

        const { airflow, admin, auth, database, logs } = args.settings;
        const password = (noun: string, length: number) =>
            new random.RandomPassword(`${name}-${noun}`, { length, special: false }, { parent: this }).result;
        const secret = (noun: string, stringData: Record<string, pulumi.Input<string>>) =>
            new k8s.core.v1.Secret(
                `${name}-${noun}`,
                {
                    metadata: { namespace: args.namespace.metadata.name, labels: objectLabels(args.instance, noun) },
                    stringData: pulumi.secret(stringData),
                },
                { parent: this, ...replacedWithData },
            ).metadata.name;

        // A password in a Secret of somebody else's is not generated, and its value is unknown.
        const databasePasswords =
            database.passwordSecret === undefined
                ? pulumi.secret(database.password ?? password("database-password", 32))
                : undefined;
        // That of a database that exists is somebody else's, with whatever characters.
        const databasePassword =
            database.external === undefined
                ? databasePasswords?.apply((passwords) => passwordsOf(passwords)[0] as string)
                : databasePasswords;
        const connection = (make: typeof databaseConnection) =>
            pulumi.all([databasePassword, args.postgresNamespace]).apply(([value, namespace]) => {
                const login = value === undefined || database.external !== undefined ? keptLogin : loginOf(value);
                return pulumi
                    .output(databaseAddress(args.settings, namespace, login))
                    .apply((address) => make(address, value));
            });
        const databaseSecret = secret("database", {
            connection: connection(databaseConnection),
            "async-connection": connection(asyncDatabaseConnection),
            ...(databasePassword !== undefined && { password: databasePassword }),
        });
        this.databaseLogins = database.external === undefined ? databasePasswords?.apply(loginsFile) : undefined;
        const databaseVariable = (key: string): SecretVariable => ({
            value: { name: databaseSecret, key },
            ...(database.passwordSecret && { with: { [passwordVariable]: database.passwordSecret } }),
        });

        const signing = {
            ...(airflow.jwtKeySecret === undefined && {
                "jwt-secret": airflow.jwtKey ?? password("jwt-secret", 64),
            }),
            ...(airflow.apiSecretKeySecret === undefined && {
                "secret-key": airflow.apiSecretKey ?? password("api-secret-key", 64),
            }),
        };
        const apiSecret = Object.keys(signing).length > 0 ? secret("api", signing) : undefined;
        const encryptionSecret =
            airflow.fernetKeySecret === undefined
                ? secret("encryption", {
                      "fernet-key": airflow.fernetKey ?? generatedFernetKey(`${name}-fernet-key`, this),
                  })
                : undefined;

        const adminPassword =
            hasFirstUser(args.settings) && admin.passwordSecret === undefined
                ? (admin.password ?? password("admin-password", 24))
                : undefined;
        this.adminPassword = pulumi.secret(adminPassword ?? "");
        const adminSecret = adminPassword === undefined ? undefined : secret("admin", { password: this.adminPassword });
        const ownPasswords = Object.fromEntries(
            auth.users.flatMap((user, number) =>
                user.password === undefined || user.passwordSecret ? [] : [[`password-${number}`, user.password]],
            ),
        );
        const usersSecret = Object.keys(ownPasswords).length > 0 ? secret("users", ownPasswords) : undefined;
        const { oidc, ldap, keycloak } = auth;
        const signIn = {
            ...(oidc?.clientSecret !== undefined && { "oidc-client-secret": oidc.clientSecret }),
            ...(ldap?.bindPassword !== undefined && { "ldap-bind-password": ldap.bindPassword }),
            ...(keycloak?.clientSecret !== undefined && { "keycloak-client-secret": keycloak.clientSecret }),
        };
        const signInSecret = Object.keys(signIn).length > 0 ? secret("sign-in", signIn) : undefined;
        const signInKey = (key: keyof typeof signIn, kept: SecretKeyArgs | undefined): SecretVariable | undefined =>
            kept ? { value: kept } : signInSecret && key in signIn ? { value: { name: signInSecret, key } } : undefined;
        const passwords = {
            adminPassword: hasFirstUser(args.settings)
                ? (admin.passwordSecret ?? { name: adminSecret ?? "", key: "password" })
                : undefined,
            userPasswords: auth.users.map(
                ({ passwordSecret }, number) =>
                    passwordSecret ?? { name: usersSecret ?? "", key: `password-${number}` },
            ),
        };
        const keptLogs = logs.remote && bucketVariable(logs.remote);
        const logsSecret =
            logs.remote !== undefined && keptLogs === undefined
                ? secret("logs", { connection: bucketConnection(logs.remote) })
                : undefined;
        const bucket = database.backup?.bucket;
        const keptBackup = bucket && bucketVariable(bucket);
        const backupSecret =
            bucket !== undefined && keptBackup === undefined
                ? secret("backup", { connection: bucketConnection(bucket) })
                : undefined;

        this.keys = {
            databaseConnection: databaseVariable("connection"),
            asyncDatabaseConnection: databaseVariable("async-connection"),
            ...(args.databaseAuthority && { databaseAuthority: args.databaseAuthority }),
            fernetKey: { value: airflow.fernetKeySecret ?? { name: encryptionSecret ?? "", key: "fernet-key" } },
            jwtKey: { value: airflow.jwtKeySecret ?? { name: apiSecret ?? "", key: "jwt-secret" } },
            apiSecretKey: { value: airflow.apiSecretKeySecret ?? { name: apiSecret ?? "", key: "secret-key" } },
            ...passwords,
            oidcClientSecret: signInKey("oidc-client-secret", oidc?.clientSecretSecret),
            ldapBindPassword: signInKey("ldap-bind-password", ldap?.bindPasswordSecret),
            keycloakClientSecret: signInKey("keycloak-client-secret", keycloak?.clientSecretSecret),
            simplePasswords: simplePasswords(args.settings, passwords),
            ...(logs.remote !== undefined && {
                logsConnection: keptLogs ?? { value: { name: logsSecret ?? "", key: "connection" } },
            }),
            ...(bucket !== undefined && {
                backupConnection: keptBackup ?? { value: { name: backupSecret ?? "", key: "connection" } },
            }),
        };
        this.names = {
            database: databaseSecret,
            encryption: encryptionSecret,
            api: apiSecret,
            admin: adminSecret,
            users: usersSecret,
            signIn: signInSecret,
            logs: logsSecret,
            backup: backupSecret,
        };

        this.registerOutputs({ adminPassword: this.adminPassword, names: this.names });
    }
}

/** 32 random bytes in url-safe base64, which is what Fernet asks for. */
function generatedFernetKey(name: string, parent: pulumi.Resource): pulumi.Output<string> {
    const bytes = new random.RandomBytes(name, { length: 32 }, { parent });
    return bytes.base64.apply((base64) => base64.replaceAll("+", "-").replaceAll("/", "_"));
}
