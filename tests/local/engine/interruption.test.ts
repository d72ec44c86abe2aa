import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import * as random from "@pulumi/random";
import { expect } from "chai";
import { repositoryDirectory } from "../../../local/support/paths";
import { type FakeObject, working } from "./support/fakeCluster";
import { account, configMap, deployment, job, namelessConfigMap, namespace } from "./support/programs";
import { type TestProgram, type TestRun, TestStack } from "./support/testStack";

/** Everything that outlives a process that is killed: the state on disk and the objects in the cluster. */
interface Remains {
    readonly objects: Map<string, FakeObject>;
    readonly directory: string;
}

function remainsOf(stack: TestStack, name: string): Remains {
    const directory = join(stack.directory, name);
    rmSync(directory, { recursive: true, force: true });
    if (existsSync(stack.stateDirectory)) {
        cpSync(stack.stateDirectory, directory, { recursive: true });
    }
    return { objects: structuredClone(stack.cluster.objects), directory };
}

function restore(stack: TestStack, remains: Remains): void {
    rmSync(stack.stateDirectory, { recursive: true, force: true });
    cpSync(remains.directory, stack.stateDirectory, { recursive: true });
    // The process that held the lock would be dead.
    rmSync(join(stack.stateDirectory, "stacks/demo/test.json.lock"), { force: true });
    stack.cluster.objects.clear();
    structuredClone(remains.objects).forEach((object, key) => void stack.cluster.objects.set(key, object));
    stack.cluster.before = () => undefined;
    stack.cluster.after = () => undefined;
}

/**
 * Runs a command as if its process was killed at the given moment: what is on disk and in the cluster then is all that
 * is left. False when the command ended before that moment came.
 */
async function killedAt(
    stack: TestStack,
    moment: { request: number; when: "before" | "after" },
    command: () => Promise<TestRun>,
): Promise<boolean> {
    let seen = 0;
    let remains: Remains | undefined;
    const strike = (): void => {
        if (remains !== undefined) {
            throw Object.assign(new Error("the process is dead"), { code: 500 });
        }
        if (seen === moment.request) {
            remains = remainsOf(stack, "remains");
            throw Object.assign(new Error("the process is dead"), { code: 500 });
        }
    };
    stack.cluster.before = (request) => {
        seen += request.method === "GET" ? 0 : 1;
        if (request.method !== "GET" && moment.when === "before") {
            strike();
        }
    };
    stack.cluster.after = (request) => {
        if (request.method !== "GET" && moment.when === "after") {
            strike();
        }
    };
    await command();
    stack.cluster.before = () => undefined;
    stack.cluster.after = () => undefined;
    if (remains === undefined) {
        return false;
    }
    restore(stack, remains);
    return true;
}

function contents(stack: TestStack): string[] {
    return [...stack.cluster.objects.values()]
        .filter(({ metadata }) => !["kube-system", "default"].includes(metadata.name))
        .map(({ kind, metadata }) => `${kind} ${metadata.name.replace(/-[0-9a-f]{8}$/, "-*")}`)
        .sort();
}

describe("a run that is cut off", function () {
    this.timeout(60_000);
    let stack: TestStack;
    beforeEach(async () => {
        stack = await TestStack.start();
    });
    afterEach(() => stack.stop());

    const program =
        (version: string): TestProgram =>
        () => {
            const place = namespace("place");
            const password = new random.RandomPassword("password", { length: 16 });
            const settings = namelessConfigMap("settings", { version }, { dependsOn: place });
            configMap("fixed", { version }, { dependsOn: settings });
            account("robot", { version });
            deployment("web", { dependsOn: password }, undefined, settings.metadata.name);
            job("work", version);
        };
    const wanted = [
        "ConfigMap fixed",
        "ConfigMap settings-*",
        "Deployment web",
        "Job work",
        "Namespace place",
        "ServiceAccount robot",
    ];

    async function everyMoment(
        prepare: () => Promise<unknown>,
        command: () => Promise<TestRun>,
        check: (moment: string) => Promise<void>,
    ): Promise<number> {
        await prepare();
        const start = remainsOf(stack, "start");
        let moments = 0;
        for (const when of ["before", "after"] as const) {
            for (let request = 1; ; request++) {
                restore(stack, start);
                if (!(await killedAt(stack, { request, when }, command))) {
                    break;
                }
                moments++;
                await check(`${when} request ${request}`);
            }
        }
        return moments;
    }

    it("by kill -9 at any moment of a create or an update goes on with nothing lost or twice", async () => {
        const check = async (moment: string): Promise<void> => {
            const run = await stack.up(program("2"));
            expect(run.code, `${moment}\n${run.output}`).to.equal(0);
            expect(contents(stack), moment).to.deep.equal(wanted);
            expect(stack.cluster.find("ConfigMap", "fixed")?.data).to.deep.equal({ version: "2" });
            expect((await stack.up(program("2"))).summary, moment).to.match(/^Resources: 7 unchanged, /);
            expect((await stack.store()).state.pending).to.deep.equal([]);
        };
        const empty = (): Promise<TestRun> => stack.up(() => undefined);
        expect(await everyMoment(empty, () => stack.up(program("2")), check)).to.be.greaterThan(10);
        const first = async (): Promise<void> => {
            stack.cluster.reset();
            rmSync(stack.stateDirectory, { recursive: true });
            await stack.up(program("1"));
        };
        expect(await everyMoment(first, () => stack.up(program("2")), check)).to.be.greaterThan(10);
    });

    it("by kill -9 at any moment of a destroy goes on with the rest", async () => {
        const moments = await everyMoment(
            () => stack.up(program("1")),
            () => stack.destroy(),
            async (moment) => {
                const run = await stack.destroy();
                expect(run.code, `${moment}\n${run.output}`).to.equal(0);
                expect(contents(stack), moment).to.deep.equal([]);
                expect((await stack.store()).state.resources).to.deep.equal([]);
            },
        );
        expect(moments).to.be.greaterThan(10);
    });

    it("by kill -9 at any moment of a create can be destroyed, to the last object", async () => {
        const moments = await everyMoment(
            () => stack.up(() => undefined),
            () => stack.up(program("1")),
            async (moment) => {
                const run = await stack.destroy();
                expect(run.code, `${moment}\n${run.output}`).to.equal(0);
                expect(contents(stack), moment).to.deep.equal([]);
                expect((await stack.store()).state).to.deep.include({ resources: [], pending: [] });
            },
        );
        expect(moments).to.be.greaterThan(10);
    });

    it("does not take an object over that someone else made meanwhile", async () => {
        await killedAt(stack, { request: 1, when: "before" }, () => stack.up(() => configMap("first")));
        stack.cluster.put({ kind: "ConfigMap", metadata: { name: "first", namespace: "default" } });
        const run = await stack.up(() => configMap("first"));
        expect(run.code).to.equal(1);
        expect(run.output).to.include("already exists in the cluster and is not of this stack");
    });

    it("waits again for what was made but not ready", async () => {
        stack.cluster.status = (object) => (object.kind === "Deployment" ? {} : working(object));
        const controller = new AbortController();
        stack.cluster.after = (request) => {
            if (request.method === "GET" && request.path.endsWith("deployments/web")) {
                controller.abort();
            }
        };
        const cut = await stack.up(() => deployment("web"), {}, controller.signal);
        expect(cut.code).to.equal(130);
        expect((await stack.resource("web"))?.initErrors).to.have.length(1);
        stack.cluster.status = working;
        const run = await stack.up(() => deployment("web"));
        expect(run.summary, run.output).to.match(/^Resources: 1 updated, /);
        expect(run.output).to.include("it was not ready");
        expect((await stack.resource("web"))?.initErrors).to.deep.equal([]);
    });

    it("by the user begins nothing new, and records what was in flight", async () => {
        const controller = new AbortController();
        stack.cluster.before = async (request) => {
            if (request.method === "POST") {
                controller.abort();
                await new Promise((resolve) => setTimeout(resolve, 200));
            }
        };
        const two = (): void => void configMap("second", {}, { dependsOn: configMap("first") });
        expect((await stack.up(two, {}, controller.signal)).code).to.equal(130);
        expect((await stack.resources()).map((resource) => resource.id)).to.deep.equal(["default/first"]);
        stack.cluster.before = () => undefined;
        expect((await stack.up(two)).summary).to.match(/^Resources: 1 created, 1 unchanged, /);
    });

    describe("as a process", () => {
        const source = `
            const k8s = require("@pulumi/kubernetes");
            const first = new k8s.core.v1.ConfigMap("first", { data: {} });
            const metadata = { name: "web", labels: { first: first.metadata.name } };
            const labels = { app: "web" };
            new k8s.apps.v1.Deployment("web", { metadata, spec: { selector: { matchLabels: labels },
                template: { metadata: { labels }, spec: { containers: [{ name: "main", image: "image:1" }] } } } });
        `;

        function start(): { child: ChildProcess; ended: Promise<{ code: number | null; output: string }> } {
            const child = spawn(
                process.execPath,
                ["--import", "tsx", "local/engine/cli.ts", "up", "--yes", "--skip-preview", "--stack", "test"].concat([
                    "--cwd",
                    stack.directory,
                ]),
                {
                    cwd: repositoryDirectory,
                    env: { ...process.env, AIRFLOW_KUBERNETES_STATE: stack.stateDirectory },
                },
            );
            let output = "";
            child.stdout?.on("data", (text) => {
                output += String(text);
            });
            child.stderr?.on("data", (text) => {
                output += String(text);
            });
            const ended = new Promise<{ code: number | null; output: string }>((resolve) =>
                child.on("close", (code) => resolve({ code, output })),
            );
            return { child, ended };
        }

        beforeEach(() => {
            mkdirSync(stack.directory, { recursive: true });
            symlinkSync(join(repositoryDirectory, "node_modules"), join(stack.directory, "node_modules"));
            stack.write("package.json", '{ "name": "demo", "main": "index.js" }');
            stack.write("index.js", source);
        });

        it("ends with 130 after Ctrl-C, and goes on after kill -9; the program's process does not stay", async () => {
            stack.cluster.status = (object) => (object.kind === "Deployment" ? {} : working(object));
            const made = new Promise<void>((resolve) => {
                stack.cluster.after = (request) => {
                    if (request.path.includes("deployments/web") && request.method === "GET") {
                        resolve();
                    }
                };
            });
            const interrupted = start();
            await made;
            interrupted.child.kill("SIGINT");
            const first = await interrupted.ended;
            expect(first.code, first.output).to.equal(130);
            expect(first.output).to.include("Interrupted: what is begun is finished and recorded.");

            const applied = new Promise<void>((resolve) => {
                stack.cluster.after = (request) => {
                    if (request.path.includes("deployments/web") && request.method === "PATCH") {
                        killed.child.kill("SIGKILL");
                        resolve();
                    }
                };
            });
            const killed = start();
            await applied;
            await killed.ended;
            stack.cluster.after = () => undefined;
            stack.cluster.status = working;
            const again = await start().ended;
            expect(again.code, again.output).to.equal(0);
            expect(stack.cluster.all("ConfigMap")).to.have.length(1);
            expect(processesIn(stack.directory)).to.deep.equal([]);
        });
    });
});

function processesIn(directory: string): string[] {
    return readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .flatMap((pid) => {
            try {
                return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")];
            } catch {
                return [];
            }
        })
        .filter((command) => command.includes(directory));
}
