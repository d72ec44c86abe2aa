import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { withDefaults } from "../../components/settings/airflowKubernetesDefaults";
import { readArgs } from "../../config";
import { project, root } from "../support/program";
import { asConfig } from "../support/randomConfigurations";

const files = ["README.md", ...readdirSync(join(root, "docs")).map((name) => join("docs", name))];

/** Paths below tests/ that tables of promises name. */
function tests(text: string): string[] {
    const rows = text.split("\n").filter((line) => line.startsWith("| "));
    return rows.flatMap((row) =>
        [...row.matchAll(/`((?:unit|components|program|local|cluster)\/[\w/.]+\.ts)`/g)].map(([, path]) => path),
    );
}

/** Whether a link leads to a file or folder, and to a heading in it where it names one. */
function leadsSomewhere(from: string, path: string, heading: string): boolean {
    const target = join(root, path === "" ? from : join(dirname(from), path));
    return existsSync(target) && (heading === "" || headings(readFileSync(target, "utf8")).includes(heading));
}

/** Names of the headings of a text, as GitHub makes links of them. */
function headings(text: string): string[] {
    return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
        heading
            .toLowerCase()
            .replace(/[^\w\- ]/g, "")
            .replaceAll(" ", "-"),
    );
}

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

    it("name settings that there are", () => {
        const configuration = readFileSync(join(root, "docs/configuration.md"), "utf8");
        const rows = [...configuration.matchAll(/^\| `([^`]+)` \| ([^|]*) \|/gm)];
        // Secrets have a key of their own, and the path of their argument in the second column.
        const types = new Map(
            rows.flatMap(([, path, type]) => [
                [path, type],
                [/^`(.+)`$/.exec(type)?.[1] ?? path, type],
            ]),
        );
        const keys = new Set([...types.keys()].map((path) => path.split(".")[0]));
        // Programs in the guides call the component `airflow`; these three keys are arguments below it.
        const component = readFileSync(join(root, "components/airflowKubernetes.ts"), "utf8");
        const members = [...component.matchAll(/public readonly (\w+):/g)].map(([, member]) => member);
        const others = new Set([...members, "connections", "variables", "pools"].map((member) => `airflow.${member}`));
        const isSetting = (path: string): boolean => {
            const steps = path.split(".");
            const paths = steps.map((_, index) => steps.slice(0, index + 1).join("."));
            const isOpen = (parent: string) => others.has(parent) || /^(map of|\[|[A-Z])/.test(types.get(parent) ?? "");
            const hasParts = [...types.keys()].some((known) => known.startsWith(`${path}.`));
            return types.has(path) || hasParts || paths.some(isOpen);
        };
        // Half of the names in the guide from the official chart are that chart's; the other guide is where settings are looked up.
        for (const file of files.filter((name) => !/(from-the-helm-chart|configuration)\.md$/.test(name))) {
            const named = [...readFileSync(join(root, file), "utf8").matchAll(/`([a-z]\w*(?:\.\w+)+)(?:\[[^`]*)?`/g)];
            const settings = named.map(([, path]) => path).filter((path) => keys.has(path.split(".")[0]));
            expect(settings.filter((path) => !isSetting(path))).to.deep.equal([], file);
        }
    });

    it("tell of every Secret that somebody else may keep", () => {
        const configuration = readFileSync(join(root, "docs/configuration.md"), "utf8");
        const arguments_ = [...configuration.matchAll(/^\| `([^`]+)` \| \[secret key\]/gm)].map(([, path]) => path);
        const security = readFileSync(join(root, "docs/security.md"), "utf8");
        const [, table] = /^### Secrets that somebody else keeps$([\s\S]*?)^ +pulumi config/m.exec(security) ?? [];
        expect(arguments_.length).to.be.greaterThan(10);
        // Backups have those of a bucket in one row, by the end of their paths.
        const end = (path: string) => path.replace("database.backup.bucket.", "");
        expect(arguments_.filter((path) => !(table ?? "").includes(`\`${end(path)}\``))).to.deep.equal([]);
    });

    it("name tests that there are", () => {
        const named = files.flatMap((file) =>
            tests(readFileSync(join(root, file), "utf8")).map((path) => ({ file, path })),
        );
        expect(named.length).to.be.greaterThan(40);
        expect(named.filter(({ path }) => !existsSync(join(root, "tests", path)))).to.deep.equal([]);
    });

    it("link to guides and headings that there are", () => {
        const broken = [...files, "CHANGELOG.md", "CONTRIBUTING.md", "components/README.md"].flatMap((file) => {
            const text = readFileSync(join(root, file), "utf8");
            return [...text.matchAll(/\]\((?!https?:)([^)#\s]*)(#[^)\s]+)?\)/g)]
                .filter(([, path, heading = "#"]) => !leadsSomewhere(file, path, heading.slice(1)))
                .map(([link]) => `${file}: ${link}`);
        });
        expect(broken).to.deep.equal([]);
    });

    it("tell the default resources of each container", () => {
        const settings = withDefaults({ metrics: { statsd: {}, state: {} } });
        const { apiServer, scheduler, dagProcessor, triggerer, workers, database, dags, storage, airflow, metrics } =
            settings;
        const parts: Record<string, readonly { resources: { requests: object; limits: object } }[]> = {
            "api-server": [apiServer],
            "scheduler, dag-processor": [scheduler, dagProcessor],
            triggerer: [triggerer],
            "a task, a Job": [workers, airflow.jobs],
            Postgres: [database],
            "git-sync": [dags.gitSync],
            "NFS server": [storage.nfsServer],
            "statsd-exporter": metrics.statsd ? [metrics.statsd] : [],
            "state-metrics": metrics.state ? [metrics.state] : [],
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
