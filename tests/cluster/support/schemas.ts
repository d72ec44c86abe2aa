import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Definition {
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly additionalProperties?: unknown;
    readonly format?: string;
    readonly "x-kubernetes-group-version-kind"?: readonly { group: string; version: string; kind: string }[];
}

/** The part of the API server's description of its API (`/openapi/v2`) that tells what objects look like. */
export interface OpenApi {
    readonly definitions: Readonly<Record<string, Definition>>;
}

/**
 * Writes a JSON schema for each kind that the API server knows, named as kubeconform looks for it. Fields that a kind does not
 * have are refused, as `kubectl apply --validate=strict` does.
 */
export function writeSchemas(openApi: OpenApi, directory: string): void {
    mkdirSync(directory, { recursive: true });
    const definitions = Object.fromEntries(
        Object.entries(openApi.definitions).map(([name, definition]) => [name, strict(definition)]),
    );
    for (const [name, definition] of Object.entries(openApi.definitions)) {
        for (const { group, version, kind } of definition["x-kubernetes-group-version-kind"] ?? []) {
            const api = [group.split(".")[0], version].filter(Boolean).join("-");
            const file = join(directory, `${kind.toLowerCase()}-${api}.json`);
            writeFileSync(file, JSON.stringify({ $ref: `#/definitions/${name}`, definitions }));
        }
    }
}

function strict(definition: Definition): unknown {
    if (definition.format === "int-or-string") {
        return { oneOf: [{ type: "string" }, { type: "integer" }] };
    }
    return definition.properties !== undefined && definition.additionalProperties === undefined
        ? { ...definition, additionalProperties: false }
        : definition;
}
