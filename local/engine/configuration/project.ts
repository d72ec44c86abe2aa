import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const declaration = z.object({
    type: z.enum(["string", "integer", "boolean", "array", "object"]).optional(),
    description: z.string().optional(),
    secret: z.boolean().optional(),
    default: z.unknown().optional(),
    value: z.unknown().optional(),
    items: z.unknown().optional(),
});

const projectFile = z.object({
    name: z.string(),
    runtime: z.union([
        z.string(),
        z.object({
            name: z.string(),
            options: z.record(z.string(), z.unknown()).optional(),
        }),
    ]),
    main: z.string().optional(),
    config: z.record(z.string(), z.union([declaration, z.string(), z.number(), z.boolean(), z.null()])).optional(),
});

/** What a `config:` entry of Pulumi.yaml says about a key. */
export type ConfigDeclaration = z.infer<typeof declaration>;

/** What this engine needs of a Pulumi.yaml. */
export interface Project {
    readonly directory: string;
    readonly name: string;
    /** The program's folder or file, from `directory`. */
    readonly main: string;
    /** By full key, `project:key`. */
    readonly config: { readonly [key: string]: ConfigDeclaration };
}

/** Reads the Pulumi.yaml of a folder. */
export function readProject(directory: string): Project {
    const file = ["Pulumi.yaml", "Pulumi.yml"].map((name) => join(directory, name)).find(existsSync);
    if (file === undefined) {
        throw new Error(`There is no Pulumi.yaml in ${directory}`);
    }
    const parsed = projectFile.safeParse(parse(readFileSync(file, "utf8")));
    if (!parsed.success) {
        throw new Error(`${file} is not a project file: ${z.prettifyError(parsed.error)}`);
    }
    const project = parsed.data;
    const runtime = typeof project.runtime === "string" ? project.runtime : project.runtime.name;
    if (runtime !== "nodejs") {
        throw new Error(`${file}: this engine runs nodejs programs only, not ${runtime}`);
    }
    return {
        directory,
        name: project.name,
        main: project.main ?? ".",
        config: Object.fromEntries(
            Object.entries(project.config ?? {}).map(([key, value]) => [
                key.includes(":") ? key : `${project.name}:${key}`,
                typeof value === "object" && value !== null ? value : { default: value ?? undefined },
            ]),
        ),
    };
}
