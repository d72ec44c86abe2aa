import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Document, isMap, parse, parseDocument } from "yaml";
import { UserError } from "../support/errors";
import { repositoryDirectory } from "../support/paths";
import { nameOf, type Override } from "./overrides";
import { stackFileName } from "./projectFolder";

/** The Pulumi project's name, as Pulumi.yaml has it. */
export const projectName = "airflow-kubernetes";

/** The file that holds a stack's own configuration. */
export function stackFilePath(stack: string): string {
    return join(repositoryDirectory, stackFileName(stack));
}

/** The text of a stack file, or an error that names the stacks there are. */
export function readStackFile(path: string, stack: string): string {
    if (existsSync(path)) {
        return readFileSync(path, "utf8");
    }
    throw new UserError(
        `There is no ${path}. STACK=${stack} must be one of: ${stacksWithFiles().join(", ") || "none yet"}.`,
    );
}

/** The stacks that have a file in the checkout. */
export function stacksWithFiles(): readonly string[] {
    return readdirSync(repositoryDirectory)
        .flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? [])
        .sort();
}

/** A stack file with overrides written into it, everything else, comments too, left as it was; or what hinders it. */
export function overrideStackFile(
    text: string,
    overrides: readonly Override[],
): { readonly text: string; readonly faults: readonly string[] } {
    const document = parseDocument(text);
    if (document.errors.length > 0) {
        return { text, faults: document.errors.map((error) => `the stack file is no valid YAML: ${error.message}`) };
    }
    const faults = overrides.flatMap((override) => {
        const hindrance = scalarOnTheWay(document, override);
        return hindrance === undefined
            ? []
            : [`"${nameOf(override)}" sets a path inside ${hindrance}, which is not an object in the stack file`];
    });
    if (faults.length > 0) {
        return { text, faults };
    }
    for (const { key, path, value } of overrides) {
        if (value === undefined) {
            document.deleteIn(["config", key, ...path]);
        } else {
            document.setIn(["config", key, ...path], value);
        }
    }
    return { text: document.toString(), faults };
}

/** What a stack file sets a key to, if anything. */
export function stackValue(text: string, key: string): unknown {
    const { config } = (parse(text) ?? {}) as { config?: Record<string, unknown> };
    return config?.[key];
}

/** What the shared volumes of a stack file lie on, with the program's default; undefined for directories of the node. */
export function stackStorageKind(text: string): unknown {
    const storage = stackValue(text, `${projectName}:storage`) as { kind?: unknown } | null | undefined;
    return stackValue(text, `${projectName}:hosting`) === "readWriteMany" ? (storage?.kind ?? "nfsServer") : undefined;
}

/** The namespaces that a stack file asks for, with the program's defaults for what it leaves out. */
export function stackNamespaces(text: string): { airflow: string; workers: string; storage: string } {
    const named = (stackValue(text, `${projectName}:namespaces`) ?? {}) as Record<string, string | undefined>;
    const { airflow = "airflow", workers = "airflow-workers", storage = "airflow-storage" } = named;
    return { airflow, workers, storage };
}

function scalarOnTheWay(document: Document, override: Override): string | undefined {
    const keys = ["config", override.key, ...override.path];
    for (let depth = 1; depth < keys.length; depth++) {
        const node = document.getIn(keys.slice(0, depth), true);
        if (node === undefined || node === null) {
            return undefined;
        }
        const empty = typeof node === "object" && "value" in node && node.value === null;
        if (empty) {
            document.deleteIn(keys.slice(0, depth));
            return undefined;
        }
        if (!isMap(node)) {
            return keys.slice(1, depth).join(".") || "config";
        }
    }
    return undefined;
}
