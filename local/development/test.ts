import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clusterDown } from "../cluster";
import { ensureImages, testImageNames } from "../images";
import { chooseEngine, startEngine } from "../pulumi/engine";
import { setting } from "../session/options";
import { allNeeds } from "../session/stackNeeds";
import { chooseCluster, startCluster } from "../session/targetCluster";
import { Interrupted, UserError } from "../support/errors";
import { capture, findOnPath, run } from "../support/execution";
import { main } from "../support/main";
import { repositoryDirectory } from "../support/paths";
import { Stopwatch, say } from "../support/progress";
import { requireUnused, runsInPart } from "./usedCluster";

/** How a suite went. */
export interface Counts {
    readonly passed: number;
    readonly failed: number;
    readonly skipped: number;
}

/** Parts of `make test`, in the order in which they are told: first the product, then what makes a cluster on this machine. */
const parts = ["check", "unit", "cluster", "soak", "local"] as const;
type Part = (typeof parts)[number];

const nothing: Counts = { passed: 0, failed: 0, skipped: 0 };
const oneFailed: Counts = { ...nothing, failed: 1 };

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

/**
 * What a mocha run amounts to: what it counted, and one failure more when its exit code tells of what it did not count.
 *
 * @param mayBeEmpty Whether it is no fault that no test ran.
 */
export function mochaCounts(counted: Counts | undefined, code: number, mayBeEmpty = false): Counts {
    if (counted === undefined) {
        return oneFailed;
    }
    const empty = counted.passed + counted.failed === 0 && !mayBeEmpty;
    return (code !== 0 && counted.failed === 0) || empty ? { ...counted, failed: counted.failed + 1 } : counted;
}

/** Runs a program to its end and hands back its exit code. */
type Runner = (command: readonly string[], env: NodeJS.ProcessEnv) => Promise<number>;

/** Shows what the program prints as it comes. */
const onTerminal: Runner = (command, env) => run(command, { cwd: repositoryDirectory, env });

/** Shows what the program printed in one piece, when it has ended: something else prints meanwhile. */
const inOnePiece: Runner = async (command, env) => {
    const { code, stdout, stderr } = await capture(command, { cwd: repositoryDirectory, env });
    process.stdout.write(stdout + stderr);
    return code;
};

async function test(): Promise<number> {
    // Nothing that is tested asks for names outside of the cluster, and no question of it leaves the machine.
    process.env.CLUSTER_RESOLVERS ||= "none";
    const asked = process.argv.slice(2);
    const unknown = asked.filter((name) => !parts.some((part) => part === name));
    if (unknown.length > 0) {
        throw new UserError(`There is no ${unknown.join(", ")} to test; the parts are ${parts.join(", ")}.`);
    }
    const grep = setting(process.env, "GREP");
    const isAsked = (part: Part): boolean => asked.length === 0 || asked.includes(part);
    if (asked.length === 0) {
        // Beside all others it has no time for more.
        process.env.MINUTES ||= "2";
    }
    const needsCluster = isAsked("cluster") || isAsked("soak") || isAsked("local");
    if (isAsked("local")) {
        await requireUnused("testing it");
    }
    const wasRunning = needsCluster && (await runsInPart());
    const told: Counts[] = [];
    const tell = async (part: Part, runner: Runner): Promise<void> => void told.push(await runPart(part, runner, grep));
    try {
        // What needs no cluster runs while one starts.
        const started = needsCluster ? tryStart() : undefined;
        const runner = started === undefined ? onTerminal : inOnePiece;
        for (const part of (["check", "unit"] as const).filter(isAsked)) {
            await tell(part, runner);
        }
        if ((await started) === false) {
            told.push(oneFailed);
        } else {
            for (const part of (["cluster", "soak", "local"] as const).filter(isAsked)) {
                await tell(part, onTerminal);
            }
        }
    } finally {
        if (needsCluster && !wasRunning) {
            told.push(await tryStop());
        }
    }
    const all = sum(told);
    if (grep !== undefined && all.passed + all.failed === 0) {
        say(`No test has a name with ${grep}.`);
    }
    process.stdout.write(`${verdict(all)}\n`);
    return all.failed === 0 && all.passed > 0 ? 0 : 1;
}

async function runPart(part: Part, runner: Runner, grep: string | undefined): Promise<Counts> {
    const watch = new Stopwatch();
    const suites: Record<Part, readonly (() => Promise<Counts>)[]> = {
        check: [() => check(runner, "biome", "ci", "."), () => check(runner, "tsc", "--noEmit")],
        unit: [() => mocha(runner, ".mocharc.json", grep)],
        cluster: [
            () => mocha(runner, ".mocharc.cluster.json", grep),
            () => mocha(runner, ".mocharc.deliveries.json", grep),
        ],
        soak: [() => mocha(runner, ".mocharc.soak.json", grep)],
        local: [() => mocha(runner, ".mocharc.local.json", grep)],
    };
    say(`\n=== ${part} ===`);
    const counts: Counts[] = [];
    for (const suite of suites[part]) {
        counts.push(await suite());
    }
    const all = sum(counts);
    say(`=== ${part}: ${verdict(all)}, ${watch.elapsed()} ===`);
    return all;
}

async function check(runner: Runner, program: string, ...args: readonly string[]): Promise<Counts> {
    say(`${program} ${args.join(" ")}`);
    const code = await runner([join(repositoryDirectory, "node_modules", ".bin", program), ...args], process.env);
    return code === 0 ? { ...nothing, passed: 1 } : oneFailed;
}

async function mocha(runner: Runner, config: string, grep: string | undefined): Promise<Counts> {
    const folder = mkdtempSync(join(tmpdir(), "airflow-kubernetes-counts-"));
    try {
        const file = join(folder, "counts.json");
        const command = [
            join(repositoryDirectory, "node_modules", ".bin", "mocha"),
            ...["--config", config],
            ...["--reporter", join(__dirname, "countingReporter.ts")],
            ...(grep === undefined ? [] : ["--grep", grep]),
        ];
        const code = await runner(command, { ...process.env, TEST_COUNTS_FILE: file });
        const counted = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Counts) : undefined;
        return mochaCounts(counted, code, grep !== undefined);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

/**
 * Starts the local cluster with its images, and has Pulumi built, so that no test waits for it beyond its deadline. Says why, and
 * hands back false, when it cannot.
 */
async function tryStart(): Promise<boolean> {
    try {
        await startCluster(chooseCluster("local"), allNeeds);
        await ensureImages(testImageNames);
        await startEngine(await chooseEngine(setting(process.env, "ENGINE")), findOnPath("pulumi"));
        return true;
    } catch (error) {
        say(`The suites on the cluster could not run: ${messageOf(error)}`);
        return false;
    }
}

/** Stops what this run started of the local cluster; one that cannot be stopped is a failure of its own. */
async function tryStop(): Promise<Counts> {
    try {
        if (await runsInPart()) {
            await clusterDown();
        }
        return nothing;
    } catch (error) {
        if (error instanceof Interrupted) {
            throw error;
        }
        say(`The cluster could not be stopped: ${messageOf(error)}`);
        return oneFailed;
    }
}

function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

if (require.main === module) {
    main(test);
}
