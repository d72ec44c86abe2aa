import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { secretArguments, secretRecords, versions } from "../../components";
import { withDefaults } from "../../components/settings/airflowKubernetesDefaults";
import { keyOf, schema, secretKeys, secretRecordKeys } from "../../config";
import {
    type ArgumentField,
    type ArgumentGroup,
    type ArgumentType,
    argumentTypes,
} from "../../local/development/argumentTypes";
import { currentPage } from "../../local/development/configurationDocs";
import { knownPodFields } from "../../local/development/podFields";
import { declaredKeys, root } from "../support/program";

/** What is used here of a JSON schema. */
interface Shape {
    readonly type?: string;
    readonly enum?: readonly string[];
    readonly items?: Shape;
    readonly properties?: Readonly<Record<string, Shape>>;
    readonly required?: readonly string[];
    readonly additionalProperties?: Shape | boolean;
}

const secretPaths: readonly string[] = secretArguments;
const kubernetes = knownPodFields().kinds;

/** Ways in which a shape is not that of an argument, each with its path. */
function differences(type: ArgumentType, shape: Shape | undefined, path: string): string[] {
    if (shape === undefined) {
        return [`${path}: no key`];
    }
    const isOf = (expected: string): string[] =>
        shape.type === expected ? [] : [`${path}: ${shape.type}, not ${expected}`];
    switch (type.kind) {
        case "text":
            return shape.enum === undefined ? isOf("string") : [`${path}: an enum, not text`];
        case "number":
            return isOf("integer");
        case "boolean":
            return isOf("boolean");
        case "enum":
            return sets(
                path,
                type.members.map(({ value }) => value),
                shape.enum ?? [],
            );
        case "list":
            return [...isOf("array"), ...differences(type.of, shape.items, `${path}[]`)];
        case "map":
            return typeof shape.additionalProperties === "object" && shape.properties === undefined
                ? differences(type.of, shape.additionalProperties, `${path}.*`)
                : [`${path}: not a map`];
        case "kubernetes": {
            const fields = Object.keys(kubernetes[type.name] ?? {});
            const keys = fields.length === 0 ? [] : Object.keys(shape.properties ?? {});
            return [
                ...isOf("object"),
                ...keys.filter((key) => !fields.includes(key)).map((key) => `${path}.${key}: no field`),
            ];
        }
        case "group": {
            const fields = type.fields.filter(({ name }) => keyOf[joined(path, name)] === undefined);
            const needed = fields.filter(({ optional }) => !optional).map(({ name }) => name);
            return [
                ...(shape.additionalProperties === false ? [] : [`${path}: takes any key`]),
                ...sets(
                    path,
                    fields.map(({ name }) => name),
                    Object.keys(shape.properties ?? {}),
                ),
                ...sets(`${path}, required`, needed, shape.required ?? []),
                ...fields
                    .filter(({ name }) => shape.properties?.[name] !== undefined)
                    .flatMap((field) =>
                        differences(field.type, shape.properties?.[field.name], joined(path, field.name)),
                    ),
            ];
        }
    }
}

function joined(path: string, name: string): string {
    return path === "" ? name : `${path}.${name}`;
}

function sets(path: string, expected: readonly string[], found: readonly string[]): string[] {
    return [
        ...expected.filter((value) => !found.includes(value)).map((value) => `${path}: ${value} is missing`),
        ...found.filter((value) => !expected.includes(value)).map((value) => `${path}: ${value} is too much`),
    ];
}

/** Fields with their paths, those of groups included. */
function fieldsOf(group: ArgumentGroup, path = ""): { path: string; field: ArgumentField }[] {
    return group.fields.flatMap((field) => {
        const own = joined(path, field.name);
        return [{ path: own, field }, ...(field.type.kind === "group" ? fieldsOf(field.type, own) : [])];
    });
}

function valueAt(holder: unknown, path: string): unknown {
    return path
        .split(".")
        .reduce<unknown>(
            (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
            holder,
        );
}

const args = argumentTypes();
const json = z.toJSONSchema(schema) as Shape;
const ownKeys = Object.values(keyOf);

describe("The arguments of AirflowKubernetes", () => {
    it("are the keys of a stack file, but for secrets and pools, which have keys of their own", () => {
        const properties = Object.fromEntries(
            Object.entries(json.properties ?? {}).filter(([key]) => !ownKeys.includes(key)),
        );
        expect(differences(args, { ...json, properties }, "")).to.deep.equal([]);
        for (const key of Object.values(secretKeys)) {
            expect(json.properties?.[key], key).to.deep.equal({ type: "string" });
        }
        for (const key of Object.values(secretRecordKeys)) {
            expect(json.properties?.[key]?.additionalProperties, key).to.be.an("object");
        }
        const pools = fieldsOf(args).find(({ path }) => path === "airflow.pools")?.field.type;
        expect(pools && differences(pools, json.properties?.pools, "pools")).to.deep.equal([]);
    });

    it("have each secret as a text", () => {
        const fields = new Map(fieldsOf(args).map(({ path, field }) => [path, field]));
        for (const path of secretPaths) {
            expect(fields.get(path)?.type, path).to.deep.equal({ kind: "text" });
            expect(fields.get(path)?.documentation.text, path).to.contain("A secret.");
        }
        const told = [...fields].filter(([, { documentation }]) => documentation.text.includes("A secret."));
        expect(told.map(([path]) => path)).to.have.members([...secretPaths]);
        for (const path of secretRecords) {
            expect(fields.get(path)?.documentation.text, path).to.contain("Secrets");
        }
    });

    it("are compared so that every difference is found", () => {
        const text: ArgumentType = { kind: "text" };
        const documentation = { text: "", links: [] };
        const group: ArgumentType = {
            kind: "group",
            name: "G",
            documentation,
            fields: [
                { name: "a", optional: false, type: text, documentation },
                { name: "b", optional: true, type: { kind: "list", of: { kind: "number" } }, documentation },
                {
                    name: "c",
                    optional: true,
                    type: { kind: "enum", name: "E", members: [{ name: "X", value: "x", documentation }] },
                    documentation,
                },
                { name: "d", optional: true, type: { kind: "map", of: text }, documentation },
                { name: "e", optional: true, type: { kind: "kubernetes", name: "EnvVar" }, documentation },
                { name: "f", optional: true, type: { kind: "boolean" }, documentation },
            ],
        };
        const wrong = z.object({
            a: z.enum(["a"]).optional(),
            b: z.array(z.string()),
            c: z.enum(["y"]).optional(),
            d: z.strictObject({}).optional(),
            e: z.strictObject({ names: z.string() }).optional(),
            g: z.string().optional(),
        });
        expect(differences(group, z.toJSONSchema(z.looseObject(wrong.shape)) as Shape, "")).to.have.members([
            ": takes any key",
            ": f is missing",
            ": g is too much",
            ", required: a is missing",
            ", required: b is too much",
            "a: an enum, not text",
            "b[]: string, not integer",
            "c: x is missing",
            "c: y is too much",
            "d: not a map",
            "e.names: no field",
        ]);
    });

    it("are what Pulumi.yaml declares, as text or objects", () => {
        const declared = Object.fromEntries(Object.entries(declaredKeys()).map(([key, { type }]) => [key, type]));
        const expected = args.fields.map(({ name, type }) => [name, type.kind === "group" ? "object" : "string"]);
        expect(declared).to.deep.equal({ ...Object.fromEntries(expected), pools: "object" });
    });
});

describe("Defaults", () => {
    it("are those that the comments of the arguments tell", () => {
        const place = { url: "s3://bucket/airflow", azureBlob: { accountUrl: "https://a", container: "b" } };
        const settings: unknown = withDefaults({
            database: { external: { host: "database.example.org" }, backup: { bucket: place }, cleanup: {} },
            logs: { remote: place },
            executionApi: { enabled: true },
            metrics: {
                statsd: {},
                openTelemetry: { endpoint: "http://collector:4318" },
                serviceMonitor: {},
            },
            auth: {
                oidc: { issuer: "https://login.example.org", clientId: "airflow" },
                ldap: { server: "ldaps://directory.example.org", baseDn: "dc=org", bindDn: "cn=a,dc=org" },
            },
        });
        const places: Readonly<Record<string, string>> = {
            "namespaces.create": "createNamespaces",
            "namespaces.workersPodSecurity": "workersPodSecurity",
            "podSecurity.user": "airflow.podUser",
        };
        let compared = 0;
        for (const { path, field } of fieldsOf(args)) {
            const { documentation, type } = field;
            const [, literal] = /^("[^"]*"|\d+|true|false|\w+\.\w+)(,|$)/.exec(documentation.default ?? "") ?? [];
            if (literal !== undefined) {
                const member =
                    type.kind === "enum" && type.members.find(({ name }) => literal === `${type.name}.${name}`);
                const told: unknown = member ? member.value : JSON.parse(literal);
                expect(valueAt(settings, places[path] ?? path), path).to.equal(told);
                compared += 1;
            }
        }
        expect(compared).to.be.greaterThan(30);
    });

    it("are the same in the README, where it shows some", () => {
        const told = new Map(
            [...currentPage().matchAll(/^\| `([\w.]+)` \| [^|]* \| (`[^`|]+`)/gm)].map(([, key, value]) => [
                key,
                value,
            ]),
        );
        const [table] = readFileSync(join(root, "README.md"), "utf8").split("## Configuration").slice(1);
        const rows = [...table.matchAll(/^\| (`[\w.`, ]+`) \| ([^|]+) \|/gm)];
        const shown = rows.flatMap(([, keys, values]) => {
            const defaults = values.split(", ");
            return keys
                .split(", ")
                .map((key, index) => ({ key: key.replaceAll("`", ""), value: defaults[index] ?? "" }));
        });
        const literal = shown.filter(({ value }) => value.startsWith("`"));
        expect(literal.length).to.be.greaterThan(5);
        for (const { key, value } of literal) {
            const [first, ...rest] = key.split(".");
            const declared = valueAt(declaredKeys()[first]?.default, rest.join("."));
            expect(value, key).to.equal(declared === undefined ? told.get(key) : `\`${String(declared)}\``);
        }
    });

    it("have one version of Airflow, in all that names it", () => {
        const files = [
            "README.md",
            "Pulumi.yaml",
            "Pulumi.minikube.yaml",
            "Pulumi.hosted.yaml",
            "local/images/airflow/recipe.ts",
        ].concat(
            ["docs", "examples"].flatMap((folder) =>
                readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
                    .filter((entry) => entry.isFile() && /\.(md|ya?ml|ts)$|^Containerfile$/.test(entry.name))
                    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
            ),
        );
        const named = files.flatMap((file) =>
            [
                ...readFileSync(join(root, file), "utf8").matchAll(
                    /\bairflow[\w-]*:(\d+\.\d+\.\d+)|AIRFLOW_VERSION=([\d.]+)|airflowRecipe\("([\d.]+)"/g,
                ),
            ].map(([, image, variable, recipe]) => ({ file, version: image ?? variable ?? recipe })),
        );
        expect(named.map(({ file }) => file)).to.include.members([
            "examples/image/Containerfile",
            "local/images/airflow/recipe.ts",
        ]);
        for (const { file, version } of named) {
            expect(version, file).to.equal(versions.airflow);
        }
    });
});
