import { Document, visit } from "yaml";
import { resourcesOf, type StackState, type StateResource } from "./stackState";

/** A Kubernetes object as YAML. */
export interface Manifest {
    /** Its file, below the folder of manifests. Sorted by name, files come in an order in which they can be applied. */
    readonly file: string;
    readonly text: string;
}

interface KubernetesObject {
    readonly kind: string;
    readonly metadata: Metadata;
    readonly [field: string]: unknown;
}

interface Metadata {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
}

/** The key by which a state marks a value as secret. */
const secretMarker = "4dabf18193072939515e22adb298388d";

/** All objects of a stack as manifests, in a stable order. Values that the state holds encrypted are left out. */
export function manifestsOf(state: StackState): readonly Manifest[] {
    return resourcesOf(state)
        .filter((resource) => resource.custom === true && resource.delete !== true && isObject(resource))
        .map(({ inputs }) => manifestOf(inputs))
        .sort((one, other) => (one.file < other.file ? -1 : 1));
}

function isObject({ type, inputs }: StateResource): boolean {
    return type.startsWith("kubernetes:") && typeof inputs?.kind === "string";
}

function manifestOf(inputs: unknown): Manifest {
    const leftOut: string[] = [];
    const object = plain(inputs, [], leftOut) as KubernetesObject;
    const note = leftOut.map((path) => `# Left out, because it is secret: ${path}\n`).join("");
    return {
        file: `${folderOf(object)}/${object.kind.toLowerCase()}-${object.metadata.name}.yaml`,
        text: note + yamlText({ ...object, metadata: forOthers(object.metadata) }),
    };
}

/** YAML that means the same to readers of version 1.1, as kubectl is one, and of version 1.2. */
function yamlText(value: unknown): string {
    const document = new Document(value, { version: "1.1", sortMapEntries: true, aliasDuplicateObjects: false });
    visit(document, {
        Scalar: (_, node) => {
            // The versions do not agree on what is a number.
            if (typeof node.value === "string" && /^[-+.\d]\S*$/.test(node.value)) {
                node.type = "QUOTE_DOUBLE";
            }
        },
    });
    return document.toString({ lineWidth: 0 });
}

/** Namespaces come first, then what lies in none, then the rest. */
function folderOf({ kind, metadata }: KubernetesObject): string {
    if (metadata.namespace !== undefined) {
        return `2-${metadata.namespace}`;
    }
    return kind === "Namespace" ? "0-namespaces" : "1-cluster";
}

/** Metadata without annotations that only Pulumi's provider reads. */
function forOthers({ annotations = {}, ...rest }: Metadata): Metadata {
    const kept = Object.entries(annotations).filter(([key]) => !key.startsWith("pulumi.com/"));
    return kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) };
}

/** A value of a state without the envelopes of secrets: their plain text where the export has it, else nothing. */
function plain(value: unknown, path: readonly string[], leftOut: string[]): unknown {
    if (Array.isArray(value)) {
        return value.map((item, index) => plain(item, [...path, String(index)], leftOut));
    }
    if (typeof value !== "object" || value === null) {
        return value;
    }
    if (secretMarker in value) {
        if ("plaintext" in value && typeof value.plaintext === "string") {
            return plain(JSON.parse(value.plaintext), path, leftOut);
        }
        leftOut.push(path.join("."));
        return undefined;
    }
    return Object.fromEntries(
        Object.entries(value)
            .filter(([key]) => key !== "__defaults")
            .map(([key, inner]) => [key, plain(inner, [...path, key], leftOut)]),
    );
}
