import { PodSecurityLevel } from "../kubernetes/podSecurity";
import { backupBucketProblems } from "../logs/remoteLogsValidation";
import { podTemplateProblems } from "../pods/podTemplateValidation";
import { postgresNames } from "../pods/reservedNames";
import { Hosting } from "../settings/airflowKubernetesArgs";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import type { BackupSettings, DatabaseCleanupSettings } from "../settings/backupSettings";
import { type ExternalDatabaseArgs, SslMode } from "../settings/databaseArgs";
import { type DatabaseSettings, retainedElsewhere } from "../settings/databaseSettings";
import { existingClaimProblems } from "../storage/storageValidation";
import { check, dnsName, hostName, oneOf, pinnedImage, quantity, resources, wholeNumber } from "../validation/checks";
import type { Problem } from "../validation/problems";
import { schedule } from "../validation/schedules";
import { secretProblems } from "../validation/secrets";
import type { DatabaseAddress } from "./connection";
import { passwordsOf } from "./logins";

/** Everything that is wrong with the database. */
export function databaseProblems(settings: AirflowSettings): Problem[] {
    const { database } = settings;
    const { storageClass, external } = database;
    return [
        ...pinnedImage("database.image", database.image),
        ...(database.upgradeFrom === undefined ? [] : pinnedImage("database.upgradeFrom", database.upgradeFrom)),
        ...check(
            database.upgradeFrom === undefined || external === undefined,
            "database.upgradeFrom",
            undefined,
            "nothing with database.external: the component upgrades its own Postgres",
        ),
        ...quantity("database.size", database.size),
        ...(storageClass === undefined ? [] : dnsName("database.storageClass", storageClass)),
        ...resources("database.resources", database.resources),
        ...podTemplateProblems("database.podTemplate", database.podTemplate, {
            container: "postgres",
            reserved: postgresNames,
            podSecurity: PodSecurityLevel.Restricted,
            imageArgument: "database.image",
        }),
        ...(database.backup ? backupProblems(database.backup) : []),
        ...(database.cleanup ? cleanupProblems(database.cleanup) : []),
        ...diskProblems(settings),
        ...secretProblems("database.password", database.password, database.passwordSecret),
        ...(database.passwordSecret !== undefined && retainedElsewhere(settings)
            ? [
                  {
                      path: "database.passwordSecret",
                      allowed:
                          "nothing with database.retain and hosting readWriteMany: Postgres has a namespace of its own there",
                      remedy: "Set database.password, or database.external.",
                  },
              ]
            : []),
        ...(external === undefined ? ownPassword(database) : externalProblems(database, external)),
    ];
}

function backupProblems({ bucket, retentionDays, schedule: when, size }: BackupSettings): Problem[] {
    return [
        ...schedule("database.backup.schedule", when),
        ...wholeNumber("database.backup.retentionDays", retentionDays, 0, 3650),
        ...quantity("database.backup.size", size),
        ...(bucket === undefined ? [] : backupBucketProblems(bucket)),
    ];
}

function cleanupProblems({ batchSize, retentionDays, schedule: when }: DatabaseCleanupSettings): Problem[] {
    return [
        ...schedule("database.cleanup.schedule", when),
        ...wholeNumber("database.cleanup.retentionDays", retentionDays, 1, 3650),
        ...wholeNumber("database.cleanup.batchSize", batchSize, 100, 100_000),
    ];
}

function diskProblems({ createNamespaces, hosting, database, namespaces }: AirflowSettings): Problem[] {
    // Where they are somebody else's, destroy leaves Airflow's namespace, too.
    const { airflow, ...others } = namespaces;
    const removed = createNamespaces ? namespaces : others;
    const { existingClaim, external, retain, storageClass } = database;
    const ofNode = retain && external === undefined && hosting === Hosting.Minikube;
    return [
        ...(existingClaim === undefined
            ? []
            : [
                  ...existingClaimProblems("database.existingClaim", existingClaim, removed),
                  ...check(
                      retain && hosting === Hosting.ReadWriteMany && external === undefined,
                      "database.existingClaim",
                      existingClaim,
                      "a claim only with hosting readWriteMany and database.retain true, and without database.external",
                  ),
              ]),
        ...check(
            !ofNode || storageClass === undefined,
            "database.storageClass",
            storageClass,
            "none with hosting minikube and database.retain: the data then lie in a directory of the node",
        ),
    ];
}

function ownPassword({ password }: DatabaseSettings): Problem[] {
    if (typeof password !== "string") {
        return [];
    }
    const passwords = passwordsOf(password);
    return passwords.length > 2 || !passwords.every((each) => /^[\x21-\x2b\x2d-\x7e]{8,128}$/.test(each))
        ? [
              {
                  path: "database.password",
                  allowed: "8 to 128 printable characters without spaces and commas, or two such passwords as NEW,OLD",
              },
          ]
        : [];
}

/** Parameters that have settings of their own, or that hold secrets. */
const otherSettings: Readonly<Record<string, string>> = {
    dbname: "Set database.external.name.",
    host: "Set database.external.host.",
    hostaddr: "Set database.external.host.",
    passfile: "Set database.password.",
    password: "Set database.password.",
    port: "Set database.external.port.",
    service: "Set database.external.",
    sslmode: "Set database.external.sslMode.",
    sslpassword: "Use a key without a passphrase: this setting would be readable in every pod.",
    user: "Set database.external.user.",
};

/** What is wrong with the address of a database that exists, as far as that is known. */
function addressProblems({ host, port, name, user }: Omit<DatabaseAddress, "parameters">): Problem[] {
    const text = (path: string, value: unknown) =>
        typeof value === "string"
            ? check(/^[^\p{C}]{1,63}$/u.test(value), path, value, "1 to 63 characters, as Postgres knows it")
            : [];
    return [
        ...(typeof host === "string" ? hostName("database.external.host", host) : []),
        ...(typeof port === "number" ? wholeNumber("database.external.port", port, 1, 65_535) : []),
        ...text("database.external.name", name),
        ...text("database.external.user", user),
    ];
}

function externalProblems(database: DatabaseSettings, external: Required<ExternalDatabaseArgs>): Problem[] {
    const { sslMode, parameters } = external;
    const { password } = database;
    return [
        ...addressProblems(external),
        ...oneOf("database.external.sslMode", sslMode, SslMode),
        ...Object.entries(parameters).flatMap(([key, value]) => {
            const path = `database.external.parameters.${key}`;
            if (Object.hasOwn(otherSettings, key)) {
                return [{ path, allowed: "no parameter that has a setting of its own", remedy: otherSettings[key] }];
            }
            return check(
                /^[a-z_]+$/.test(key),
                path,
                value,
                "names of libpq parameters: small letters and underscores",
            );
        }),
        ...check(
            (password !== undefined && password !== "") || database.passwordSecret !== undefined,
            "database.password",
            undefined,
            "the password of the user, which an external database needs",
            "Set database.password.",
        ),
        ...check(
            !database.retain,
            "database.retain",
            database.retain,
            "false with database.external: no destroy touches a database that the component has not made",
        ),
    ];
}
