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
import { deadlineVariable } from "./suitesDeadline";
import { requireUnused, runsInPart } from "./usedCluster";

/** How a suite went. */
export interface Counts {
    readonly passed: number;
    readonly failed: number;
    readonly skipped: number;
    /** A line for each test that failed, at last or only at first: the end of the output names them once more. */
    readonly remarks: readonly string[];
}

/** Parts of `make test`, in the order in which they are told: first the product, then what makes a cluster on this machine. */
const daily = ["check", "unit", "cluster", "soak", "local"] as const;
const parts = [...daily, "release"] as const;
type Part = (typeof parts)[number];

/** Until when after its start `make test` begins tests of installations, and parts, in minutes: what follows has to end in time, too. */
const beginsWithin = { installations: 66, soak: 76, local: 82 };

const nothing: Counts = { passed: 0, failed: 0, skipped: 0, remarks: [] };

/** One failure beside those of tests. */
function oneFailed(what: string): Counts {
    return { ...nothing, failed: 1, remarks: [`Failed: ${what}`] };
}

/** The sum of several suites. */
export function sum(counts: readonly Counts[]): Counts {
    return counts.reduce(
        (total, one) => ({
            passed: total.passed + one.passed,
            failed: total.failed + one.failed,
            skipped: total.skipped + one.skipped,
            remarks: [...total.remarks, ...one.remarks],
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
 * @param suite What it is called in a remark.
 * @param mayBeEmpty Whether it is no fault that no test ran.
 */
export function mochaCounts(suite: string, counted: Counts | undefined, code: number, mayBeEmpty = false): Counts {
    if (counted === undefined) {
        return oneFailed(`${suite} broke off`);
    }
    if (counted.passed + counted.failed === 0 && !mayBeEmpty) {
        return sum([counted, oneFailed(`${suite} ran no test`)]);
    }
    return code !== 0 && counted.failed === 0
        ? sum([counted, oneFailed(`${suite} ended with exit code ${code} beside its tests`)])
        : counted;
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
    const chosen: readonly string[] = asked.length === 0 ? daily : asked;
    const isAsked = (part: Part): boolean => chosen.includes(part);
    const begun = Date.now();
    const isTooLate = (minutes: number): boolean => asked.length === 0 && Date.now() > begun + minutes * 60_000;
    if (asked.length === 0) {
        // Beside all others it has no time for more.
        process.env.MINUTES ||= "2";
        process.env[deadlineVariable] ||= String(begun + beginsWithin.installations * 60_000);
    }
    const onCluster = (["cluster", "release", "soak", "local"] as const).filter(isAsked);
    const needsCluster = onCluster.length > 0;
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
            told.push(oneFailed("the start of the local cluster, its images and Pulumi"));
        } else {
            for (const part of onCluster) {
                if ((part === "soak" || part === "local") && isTooLate(beginsWithin[part])) {
                    say(
                        `${part} is skipped: this machine is too slow for all in the time of make test. make test-${part}`,
                    );
                    told.push({ ...nothing, skipped: 1 });
                } else {
                    await tell(part, onTerminal);
                }
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
    if (asked.length === 0) {
        say(
            "Further installations, and the long soak, are left to make test-release and make test-soak (tests/README.md).",
        );
    }
    for (const remark of all.remarks) {
        say(remark);
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
            () => mocha(runner, ".mocharc.parallel.json", grep),
        ],
        release: [() => mocha(runner, ".mocharc.release.json", grep)],
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
    return code === 0 ? { ...nothing, passed: 1 } : oneFailed([program, ...args].join(" "));
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
        return mochaCounts(config, counted, code, grep !== undefined);
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
        return oneFailed("the stop of the local cluster");
    }
}

function messageOf(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

if (require.main === module) {
    main(test);
}
