import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clusterDown, clusterStatus, clusterUp } from "../cluster";
import { ensureImages } from "../images";
import { Interrupted, UserError } from "../support/errors";
import { run } from "../support/execution";
import { main } from "../support/main";
import { repositoryDirectory } from "../support/paths";
import { Stopwatch, say } from "../support/progress";

/** How a suite went. */
export interface Counts {
    readonly passed: number;
    readonly failed: number;
    readonly skipped: number;
}

/** Parts of `make test`, in the order in which they run. */
const parts = ["check", "unit", "cluster"] as const;
type Part = (typeof parts)[number];

const nothing: Counts = { passed: 0, failed: 0, skipped: 0 };

/** The sum of several suites. */
export function sum(counts: readonly Counts[]): Counts {
    return counts.reduce(
        (total, one) => ({
            passed: total.passed + one.passed,
            failed: total.failed + one.failed,
            skipped: total.skipped + one.skipped,
        }),
        nothing,
    );
}

/** The last line of a test run. */
export function verdict(counts: Counts): string {
    const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`;
    return `${counts.passed} passed, ${counts.failed} failed${skipped}`;
}

/** What a mocha run amounts to: what it counted, and one failure more when its exit code tells of what it did not count. */
export function mochaCounts(counted: Counts | undefined, code: number): Counts {
    if (counted === undefined) {
        return { ...nothing, failed: 1 };
    }
    const empty = counted.passed + counted.failed === 0;
    return (code !== 0 && counted.failed === 0) || empty ? { ...counted, failed: counted.failed + 1 } : counted;
}

async function test(): Promise<number> {
    const asked = process.argv.slice(2);
    const unknown = asked.filter((name) => !parts.some((part) => part === name));
    if (unknown.length > 0) {
        throw new UserError(`There is no ${unknown.join(", ")} to test; the parts are ${parts.join(", ")}.`);
    }
    const total: Counts[] = [];
    for (const part of parts.filter((name) => asked.length === 0 || asked.includes(name))) {
        const watch = new Stopwatch();
        say(`\n=== ${part} ===`);
        const counts = await runPart(part);
        say(`=== ${part}: ${verdict(counts)}, ${watch.elapsed()} ===`);
        total.push(counts);
    }
    const all = sum(total);
    process.stdout.write(`${verdict(all)}\n`);
    return all.failed === 0 && all.passed > 0 ? 0 : 1;
}

async function runPart(part: Part): Promise<Counts> {
    switch (part) {
        case "check":
            return sum([await check("biome", "ci", "."), await check("tsc", "--noEmit")]);
        case "unit":
            return await mocha(".mocharc.json");
        case "cluster":
            return await onCluster(() => mocha(".mocharc.cluster.json"));
    }
}

async function check(program: string, ...args: readonly string[]): Promise<Counts> {
    say(`${program} ${args.join(" ")}`);
    const code = await run([join(repositoryDirectory, "node_modules", ".bin", program), ...args], {
        cwd: repositoryDirectory,
    });
    return code === 0 ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 };
}

async function mocha(config: string): Promise<Counts> {
    const folder = mkdtempSync(join(tmpdir(), "airflow-kubernetes-counts-"));
    try {
        const file = join(folder, "counts.json");
        const reporter = join(repositoryDirectory, "local", "commands", "countingReporter.ts");
        const command = [
            join(repositoryDirectory, "node_modules", ".bin", "mocha"),
            "--config",
            config,
            "--reporter",
            reporter,
        ];
        const code = await run(command, { cwd: repositoryDirectory, env: { ...process.env, TEST_COUNTS_FILE: file } });
        return mochaCounts(existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Counts) : undefined, code);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

/** Runs on the local cluster; one that was not running before is stopped again. */
async function onCluster(work: () => Promise<Counts>): Promise<Counts> {
    const wasRunning = (await clusterStatus()).running;
    try {
        await clusterUp();
        await ensureImages();
        return await work();
    } catch (error) {
        if (error instanceof Interrupted) {
            throw error;
        }
        say(`The cluster suite could not run: ${error instanceof Error ? error.message : String(error)}`);
        return { ...nothing, failed: 1 };
    } finally {
        if (!wasRunning) {
            await clusterDown();
        }
    }
}

if (require.main === module) {
    main(test);
}
