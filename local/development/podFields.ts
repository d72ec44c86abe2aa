import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { chooseCluster, clusterEnvironment, kubectl } from "../session/targetCluster";
import { output } from "../support/execution";
import { main } from "../support/main";
import { repositoryDirectory } from "../support/paths";

/** The fields of a pod, by the kind of object that has them, each with its type: what `components/pods` checks templates by. */
export interface PodFields {
    /** Version of Kubernetes that tells their types. */
    readonly version: string;
    readonly kinds: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A type as the API server tells it. */
interface Described {
    readonly type?: string;
    readonly format?: string;
    readonly $ref?: string;
    readonly items?: Described;
    readonly additionalProperties?: Described;
    readonly properties?: Readonly<Record<string, Described>>;
}

/** The API server's description of its API. */
export interface ApiDescription {
    readonly info: { readonly version: string };
    readonly definitions: Readonly<Record<string, Described>>;
}

const podSpec = "io.k8s.api.core.v1.PodSpec";

/** The file that they lie in. */
const file = join(repositoryDirectory, "components/pods/podFields.json");

/** The fields of a pod, from the API server's description and the types of the SDK. */
export function podFields({ info, definitions }: ApiDescription): PodFields {
    const kinds = new Map<string, Readonly<Record<string, string>>>();
    const nameOf = (reference: string): string => reference.split(".").at(-1) ?? reference;
    const typeOf = (described: Described): string => {
        const { $ref, additionalProperties, format, items, type } = described;
        if ($ref !== undefined) {
            const name = $ref.replace("#/definitions/", "");
            const { properties, ...scalar } = definitions[name] ?? {};
            if (properties === undefined) {
                return name.endsWith(".Quantity") ? "quantity" : typeOf(scalar);
            }
            visit(name);
            return nameOf(name);
        }
        if (items !== undefined) {
            return `${typeOf(items)}[]`;
        }
        if (additionalProperties !== undefined) {
            return `${typeOf(additionalProperties)}{}`;
        }
        return format === "int-or-string" ? format : (type ?? "object");
    };
    const visit = (name: string): void => {
        const kind = nameOf(name);
        if (!kinds.has(kind)) {
            kinds.set(kind, {});
            const properties = Object.entries(definitions[name]?.properties ?? {});
            kinds.set(kind, Object.fromEntries(properties.map(([field, described]) => [field, typeOf(described)])));
        }
    };
    visit(podSpec);
    const sdk = sdkFields();
    for (const [kind, fields] of kinds) {
        // What only other versions of Kubernetes have is taken as it is.
        const others = (sdk.get(kind) ?? []).map((field) => [field, "any"]);
        kinds.set(kind, { ...Object.fromEntries(others), ...fields });
    }
    return { version: info.version, kinds: Object.fromEntries([...kinds].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Fields of the objects of Kubernetes's core that the types of @pulumi/kubernetes have, by kind. */
function sdkFields(): ReadonlyMap<string, readonly string[]> {
    const path = join(repositoryDirectory, "node_modules/@pulumi/kubernetes/types/input.d.ts");
    const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest);
    const inside = (statements: readonly ts.Statement[], name: string): readonly ts.Statement[] =>
        statements
            .filter(ts.isModuleDeclaration)
            .filter((module) => module.name.text === name)
            .flatMap(({ body }) => (body !== undefined && ts.isModuleBlock(body) ? body.statements : []));
    return new Map(
        ["meta", "core"].flatMap((group) =>
            inside(inside(source.statements, group), "v1")
                .filter(ts.isInterfaceDeclaration)
                .map(({ name, members }) => [
                    name.text,
                    members.filter(ts.isPropertySignature).map((member) => (member.name as ts.Identifier).text),
                ]),
        ),
    );
}

/** The fields that the component knows. */
export function knownPodFields(): PodFields {
    return JSON.parse(readFileSync(file, "utf8")) as PodFields;
}

/** The fields that the local cluster knows. */
export async function clusterPodFields(): Promise<PodFields> {
    const cluster = chooseCluster("local");
    const description = await output([...kubectl(cluster), "get", "--raw", "/openapi/v2"], {
        env: clusterEnvironment(cluster),
        timeout: 60_000,
    });
    return podFields(JSON.parse(description) as ApiDescription);
}

if (require.main === module) {
    main(async () => {
        writeFileSync(file, `${JSON.stringify(await clusterPodFields(), undefined, 4)}\n`);
        return 0;
    });
}
