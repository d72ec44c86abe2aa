import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { processRecord } from "../../../local/cluster/processes";
import { waitFor } from "../../../local/support/deadline";
import { UserError } from "../../../local/support/errors";
import { capture, findOnPath, output, run, start, systemPath } from "../../../local/support/execution";
import { repositoryDirectory } from "../../../local/support/paths";
import { folder, removeFolders } from "../../support/folders";

async function failure(work: Promise<unknown>): Promise<Error> {
    return await work.then(
        () => expect.fail("it should have failed"),
        (error: Error) => error,
    );
}

describe("local/support/execution", () => {
    after(removeFolders);

    it("hands back what a program prints, byte for byte, and how it ended", async () => {
        expect(await capture(["sh", "-c", "echo out; echo err >&2; exit 3"])).to.deep.equal({
            code: 3,
            stdout: "out\n",
            stderr: "err\n",
        });
    });

    it("gives a text or a file as standard input, and else nothing", async () => {
        const file = join(folder({ input: "from a file" }), "input");
        expect(await output(["cat"], { input: "text" })).to.equal("text");
        expect(await output(["cat"], { inputFile: file })).to.equal("from a file");
        expect(await output(["cat"])).to.equal("");
    });

    it("judges a program that ends without reading its input by its exit code", async () => {
        expect((await capture(["true"], { input: "x".repeat(1_000_000) })).code).to.equal(0);
    });

    it("tells the program, its exit code and its last 20 lines when it must not fail", async () => {
        const error = await failure(output(["sh", "-c", "seq 30 >&2; exit 4"]));
        expect(error).to.be.instanceOf(UserError);
        expect(error.message.split("\n")[0]).to.equal("sh -c seq 30 >&2; exit 4 failed (exit code 4):");
        expect(error.message.split("\n").slice(1)).to.deep.equal(Array.from({ length: 20 }, (_, i) => `${i + 11}`));
    });

    it("tells what was printed when no message was, and says so when nothing was", async () => {
        expect((await failure(output(["sh", "-c", "echo said; exit 1"]))).message).to.match(/\nsaid$/);
        expect((await failure(output(["false"]))).message).to.match(/\n\(no message\)$/);
    });

    it("kills a program that takes too long", async () => {
        expect((await capture(["sleep", "60"], { timeout: 50 })).code).to.equal(128);
        expect((await failure(output(["sleep", "60"], { timeout: 50 }))).message).to.include("(killed after 0.05 s)");
    });

    it("says in one sentence that a program is not there", async () => {
        for (const work of [run, capture, output]) {
            const error = await failure(work(["no-such-program", "x"]));
            expect(error).to.be.instanceOf(UserError);
            expect(error.message).to.equal("no-such-program cannot be started: spawn no-such-program ENOENT");
        }
    });

    it("takes the environment as the whole of it, and adds the folders of system programs to its PATH", async () => {
        const printed = await output(["env"], { env: { ONE: "1", TWO: undefined, PATH: "/first" } });
        expect(printed.trim().split("\n").sort()).to.deep.equal(["ONE=1", `PATH=${systemPath("/first")}`]);
        expect(systemPath("/usr/bin::/first")).to.equal(
            "/usr/bin:/first:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin",
        );
    });

    it("finds programs, those of npm's scripts left out", () => {
        const bin = join(folder(), "node_modules", ".bin");
        expect(findOnPath("sh", `${bin}:/nowhere:/bin`)).to.equal("/bin/sh");
        expect(findOnPath("sh", "/nowhere")).to.equal(undefined);
    });

    it("writes what a program prints to a file in place of the terminal, after what is there, for our user alone", async () => {
        const file = join(folder(), "output");
        expect(await run(["sh", "-c", "cat; echo one; echo two >&2; exit 5"], { outputFile: file })).to.equal(5);
        expect(await run(["echo", "three"], { outputFile: file })).to.equal(0);
        expect(readFileSync(file, "utf8").trim().split("\n").sort()).to.deep.equal(["one", "three", "two"]);
        expect(statSync(file).mode & 0o777).to.equal(0o600);
    });

    it("runs a program beside us until it is stopped, with all that it has started", async () => {
        const companion = await start(["sh", "-c", "sleep 60 & echo $!; wait"]);
        const [line] = await once(companion.stdout, "data");
        await companion.stop();
        await companion.ended;
        await isGone(Number(String(line)));
        expect((await failure(start(["no-such-program"]))).message).to.include("no-such-program cannot be started");
    });
});

async function isGone(pid: number): Promise<void> {
    await waitFor(async () => processRecord(pid) === undefined, {
        within: 10_000,
        every: 20,
        what: `the end of process ${pid}`,
    });
}

describe("local/support/execution: signals", function () {
    this.timeout(30_000);
    after(removeFolders);

    // Notes what reaches it, and ends when it is asked to by other means.
    const noting = [
        "#!/bin/bash",
        'cd "$(dirname "$0")"',
        'for name in INT TERM HUP; do trap "echo $name >>seen" $name; done',
        "echo $$ >seen",
        "while [ ! -e end ]; do sleep 0.05; done",
        "echo ended >>seen",
    ].join("\n");

    /** A program of this project in a process group of its own, as a terminal starts it, that does `work` with a program. */
    async function started(work: string) {
        const directory = folder({ noting });
        chmodSync(join(directory, "noting"), 0o755);
        const support = join(repositoryDirectory, "local", "support");
        writeFileSync(
            join(directory, "ours.ts"),
            `import { capture, run, start } from ${JSON.stringify(join(support, "execution"))};
             import { main } from ${JSON.stringify(join(support, "main"))};
             const command = [${JSON.stringify(join(directory, "noting"))}];
             main(async () => {
                 try {
                     ${work}
                 } finally {
                     console.log("cleaned up");
                 }
                 return 0;
             });`,
        );
        const child = spawn(process.execPath, ["--import", "tsx", join(directory, "ours.ts")], {
            cwd: repositoryDirectory,
            detached: true,
            stdio: ["ignore", "pipe", "pipe"],
        });
        const { pid = expect.fail("it does not run") } = child;
        const printed: string[] = [];
        child.stdout.on("data", (text) => printed.push(String(text)));
        child.stderr.on("data", (text) => printed.push(String(text)));
        const ended = once(child, "close").then(([code, signal]) => ({ code, signal, printed: printed.join("") }));
        const seen = () =>
            existsSync(join(directory, "seen")) ? readFileSync(join(directory, "seen"), "utf8").trim().split("\n") : [];
        const sees = (count: number) =>
            waitFor(async () => seen().length >= count, {
                within: 20_000,
                every: 20,
                what: `${count} lines of the program`,
                explain: () => [...seen(), ...printed].join("\n"),
            });
        await sees(1);
        return {
            pid,
            ended,
            seen,
            sees,
            printed: () => printed.join(""),
            end: () => writeFileSync(join(directory, "end"), ""),
        };
    }

    for (const how of ["run", "capture"]) {
        it(`${how} waits for the program's end on Ctrl-C, the second one too, and cleans up`, async () => {
            const ours = await started(`console.log(await ${how}(command));`);
            process.kill(-ours.pid, "SIGINT");
            await ours.sees(2);
            process.kill(-ours.pid, "SIGINT");
            await ours.sees(3);
            ours.end();
            expect(await ours.ended).to.deep.equal({ code: 130, signal: null, printed: "cleaned up\nInterrupted.\n" });
            expect(ours.seen().slice(1)).to.deep.equal(["INT", "INT", "ended"]);
        });

        for (const signal of ["SIGTERM", "SIGHUP"] as const) {
            it(`${how} hands ${signal} on as an interruption, and waits`, async () => {
                const ours = await started(`console.log(await ${how}(command));`);
                process.kill(ours.pid, signal);
                await ours.sees(2);
                ours.end();
                expect(await ours.ended).to.include({ code: 130, printed: "cleaned up\nInterrupted.\n" });
                expect(ours.seen().slice(1)).to.deep.equal(["INT", "ended"]);
            });
        }
    }

    for (const signal of ["SIGINT", "SIGTERM"] as const) {
        it(`kills a program that nobody wants any more on ${signal}, and cleans up`, async () => {
            const ours = await started("await run(command, { disposable: true });");
            process.kill(ours.pid, signal);
            expect(await ours.ended).to.include({ code: 130, printed: "cleaned up\nInterrupted.\n" });
            expect(ours.seen()).to.have.length(1);
        });
    }

    it("leaves signals alone once the program has ended", async () => {
        const ours = await started(
            'await run(command); console.log("goes on"); await new Promise(() => setInterval(() => 0, 1000));',
        );
        ours.end();
        await waitFor(async () => ours.printed().includes("goes on"), {
            within: 20_000,
            every: 20,
            what: "it to go on",
        });
        process.kill(ours.pid, "SIGTERM");
        expect(await ours.ended).to.deep.include({ code: null, signal: "SIGTERM" });
    });

    for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) {
        it(`a program beside us ends when ${signal} ends us`, async () => {
            const ours = await started("await (await start(command)).ended;");
            process.kill(ours.pid, signal);
            expect(await ours.ended).to.include({ signal });
            await isGone(Number(ours.seen()[0]));
        });
    }
});
