import fc from "fast-check";
import { z } from "zod";
import { schema } from "../../config";
import { combinations } from "./combinations";
import { hostileVariant } from "./hostileTexts";
import type { StackValues } from "./program";

/** A part of the schema, as JSON Schema puts it. */
interface Shape {
    readonly type?: string;
    readonly enum?: readonly string[];
    readonly properties?: Readonly<Record<string, Shape>>;
    readonly required?: readonly string[];
    readonly additionalProperties?: Shape | false;
    readonly items?: Shape;
    readonly minimum?: number;
    readonly maximum?: number;
}

/** A part of the schema and where it is; places in a list are `[]`, keys that anybody may choose are `*`. */
interface Place {
    readonly path: string;
    readonly shape: Shape;
}

/** Seed of random tests unless another is given: what fails in a run was broken by a change, and not found by luck. */
const usualSeed = 20_261_126;

/** How random tests are run. Fast-check prints seed and path of a failure: given here, they repeat it. */
export const randomRun = (runs: number): fc.Parameters<unknown> => {
    const { RANDOM_RUNS, RANDOM_SEED, RANDOM_PATH } = process.env;
    return {
        numRuns: RANDOM_RUNS === undefined ? runs : Number(RANDOM_RUNS),
        seed: RANDOM_SEED === undefined ? usualSeed : Number(RANDOM_SEED),
        ...(RANDOM_PATH !== undefined && { path: RANDOM_PATH }),
    };
};

/** Keys of a stack whose values are secret, each a right one that is found wherever it lies. */
export const secretValues: Readonly<Record<string, string>> = {
    fernetKey: `${"Fernet-secret-".repeat(4).slice(0, 43)}=`,
    databasePassword: "Database-secret-value",
    adminPassword: "Admin-secret-value",
    oidcClientSecret: "Oidc-secret-value",
    ldapBindPassword: "Ldap-secret-value",
    keycloakClientSecret: "Keycloak-secret-value",
    gitToken: "Token-secret-value",
    gitSshKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nS2V5LXNlY3JldC12YWx1ZQ==\n-----END OPENSSH PRIVATE KEY-----\n",
    logsSecretAccessKey: "Access-secret-value",
    logsGcsKey: JSON.stringify({
        client_email: "a@example.org",
        private_key: "Gcs-secret-value",
        token_uri: "https://a",
    }),
    logsAzureAccountKey: `${"Azure/secret/value/".repeat(4)}==`,
    backupSecretAccessKey: "Backup-secret-value",
    backupGcsKey: JSON.stringify({
        client_email: "a@example.org",
        private_key: "Backup-gcs-secret-value",
        token_uri: "https://a",
    }),
    backupAzureAccountKey: `${"Backup/secret/value/".repeat(4)}==`,
};

/** A right one in a list. */
const listedSecretValue = "Registry-secret-value";

/** Values that are secret under each name, likewise. */
const secretRecordValues: Readonly<Record<string, string>> = {
    connections: "postgres://ada:Connection-secret-value@db.example.org/sales",
    variables: "Variable-secret-value",
};

/** What of a secret is looked for: its first line that is its own. */
export const secretMarks: readonly string[] = [
    ...Object.values(secretValues).map((value) => value.split("\n").find((line) => !line.startsWith("-----")) ?? value),
    listedSecretValue,
    "Connection-secret-value",
    "Variable-secret-value",
];

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const image = fc.constantFrom("registry.example.org/team/image:1.2", "image:2", `image@sha256:${"a".repeat(64)}`);
const absolutePath = fc.constantFrom("/data/airflow", "/exports/a-b_c.d", "/x");

/** Right values of texts, by the end of their path. The first that fits counts; where none does, it is a word. */
const rightTexts: readonly [RegExp, fc.Arbitrary<string>][] = [
    ...Object.entries(secretValues).map(([key, value]): [RegExp, fc.Arbitrary<string>] => [
        new RegExp(`^${key}$`),
        fc.constant(value),
    ]),
    [/registries\.\[\]\.server$/, fc.constantFrom("registry.example.org:5000", "docker.io")],
    [/(registries|users)\.\[\]\.password$/, fc.constant(listedSecretValue)],
    [/oidc\.issuer$/, fc.constantFrom("https://login.example.org", "https://login.example.org/realms/a/")],
    [/oidc\.scopes\.\[\]$/, fc.constantFrom("openid", "profile")],
    [/ldap\.server$/, fc.constantFrom("ldaps://directory.example.org", "ldaps://192.0.2.10:1636")],
    [/ldap\.(baseDn|bindDn)$/, fc.constantFrom("ou=people,dc=example,dc=org", "cn=airflow,dc=example,dc=org")],
    [/ldap\.userFilter$/, fc.constantFrom("(objectClass=person)", "(&(a=b)(c=*))")],
    [/keycloak\.serverUrl$/, fc.constant("https://keycloak.example.org")],
    [/users\.\[\]\.roles\.\[\]$/, fc.constantFrom("Viewer", "Op")],
    [/auth\.roles\.\*\.\[\]\.action$/, fc.constantFrom("can_read", "menu_access")],
    [/auth\.roles\.\*\.\[\]\.resource$/, fc.constantFrom("DAGs", "DAG:my_dag")],
    ...Object.entries(secretRecordValues).map(([key, value]): [RegExp, fc.Arbitrary<string>] => [
        new RegExp(`^${key}\\.\\*$`),
        fc.constant(value),
    ]),
    [/\.(requests|limits)\.key$/, fc.constantFrom("cpu", "memory", "ephemeral-storage", "example.org/device")],
    [/\.requests\.\*$/, fc.constantFrom("1", "100m", "64M")],
    [/\.limits\.\*$/, fc.constantFrom("1Gi", "2G", "1536Mi")],
    [/nfsServer\.size$/, fc.constantFrom("100Gi", "1Ti")],
    [/\.maximumSize$/, fc.constantFrom("500Mi", "1Gi")],
    [/[sS]ize$/, fc.constantFrom("5Gi", "10Gi", "2.5Gi", "3G")],
    [/(^|\.)image$/, image],
    [/\.imagePath$|image\.path$|hostPath$|nfs\.path$/, absolutePath],
    [/nfs\.server$|external\.host$/, fc.constantFrom("192.0.2.10", "files.example.org", "fd00::10")],
    [/csi\.driver$/, fc.constantFrom("efs.csi.aws.com", "csi.example.org")],
    [/csi\.volumeHandle$/, fc.constantFrom("fs-01:/{volume}", "{namespace}-{volume}")],
    [/mountOptions\.\[\]$/, fc.constantFrom("nfsvers=4.1", "hard", "noatime")],
    [/volume\.folder$/, fc.constant("examples/dags")],
    [/volume\.archive$/, fc.constant("no/such/archive.tar.gz")],
    [/pythonPackages\.requirements$/, fc.constant("examples/image/requirements.txt")],
    [/\.indexUrl$|endpointUrl$/, fc.constantFrom("https://index.example.org/simple", "http://10.0.0.1:8081/a")],
    [/git\.repository$/, fc.constantFrom("https://git.example.org/dags.git", "git@github.com:team/dags.git")],
    [/git\.ref$/, fc.constantFrom("main", "feature/a-b", "v1.2.3", "a".repeat(40))],
    [/git\.subPath$/, fc.constantFrom("dags", "team/dags")],
    [/git\.knownHosts$/, fc.constant("git.example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAA")],
    [/caCertificate$/, fc.constant("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")],
    [/cleanupSchedule$/, fc.constantFrom("17 * * * *", "*/5 0-6 1 jan mon", "@daily")],
    [/s3\.url$/, fc.constantFrom("s3://bucket", "s3://bucket/a/b")],
    [/gcs\.url$/, fc.constantFrom("gs://bucket", "gs://bucket/a/b/")],
    [/local\.path$/, fc.constantFrom("/opt/more-dags", "/srv/dags")],
    [/pluginsFolder$/, fc.constantFrom("plugins", "team/plugins", "/opt/plugins")],
    [/\.sshKey$/, fc.constant(secretValues.gitSshKey)],
    [/remote\.url$/, fc.constantFrom("s3://bucket", "s3://bucket/a/b")],
    [/\.accountUrl$/, fc.constant("https://account.blob.core.windows.net/")],
    [/azureBlob\.folder$/, fc.constantFrom("airflow", "team/logs")],
    [/managedIdentityClientId$/, fc.constant("11111111-2222-3333-4444-555555555555")],
    [/logGroupArn$/, fc.constant("arn:aws:logs:eu-west-1:123456789012:log-group:airflow")],
    [/airflow\.version$/, fc.constantFrom("3.3.2", "3.1.0")],
    [
        /airflow\.url$/,
        fc.constantFrom("https://airflow.example.org", "http://localhost:8080/team/a", "https://[fd00::1]:8443"),
    ],
    [/airflow\.clusterDomain$/, fc.constantFrom("cluster.local", "k8s.example.org")],
    [/(admin|users\.\[\])\.email$/, fc.constant("someone@example.org")],
    [/env\.\[\]\.name$/, fc.constantFrom("A", "TEAM_NAME", "_x1")],
    [/KeyRef\.key$/, fc.constantFrom("key", "a.b_c-d")],
    [/fieldRef\.fieldPath$/, fc.constantFrom("metadata.name", "status.podIP")],
    [/spec\.containers\.\[\]\.name$/, fc.constantFrom("*", "base", "scheduler")],
    [/\.operator$/, fc.constantFrom("Equal", "Exists")],
    [/\.effect$/, fc.constantFrom("NoSchedule", "PreferNoSchedule", "NoExecute")],
    [/(labels|annotations|nodeSelector)\.(key)$/, fc.constantFrom("team", "example.org/team")],
    [/parameters\.(key)$/, fc.constantFrom("connect_timeout", "sslrootcert")],
    [/options(\.\*)?\.key$/, fc.constantFrom("core", "parallelism", "scheduler", "api")],
];

function rightText(path: string): fc.Arbitrary<string> {
    return rightTexts.find(([end]) => end.test(path))?.[1] ?? word;
}

/** A text: right, hostile, or both. A folder of this machine is never a random one: the program would read it. */
function text(path: string): fc.Arbitrary<string> {
    const right = rightText(path);
    return fc.oneof({ weight: 2, arbitrary: right }, { weight: 1, arbitrary: hostileVariant(right) });
}

function number({ minimum = -10, maximum = 100 }: Shape): fc.Arbitrary<number> {
    const odd = [0, -1, 0.5, 1e9, -0, Number.MAX_SAFE_INTEGER, 2 ** 31, 1e21];
    return fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: 1, max: 20 }) },
        { weight: 1, arbitrary: fc.integer({ min: Math.max(minimum, -10), max: Math.min(maximum, 100_000) }) },
        { weight: 1, arbitrary: fc.constantFrom(...odd) },
    );
}

/** Values for a place of the schema, most of the right shape. */
function valueFor({ path, shape }: Place): fc.Arbitrary<unknown> {
    return fc.oneof({ weight: 30, arbitrary: shaped({ path, shape }) }, { weight: 1, arbitrary: fc.jsonValue() });
}

function shaped({ path, shape }: Place): fc.Arbitrary<unknown> {
    if (shape.enum !== undefined) {
        const values = shape.enum;
        return fc.oneof(
            { weight: 8, arbitrary: fc.constantFrom(...values) },
            { weight: 1, arbitrary: hostileVariant(fc.constantFrom(...values)) },
        );
    }
    if (shape.items !== undefined) {
        return fc.array(valueFor({ path: `${path}.[]`, shape: shape.items }), { maxLength: 3 });
    }
    if (shape.properties !== undefined) {
        return misspelled(objectFor(path, shape, shape.properties));
    }
    if (shape.additionalProperties) {
        const values = valueFor({ path: `${path}.*`, shape: shape.additionalProperties });
        return fc.dictionary(text(`${path}.key`), values, { maxKeys: 3, noNullPrototype: true });
    }
    switch (shape.type) {
        case "integer":
            return number(shape);
        case "boolean":
            return fc.boolean();
        default:
            return text(path);
    }
}

function objectFor(path: string, { required = [] }: Shape, properties: Readonly<Record<string, Shape>>) {
    const values = Object.entries(properties).map(([key, shape]) => [
        key,
        valueFor({ path: path === "" ? key : `${path}.${key}`, shape }),
    ]);
    const model = Object.fromEntries(values) as Record<string, fc.Arbitrary<unknown>>;
    return fc.oneof(
        { weight: 9, arbitrary: fc.record(model, { requiredKeys: [...required], noNullPrototype: true }) },
        { weight: 1, arbitrary: fc.record(model, { requiredKeys: [], noNullPrototype: true }) },
    );
}

/** Now and then a key that does not exist, or one that is written wrong. */
function misspelled(objects: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<Record<string, unknown>> {
    const slip = fc.constantFrom(
        (key: string) => key.slice(1),
        (key: string) => `${key}s`,
        (key: string) => key.toLowerCase(),
        (key: string) => key.toUpperCase(),
        (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
        (key: string) => `${key} `,
    );
    return fc.oneof(
        { weight: 20, arbitrary: objects },
        {
            weight: 1,
            arbitrary: fc.tuple(objects, slip, fc.nat()).map(([object, wrong, at]) => {
                const entries = Object.entries(object);
                const chosen = at % Math.max(1, entries.length);
                return Object.fromEntries(
                    entries.map(([key, value], index) => [index === chosen ? wrong(key) : key, value]),
                );
            }),
        },
        {
            weight: 1,
            arbitrary: fc
                .tuple(objects, hostileVariant(word), fc.jsonValue())
                .map(([object, key, value]) => Object.fromEntries([...Object.entries(object), [key, value]])),
        },
    );
}

const rootShape = z.toJSONSchema(schema) as Shape;

/** All places of the schema below a path of object keys. */
function places(path: string, shape: Shape): Place[] {
    const below = Object.entries(shape.properties ?? {}).flatMap(([key, part]) =>
        places(path === "" ? key : `${path}.${key}`, part),
    );
    return path === "" ? below : [{ path, shape }, ...below];
}

/** A value and where in a stack it is set. */
export interface Change {
    readonly path: string;
    readonly value: unknown;
}

/** One value of one place of the schema. */
export const change: fc.Arbitrary<Change> = fc
    .constantFrom(...places("", rootShape))
    .chain((place) => valueFor(place).map((value) => ({ path: place.path, value })));

/** A copy of values of a stack in which one is another. */
export function changed(values: StackValues, { path, value }: Change): StackValues {
    const copy = structuredClone(values);
    const keys = path.split(".");
    let holder: Record<string, unknown> = copy;
    for (const key of keys.slice(0, -1)) {
        const next = holder[key];
        if (typeof next !== "object" || next === null || Array.isArray(next)) {
            holder[key] = {};
        }
        holder = holder[key] as Record<string, unknown>;
    }
    holder[keys[keys.length - 1]] = value;
    return copy;
}

/** A configuration that works, and changes to it. */
export const changes: fc.Arbitrary<{ base: StackValues; changes: Change[] }> = fc.record({
    base: fc.constantFrom(...Object.values(combinations)),
    changes: fc.array(change, { minLength: 1, maxLength: 25 }),
});

/** Whole configurations: some far from right, some near. */
export const configurations: fc.Arbitrary<StackValues> = fc.oneof(
    shaped({ path: "", shape: rootShape }) as fc.Arbitrary<StackValues>,
    changes.map(({ base, changes: list }) => list.slice(0, 3).reduce(changed, base)),
    fc.dictionary(fc.constantFrom(...Object.keys(rootShape.properties ?? {})), fc.jsonValue()),
);

/** Values as the CLI hands them to a program: text as it is, all else as JSON. */
export function asConfig(values: StackValues): Record<string, string> {
    return Object.fromEntries(
        Object.entries(values)
            .filter(([, value]) => value !== undefined)
            .map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
    );
}
