import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { withDefaults } from "../../components/airflowKubernetesDefaults";
import { readArgs } from "../../config";
import { project, root } from "../support/program";
import { asConfig } from "../support/randomConfigurations";

const files = ["README.md", ...readdirSync(join(root, "docs")).map((name) => join("docs", name))];

/** Parts of stack files that a guide shows, with their first lines. */
function stackFiles(file: string): { line: string; values: Record<string, unknown> }[] {
    const lines = readFileSync(join(root, file), "utf8").split("\n");
    const blocks: string[][] = [];
    let inside = false;
    for (const line of lines) {
        const indented = line.startsWith("    ");
        if (indented && !inside) {
            blocks.push([]);
        }
        inside = indented || (inside && line === "");
        if (inside) {
            blocks.at(-1)?.push(line.slice(4));
        }
    }
    return blocks
        .filter(([first]) => first.startsWith(`${project}:`))
        .map((block) => {
            // Commands may follow.
            const end = block.findIndex((line) => /^[a-z]/.test(line) && !line.startsWith(`${project}:`));
            const given = parse(block.slice(0, end < 0 ? undefined : end).join("\n")) as Record<string, unknown>;
            const values = Object.entries(given).map(([key, value]) => [key.replace(`${project}:`, ""), value]);
            return { line: block[0], values: Object.fromEntries(values) };
        });
}

describe("The guides", () => {
    it("show settings that the program takes", () => {
        const shown = files.flatMap((file) => stackFiles(file).map((part) => ({ file, ...part })));
        expect(shown.length).to.be.greaterThan(4);
        for (const { file, line, values } of shown) {
            // A part of a file may leave to others what it needs.
            const problems = readArgs(asConfig(values)).problems.filter(({ value }) => value !== undefined);
            expect(problems, `${file}: ${line}`).to.deep.equal([]);
        }
    });

    it("tell the default resources of each container", () => {
        const settings = withDefaults({});
        const { apiServer, scheduler, dagProcessor, triggerer, workers, database, dags, storage, airflow } = settings;
        const parts: Record<string, readonly { resources: { requests: object; limits: object } }[]> = {
            "api-server": [apiServer],
            "scheduler, dag-processor": [scheduler, dagProcessor],
            triggerer: [triggerer],
            "a task, a Job": [workers, airflow.jobs],
            Postgres: [database],
            "git-sync": [dags.gitSync],
            "NFS server": [storage.nfsServer],
        };
        const text = readFileSync(join(root, "docs/pods.md"), "utf8");
        for (const [noun, sized] of Object.entries(parts)) {
            for (const { resources } of sized) {
                const { cpu, memory } = resources.requests as Record<string, string>;
                const limits = resources.limits as Record<string, string>;
                expect(text).to.contain(`\n| ${noun} | ${cpu}, ${memory} | ${limits.cpu}, ${limits.memory} |\n`);
            }
        }
    });
});
