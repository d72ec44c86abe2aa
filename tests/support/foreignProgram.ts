import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as tar from "tar";
import { packLibrary } from "../../local/development/library";
import { type CommandResult, capture } from "../../local/support/execution";
import { root } from "./program";

const modules = join(root, "node_modules");

/**
 * A program of somebody else, in a folder outside of the checkout, with the packed library installed. npm would fetch the other
 * packages anew; they are links to those of the checkout, so that no registry has to answer.
 */
export class ForeignProgram {
    private constructor(public readonly folder: string) {}

    /** Packs the library and installs it. */
    public static async make(): Promise<ForeignProgram> {
        const program = new ForeignProgram(mkdtempSync(join(tmpdir(), "airflow-kubernetes-foreign-")));
        const tarball = await packLibrary(join(program.folder, "downloads"));
        const library = join(program.folder, "node_modules", "airflow-kubernetes");
        mkdirSync(library, { recursive: true });
        await tar.extract({ file: tarball, cwd: library, strip: 1 });
        program.link("@pulumi/pulumi", "@pulumi/kubernetes", "@pulumi/random", "tar", "yaml");
        program.link("@noble/curves", "@peculiar/asn1-schema", "@peculiar/asn1-x509");
        // What Pulumi runs a TypeScript program with.
        program.link("typescript", "ts-node", "@types/node");
        return program;
    }

    /** Writes a file of the program. */
    public write(name: string, text: string | object): void {
        mkdirSync(dirname(join(this.folder, name)), { recursive: true });
        writeFileSync(join(this.folder, name), typeof text === "string" ? text : JSON.stringify(text, undefined, 4));
    }

    /** Copies something of the checkout into the program. */
    public copy(from: string, to: string): void {
        cpSync(join(root, from), join(this.folder, to), { recursive: true });
    }

    /** Runs a command in its folder. */
    public async run(command: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<CommandResult> {
        return await capture(command, { cwd: this.folder, env });
    }

    /** Type-checks it, as a file such as tsconfig.json says. */
    public async typeCheck(settings: string): Promise<CommandResult> {
        return await this.run([join(modules, ".bin", "tsc"), "--project", settings]);
    }

    public remove(): void {
        rmSync(this.folder, { recursive: true, force: true });
    }

    private link(...packages: readonly string[]): void {
        for (const name of packages) {
            const link = join(this.folder, "node_modules", name);
            mkdirSync(dirname(link), { recursive: true });
            symlinkSync(join(modules, name), link);
        }
    }
}
