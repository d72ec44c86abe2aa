import { Hosting } from "../airflowKubernetesArgs";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { PodSecurityLevel } from "../kubernetes/podSecurity";
import { podTemplateProblems } from "../pods/podTemplateValidation";
import { postgresNames } from "../pods/reservedNames";
import type { Problem } from "../problems";
import { existingClaimProblems } from "../storage/storageValidation";
import { check, dnsName, hostName, oneOf, pinnedImage, quantity, resources, wholeNumber } from "../validation/checks";
import { secretProblems } from "../validation/secrets";
import type { DatabaseAddress } from "./connection";
import { type ExternalDatabaseArgs, SslMode } from "./databaseArgs";
import { type DatabaseSettings, retainedElsewhere } from "./databaseSettings";

/** Everything that is wrong with the database. */
export function databaseProblems(settings: AirflowSettings): Problem[] {
    const { database } = settings;
    const { storageClass, external } = database;
    return [
        ...pinnedImage("database.image", database.image),
        ...quantity("database.size", database.size),
        ...(storageClass === undefined ? [] : dnsName("database.storageClass", storageClass)),
        ...resources("database.resources", database.resources),
        ...podTemplateProblems("database.podTemplate", database.podTemplate, {
            container: "postgres",
            reserved: postgresNames,
            podSecurity: PodSecurityLevel.Restricted,
            imageArgument: "database.image",
        }),
        ...diskProblems(settings),
        ...secretProblems("database.password", database.password, database.passwordSecret),
        ...(database.passwordSecret !== undefined && retainedElsewhere(settings)
            ? [
                  {
                      path: "database.passwordSecret",
                      allowed:
                          "nothing with database.retain and hosting readWriteMany: Postgres has a namespace of its own there",
                      remedy: "Set databasePassword (pulumi config set --secret databasePassword), or database.external.",
                  },
              ]
            : []),
        ...(external === undefined ? ownPassword(database) : externalProblems(database, external)),
    ];
}

function diskProblems({ hosting, database, namespaces }: AirflowSettings): Problem[] {
    const { existingClaim, external, retain, storageClass } = database;
    const ofNode = retain && external === undefined && hosting === Hosting.Minikube;
    return [
        ...(existingClaim === undefined
            ? []
            : [
                  ...existingClaimProblems("database.existingClaim", existingClaim, namespaces),
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
    return typeof password === "string" && !/^[\x21-\x7e]{8,128}$/.test(password)
        ? [{ path: "database.password", allowed: "8 to 128 printable characters without spaces" }]
        : [];
}

/** Parameters that have settings of their own, or that hold secrets. */
const otherSettings: Readonly<Record<string, string>> = {
    dbname: "Set database.external.name.",
    host: "Set database.external.host.",
    hostaddr: "Set database.external.host.",
    passfile: "Set databasePassword.",
    password: "Set databasePassword.",
    port: "Set database.external.port.",
    service: "Set database.external.",
    sslmode: "Set database.external.sslMode.",
    sslpassword: "Use a key without a passphrase: this setting would be readable in every pod.",
    user: "Set database.external.user.",
};

/** What is wrong with the address of a database that exists, as far as that is known. */
export function addressProblems({ host, port, name, user }: Omit<DatabaseAddress, "parameters">): Problem[] {
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
            "Set it: pulumi config set --secret databasePassword",
        ),
        ...check(
            !database.retain,
            "database.retain",
            database.retain,
            "false with database.external: no destroy touches a database that the component has not made",
        ),
    ];
}
