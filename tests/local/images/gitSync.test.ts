import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    realpathSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { gitSyncProgram } from "../../../local/images/git-sync/recipe";
import { waitFor } from "../../../local/support/deadline";
import { goProgram } from "../../../local/support/goProgram";

interface Running {
    readonly child: ChildProcess;
    readonly ended: Promise<number | null>;
    messages(): string;
}

const soon = { within: 10_000, every: 20 };

describe("local/images/git-sync", () => {
    const home = mkdtempSync(join(tmpdir(), "git-sync-test-"));
    let program: string;
    const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "protocol.file.allow=always"];
    const running: Running[] = [];
    let directory: string;
    let upstream: string;
    let root: string;

    function git(where: string, ...arguments_: string[]): string {
        const environment = { PATH: process.env.PATH, HOME: home, GIT_CONFIG_NOSYSTEM: "1" };
        return execFileSync("git", ["-C", where, ...identity, ...arguments_], {
            encoding: "utf8",
            env: environment,
            stdio: ["ignore", "pipe", "pipe"],
        }).trim();
    }

    function createRepository(name: string): string {
        const path = join(directory, name);
        mkdirSync(path);
        git(path, "init", "--quiet", "--initial-branch=main");
        return path;
    }

    /** Writes a file, or removes it, and commits that; hands back the commit. */
    function commit(repository: string, file: string, content: string | undefined): string {
        if (content === undefined) {
            rmSync(join(repository, file));
        } else {
            writeFileSync(join(repository, file), content);
        }
        git(repository, "add", "--all");
        git(repository, "commit", "--quiet", "--message", "change");
        return git(repository, "rev-parse", "HEAD");
    }

    function start(settings: Record<string, string> = {}, ...flags: string[]): Running {
        const child = spawn(program, flags, {
            env: {
                PATH: process.env.PATH,
                HOME: home,
                TMPDIR: directory,
                GITSYNC_REPO: `file://${upstream}`,
                GITSYNC_ROOT: root,
                GITSYNC_LINK: "current",
                GITSYNC_PERIOD: "50ms",
                GITSYNC_GIT_CONFIG: "protocol.file.allow:always",
                ...settings,
            },
            stdio: ["ignore", "ignore", "pipe"],
        });
        const chunks: Buffer[] = [];
        child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
        const result = {
            child,
            ended: once(child, "close").then(([code]) => code as number | null),
            messages: () => Buffer.concat(chunks).toString(),
        };
        running.push(result);
        return result;
    }

    async function synced(process_: Running, hash: string): Promise<void> {
        const holds = async () =>
            existsSync(join(root, "current")) && readlinkSync(join(root, "current")).endsWith(hash);
        await waitFor(holds, { ...soon, what: `a sync to ${hash}`, explain: process_.messages });
    }

    function lines(process_: Running): Record<string, unknown>[] {
        return process_
            .messages()
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line) as Record<string, unknown>);
    }

    before(async function () {
        this.timeout(180_000);
        program = join(await goProgram(gitSyncProgram), "git-sync");
    });

    after(() => rmSync(home, { recursive: true }));

    beforeEach(() => {
        directory = realpathSync(mkdtempSync(join(home, "case-")));
        root = join(directory, "root");
        upstream = createRepository("upstream");
        commit(upstream, "dag.py", "one");
    });

    afterEach(async () => {
        for (const { child, ended } of running.splice(0)) {
            child.kill("SIGKILL");
            await ended;
        }
    });

    it("syncs once and ends: a relative link to the checkout of the commit, one commit deep", async () => {
        const hash = commit(upstream, "dag.py", "two");
        const once_ = start({ GITSYNC_ONE_TIME: "true" });
        expect(await once_.ended, once_.messages()).to.equal(0);
        expect(readlinkSync(join(root, "current"))).to.equal(`.worktrees/${hash}`);
        expect(readFileSync(join(root, "current/dag.py"), "utf8")).to.equal("two");
        expect(git(join(root, "current"), "rev-list", "--count", "HEAD")).to.equal("1");
        expect(lines(once_).every((line) => "ts" in line && "msg" in line)).to.equal(true);
        expect(readdirSync(directory).filter((name) => name.startsWith("git-sync."))).to.deep.equal([]);
    });

    it("takes flags, too, and names the link after the repository", async () => {
        const process_ = start({ GITSYNC_LINK: "", GITSYNC_REPO: "" }, "--one-time", "--repo", `file://${upstream}`);
        expect(await process_.ended).to.equal(1);
        const flags = ["--one-time", `--repo=file://${upstream}`, "--depth", "0", "--link=upstream"];
        const other = start({}, ...flags);
        expect(await other.ended, other.messages()).to.equal(0);
        expect(existsSync(join(root, "upstream/dag.py"))).to.equal(true);
    });

    it("follows the branch, and its link always shows a whole commit", async () => {
        const process_ = start({ GITSYNC_REF: "main", GITSYNC_STALE_WORKTREE_TIMEOUT: "1m" });
        await synced(process_, git(upstream, "rev-parse", "HEAD"));
        const missing: unknown[] = [];
        const watch = setInterval(() => {
            try {
                readFileSync(join(root, "current/dag.py"));
            } catch (error) {
                missing.push(error);
            }
        }, 1);
        for (const content of ["two", "three", "four"]) {
            await synced(process_, commit(upstream, "dag.py", content));
            expect(readFileSync(join(root, "current/dag.py"), "utf8")).to.equal(content);
        }
        clearInterval(watch);
        expect(missing).to.deep.equal([]);
        expect(readdirSync(join(root, ".worktrees"))).to.have.length(4);
    });

    it("removes checkouts that are no longer shown, and with them removed files", async () => {
        commit(upstream, "old.py", "old");
        const process_ = start();
        await synced(process_, git(upstream, "rev-parse", "HEAD"));
        const hash = commit(upstream, "old.py", undefined);
        await synced(process_, hash);
        expect(readdirSync(join(root, "current")).sort()).to.deep.equal([".git", "dag.py"]);
        const alone = async () => readdirSync(join(root, ".worktrees")).join() === hash;
        await waitFor(alone, { ...soon, what: "the old checkout to go" });
    });

    it("takes an annotated tag, and a hash, after which there is nothing to do until it is stopped", async () => {
        const hash = git(upstream, "rev-parse", "HEAD");
        git(upstream, "tag", "--annotate", "--message", "first", "v1");
        commit(upstream, "dag.py", "two");
        expect(await start({ GITSYNC_REF: "v1", GITSYNC_ONE_TIME: "true" }).ended).to.equal(0);
        expect(readlinkSync(join(root, "current"))).to.equal(`.worktrees/${hash}`);
        git(upstream, "config", "uploadpack.allowAnySHA1InWant", "true");
        rmSync(root, { recursive: true });
        const byHash = start({ GITSYNC_REF: hash });
        await waitFor(async () => byHash.messages().includes("no further sync needed"), {
            ...soon,
            what: "the end of all work",
            explain: byHash.messages,
        });
        byHash.child.kill("SIGTERM");
        expect(await byHash.ended).to.equal(0);
    });

    it("fills submodules with relative addresses, all the way down, or none", async () => {
        const inner = createRepository("inner");
        commit(inner, "inner.py", "inner");
        const module_ = createRepository("module");
        commit(module_, "module.py", "module");
        git(module_, "submodule", "--quiet", "add", "../inner", "inner");
        git(module_, "commit", "--quiet", "--all", "--message", "inner");
        git(upstream, "submodule", "--quiet", "add", "../module", "module");
        git(upstream, "commit", "--quiet", "--all", "--message", "module");
        for (const [mode, expected] of [
            ["recursive", [true, true]],
            ["shallow", [true, false]],
            ["off", [false, false]],
        ] as const) {
            rmSync(root, { recursive: true, force: true });
            const process_ = start({ GITSYNC_SUBMODULES: mode, GITSYNC_ONE_TIME: "1" });
            expect(await process_.ended, process_.messages()).to.equal(0);
            const files = ["current/module/module.py", "current/module/inner/inner.py"];
            expect(files.map((file) => existsSync(join(root, file)))).to.deep.equal(expected);
        }
    });

    it("ends with 1 and git's own words at an unknown ref", async () => {
        const process_ = start({ GITSYNC_REF: "nowhere" });
        expect(await process_.ended).to.equal(1);
        const last = lines(process_).at(-1);
        expect(last).to.include({ msg: "too many failures, aborting", failCount: 1, maxFailures: 0 });
        expect(last?.error).to.contain("couldn't find remote ref nowhere");
    });

    it("tries as often as it may, and counts anew after a success", async () => {
        const patient = start({ GITSYNC_REF: "nowhere", GITSYNC_MAX_FAILURES: "3" });
        expect(await patient.ended).to.equal(1);
        expect(patient.messages().match(/will retry/g)).to.have.length(2);

        const file = join(root, "error.json");
        const process_ = start({ GITSYNC_REF: "later", GITSYNC_MAX_FAILURES: "-1", GITSYNC_ERROR_FILE: "error.json" });
        await waitFor(async () => existsSync(file), { ...soon, what: "the error file", explain: process_.messages });
        expect(JSON.parse(readFileSync(file, "utf8")).Err).to.contain("couldn't find remote ref later");
        git(upstream, "branch", "later");
        await synced(process_, git(upstream, "rev-parse", "HEAD"));
        await waitFor(async () => !existsSync(file), {
            ...soon,
            what: "the error file to go",
            explain: process_.messages,
        });
        expect(process_.child.exitCode).to.equal(null);
    });

    it("gives up the first sync by its own limit", async () => {
        const process_ = start({ GITSYNC_REF: "no", GITSYNC_MAX_FAILURES: "-1", GITSYNC_INIT_MAX_FAILURES: "2" });
        expect(await process_.ended).to.equal(1);
        expect(lines(process_).at(-1)).to.include({ failCount: 2, maxFailures: 2 });
    });

    it("goes on with what a run before left, and starts anew with what it cannot use", async () => {
        expect(await start({ GITSYNC_ONE_TIME: "true" }).ended).to.equal(0);
        const inode = statSync(join(root, "current/dag.py")).ino;
        expect(await start({ GITSYNC_ONE_TIME: "true" }).ended).to.equal(0);
        expect(statSync(join(root, "current/dag.py")).ino).to.equal(inode);

        writeFileSync(join(root, ".git/shallow.lock"), "");
        const locked = start({ GITSYNC_ONE_TIME: "true" });
        expect(await locked.ended, locked.messages()).to.equal(0);
        rmSync(join(root, ".git/HEAD"));
        writeFileSync(join(root, "tmp-link"), "");
        const broken = start({ GITSYNC_ONE_TIME: "true" });
        expect(await broken.ended, broken.messages()).to.equal(0);
        expect(readFileSync(join(root, "current/dag.py"), "utf8")).to.equal("one");
        rmSync(join(root, "current/dag.py"));
        rmSync(join(root, "current/.git"));
        const emptied = start({ GITSYNC_ONE_TIME: "true" });
        expect(await emptied.ended, emptied.messages()).to.equal(0);
        expect(existsSync(join(root, "current/dag.py"))).to.equal(true);
    });

    it("ends a sync that takes too long, with all that it started", async () => {
        const settings = { GITSYNC_REPO: "ssh://nobody@example.com/x", GITSYNC_SYNC_TIMEOUT: "300ms" };
        const sleeping = join(directory, "ssh");
        writeFileSync(sleeping, `#!/bin/sh\necho $$ >"${directory}/pid"\nexec sleep 60\n`, { mode: 0o755 });
        const process_ = start({ ...settings, PATH: `${directory}:${process.env.PATH}` });
        expect(await process_.ended).to.equal(1);
        expect(lines(process_).at(-1)?.error).to.contain("deadline exceeded");
        const pid = Number(readFileSync(join(directory, "pid"), "utf8"));
        // Gone, or dead and not yet collected by whoever adopted it.
        const status = existsSync(`/proc/${pid}/status`) ? readFileSync(`/proc/${pid}/status`, "utf8") : "State:\tX";
        expect(status).to.match(/^State:\s+[XZ]/m);
    });

    it("lets the group write, if it is to", async () => {
        expect(await start({ GITSYNC_ONE_TIME: "true", GITSYNC_GROUP_WRITE: "true" }).ended).to.equal(0);
        for (const path of ["current/dag.py", "current/", ".git/HEAD"]) {
            expect(statSync(join(root, path)).mode & 0o020, path).to.equal(0o020);
        }
    });

    it("is ready at its HTTP endpoint once it has synced", async () => {
        const process_ = start({
            GITSYNC_REF: "later",
            GITSYNC_MAX_FAILURES: "-1",
            GITSYNC_HTTP_BIND: "127.0.0.1:0",
            GITSYNC_HTTP_METRICS: "true",
        });
        // The kernel has picked the port.
        const port = await waitFor(
            async () => {
                const sockets = execFileSync("ss", ["-Hltnp"], { encoding: "utf8" });
                return sockets.match(new RegExp(`127\\.0\\.0\\.1:(\\d+).*pid=${process_.child.pid},`))?.[1];
            },
            { ...soon, what: "a port that it listens on", explain: process_.messages },
        );
        expect((await fetch(`http://127.0.0.1:${port}/`)).status).to.equal(503);
        await waitFor(async () => process_.messages().includes("will retry"), {
            ...soon,
            what: "a sync that fails",
            explain: process_.messages,
        });
        git(upstream, "branch", "later");
        const ready = async () => (await fetch(`http://127.0.0.1:${port}/`)).status === 200;
        await waitFor(ready, { ...soon, what: "it to be ready", explain: process_.messages });
        const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
        expect(metrics).to.match(/git_sync_count_total\{status="error"\} [1-9]/);
        expect(metrics).to.contain('git_sync_count_total{status="success"} 1');
    });

    describe("with a login", () => {
        let server: Server;
        let address: string;
        let password: string;

        beforeEach(async () => {
            git(directory, "clone", "--quiet", "--bare", upstream, "bare.git");
            git(join(directory, "bare.git"), "update-server-info");
            password = "s3cret, & more";
            server = createServer((request, response) => {
                const login = Buffer.from(`robot:${password}`).toString("base64");
                const file = join(directory, (request.url ?? "").split("?")[0]);
                if (request.headers.authorization !== `Basic ${login}`) {
                    response.writeHead(401, { "www-authenticate": "Basic" }).end();
                } else if (existsSync(file) && statSync(file).isFile()) {
                    response.end(readFileSync(file));
                } else {
                    response.writeHead(404).end();
                }
            }).listen(0, "127.0.0.1");
            await once(server, "listening");
            address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bare.git`;
        });

        afterEach(() => server.close());

        function settings(file: string): Record<string, string> {
            writeFileSync(join(directory, "password"), file);
            return {
                GITSYNC_REPO: address,
                // A plain file server gives whole histories only.
                GITSYNC_DEPTH: "0",
                GITSYNC_USERNAME: "robot",
                GITSYNC_PASSWORD_FILE: join(directory, "password"),
            };
        }

        it("gives the password of the file, as it is at each sync", async () => {
            const process_ = start({ ...settings(`${password}\n`), GITSYNC_MAX_FAILURES: "-1" });
            await synced(process_, git(upstream, "rev-parse", "HEAD"));
            password = "rotated";
            await waitFor(async () => process_.messages().includes("will retry"), {
                ...soon,
                what: "another try",
                explain: process_.messages,
            });
            writeFileSync(join(directory, "password"), password);
            const hash = commit(upstream, "dag.py", "two");
            git(join(directory, "bare.git"), "fetch", "--quiet", upstream, "main:main");
            git(join(directory, "bare.git"), "update-server-info");
            await synced(process_, hash);
            expect(process_.messages()).not.to.contain("s3cret").and.not.to.contain("rotated");
        });

        it("ends with git's own words when the server refuses it", async () => {
            const process_ = start(settings("wrong"));
            expect(await process_.ended).to.equal(1);
            expect(lines(process_).at(-1)?.error).to.contain("Authentication failed");
            expect(process_.messages()).not.to.contain("wrong");
        });

        it("names a password file that is not there", async () => {
            const process_ = start({ ...settings(""), GITSYNC_PASSWORD_FILE: "/nowhere/password" });
            expect(await process_.ended).to.equal(1);
            expect(lines(process_).at(-1)?.error).to.contain("/nowhere/password");
        });
    });

    for (const [what, settings, message] of [
        ["no repository", { GITSYNC_REPO: "" }, "--repo must be specified"],
        ["no root", { GITSYNC_ROOT: "" }, "--root must be specified"],
        ["a negative depth", { GITSYNC_DEPTH: "-1" }, "--depth"],
        ["an unknown mode of submodules", { GITSYNC_SUBMODULES: "some" }, "--submodules must be one of"],
        ["a period without a unit", { GITSYNC_PERIOD: "10" }, "GITSYNC_PERIOD"],
        ["a user without a password", { GITSYNC_USERNAME: "robot" }, "--username"],
        ["a password without a user", { GITSYNC_PASSWORD: "x" }, "--username is specified"],
        [
            "a setting that only the real program has",
            { GITSYNC_WEBHOOK_URL: "http://x" },
            "does not do GITSYNC_WEBHOOK_URL",
        ],
        ["git settings that cannot be read", { GITSYNC_GIT_CONFIG: '"a.b:c' }, "--git-config"],
    ] as [string, Record<string, string>, string][]) {
        it(`refuses ${what}`, async () => {
            const process_ = start(settings);
            expect(await process_.ended).to.equal(1);
            expect(process_.messages()).to.contain(message);
            expect(existsSync(join(root, ".git"))).to.equal(false);
        });
    }

    it("refuses an unknown flag, but no unknown variable, as the real program does", async () => {
        expect(await start({}, "--ref", "main", "--reff=main").ended).to.equal(1);
        expect(await start({ GITSYNC_REFF: "main", GITSYNC_ONE_TIME: "true" }).ended).to.equal(0);
    });
});
