import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseDocument } from "yaml";
import { isProcessAlive } from "../support/alive";
import { repositoryDirectory, stateDirectory } from "../support/paths";

/** A plugin that is not where the Pulumi CLI looks for it. */
export interface Plugin {
    readonly kind: "language" | "resource";
    /** The name in Pulumi's words, such as `nodejs` or `kubernetes`. */
    readonly name: string;
    /** The folder of its program. */
    readonly path: string;
}

/** What a project folder is made from. */
export interface ProjectContents {
    /** Text of the stack files, by the name of the stack. */
    readonly stackFiles: Readonly<Record<string, string>>;
    readonly plugins: readonly Plugin[];
}

const runsDirectory = join(stateDirectory, "runs");

/** The file that says that a folder holds what somebody wants to keep. */
const keptMark = "kept";

/**
 * The folder that the Pulumi CLI takes for the project during one run: Pulumi.yaml, which points at the program in the checkout,
 * and this run's stack files. What the CLI writes into a stack file, such as a salt, stays out of the checkout.
 */
export class ProjectFolder {
    private constructor(public readonly path: string) {
        temporary.add(this);
    }

    /** Makes a folder that only this user can read, and removes those of runs that were killed. */
    public static make(contents: ProjectContents): ProjectFolder {
        mkdirSync(runsDirectory, { recursive: true, mode: 0o700 });
        removeAbandoned(runsDirectory);
        const folder = new ProjectFolder(mkdtempSync(join(runsDirectory, `${process.pid}-`)));
        const project = readFileSync(join(repositoryDirectory, "Pulumi.yaml"), "utf8");
        folder.write("Pulumi.yaml", projectText(project, repositoryDirectory, contents.plugins));
        for (const [stack, text] of Object.entries(contents.stackFiles)) {
            folder.write(stackFileName(stack), text);
        }
        return folder;
    }

    /** Replaces the text of a stack file. */
    public writeStackFile(stack: string, text: string): void {
        this.write(stackFileName(stack), text);
    }

    /** The text of a stack file, with what the CLI has written into it. */
    public readStackFile(stack: string): string {
        return readFileSync(this.stackFile(stack), "utf8");
    }

    /** The path of a stack file. */
    public stackFile(stack: string): string {
        return join(this.path, stackFileName(stack));
    }

    /** The text of every stack file, by the name of the stack. */
    public readStackFiles(): Readonly<Record<string, string>> {
        const stacks = readdirSync(this.path).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
        return Object.fromEntries(stacks.sort().map((stack) => [stack, this.readStackFile(stack)]));
    }

    /** The stacks whose settings have changed, whatever the CLI has written into their files for its own use. */
    public changedSince(before: Readonly<Record<string, string>>): readonly string[] {
        return Object.entries(this.readStackFiles())
            .filter(([stack, text]) => !sameConfiguration(text, before[stack] ?? ""))
            .map(([stack]) => stack);
    }

    /** The folder stays after this process has ended, and is left alone by later runs. */
    public keep(): void {
        temporary.delete(this);
        this.write(keptMark, "");
    }

    /** Removes the folder; does nothing when it is gone. */
    public remove(): void {
        temporary.delete(this);
        rmSync(this.path, { recursive: true, force: true });
    }

    private write(name: string, text: string): void {
        writeFileSync(join(this.path, name), text, { mode: 0o600 });
    }
}

/** Folders that go with this process. */
const temporary = new Set<ProjectFolder>();
process.once("exit", () => {
    for (const folder of temporary) {
        folder.remove();
    }
});

/** The file that holds a stack's configuration. */
export function stackFileName(stack: string): string {
    return `Pulumi.${stack}.yaml`;
}

/** Pulumi.yaml of a project whose program lies in another folder. */
export function projectText(project: string, program: string, plugins: readonly Plugin[]): string {
    const document = parseDocument(project);
    document.set("main", program);
    if (plugins.length > 0) {
        const of = (kind: Plugin["kind"]) =>
            plugins.filter((plugin) => plugin.kind === kind).map(({ name, path }) => ({ name, path }));
        document.set("plugins", { providers: of("resource"), languages: of("language") });
    }
    return document.toString();
}

/** Whether two stack files say the same, whatever the CLI has written into them for its own use. */
export function sameConfiguration(one: string, other: string): boolean {
    const config = (text: string): string => JSON.stringify((parse(text) as { config?: unknown } | null)?.config ?? {});
    return config(one) === config(other);
}

function removeAbandoned(directory: string): void {
    for (const name of readdirSync(directory)) {
        const pid = Number(/^(\d+)-/.exec(name)?.[1]);
        if (Number.isInteger(pid) && !isProcessAlive(pid) && !existsSync(join(directory, name, keptMark))) {
            rmSync(join(directory, name), { recursive: true, force: true });
        }
    }
}
