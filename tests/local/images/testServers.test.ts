import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { waitFor } from "../../../local/support/deadline";
import { repositoryDirectory } from "../../../local/support/paths";
import { freePort } from "../../cluster/support/ports";

const folder = join(repositoryDirectory, "local/images/test-servers");

describe("local/images/test-servers", () => {
    const directory = mkdtempSync(join(tmpdir(), "test-servers-"));
    let server: ChildProcess;
    let port: number;

    async function start(name: string, environment: Record<string, string>): Promise<void> {
        port = await freePort();
        const messages: Buffer[] = [];
        server = spawn("/usr/bin/python3", [join(folder, name)], {
            env: { PATH: process.env.PATH, PORT: String(port), ...environment },
            stdio: ["ignore", "ignore", "pipe"],
        });
        server.stderr?.on("data", (chunk: Buffer) => messages.push(chunk));
        const text = () => Buffer.concat(messages).toString();
        await waitFor(async () => text().includes("serving "), {
            within: 15_000,
            every: 20,
            what: name,
            explain: text,
        });
    }

    afterEach(async () => {
        server.kill("SIGKILL");
        await once(server, "close");
    });

    after(() => rmSync(directory, { recursive: true }));

    describe("serve-git-https", () => {
        const repositories = join(directory, "repositories");
        const certificates = join(directory, "certificates");

        function git(
            where: string,
            ...arguments_: string[]
        ): { status: number | null; stdout: string; stderr: string } {
            const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"];
            return spawnSync("git", ["-C", where, ...identity, ...arguments_], {
                encoding: "utf8",
                env: {
                    PATH: process.env.PATH,
                    HOME: directory,
                    GIT_CONFIG_NOSYSTEM: "1",
                    GIT_TERMINAL_PROMPT: "0",
                    GIT_SSL_CAINFO: join(certificates, "ca.crt"),
                },
            });
        }

        function address(path: string, login = ""): string {
            return `https://${login}localhost:${port}/${path}`;
        }

        beforeEach(async function () {
            this.timeout(30_000);
            for (const path of ["public/dags.git", "private/dags.git"]) {
                execFileSync("git", ["init", "--quiet", "--bare", "--initial-branch=main", join(repositories, path)], {
                    stdio: "ignore",
                });
            }
            mkdirSync(certificates, { recursive: true });
            await start("serve-git-https", {
                GIT_ROOT: repositories,
                TLS_DIRECTORY: certificates,
                GIT_USERNAME: "robot",
                GIT_PASSWORD: "t0ken",
            });
        });

        it("takes a push with the login, large ones too, and hands it out again", () => {
            const work = join(directory, "work");
            mkdirSync(work);
            git(work, "init", "--quiet", "--initial-branch=main");
            // More than one buffer of git's, so that it is sent in chunks.
            writeFileSync(
                join(work, "large"),
                Buffer.from(Array.from({ length: 3_000_000 }, () => Math.random() * 256)),
            );
            git(work, "add", "--all");
            git(work, "commit", "--quiet", "--message", "one");
            for (const path of ["public/dags.git", "private/dags.git"]) {
                const pushed = git(work, "push", "--quiet", address(path, "robot:t0ken@"), "main");
                expect(pushed.status, pushed.stderr).to.equal(0);
            }
            expect(git(work, "push", "--quiet", address("public/dags.git"), "main:other").status).not.to.equal(0);
            const clone = git(directory, "clone", "--quiet", "--depth=1", address("public/dags.git"), "clone");
            expect(clone.status, clone.stderr).to.equal(0);
            expect(readFileSync(join(directory, "clone/large")).length).to.equal(3_000_000);
        });

        it("shows what is private to nobody without the right login", () => {
            expect(git(directory, "ls-remote", address("private/dags.git", "robot:t0ken@")).status).to.equal(0);
            expect(git(directory, "ls-remote", address("private/dags.git", "robot:wrong@")).stderr).to.contain(
                "Authentication failed",
            );
            expect(git(directory, "ls-remote", address("private/dags.git")).status).not.to.equal(0);
            expect(git(directory, "ls-remote", address("public/../private/dags.git")).status).not.to.equal(0);
            expect(git(directory, "ls-remote", address("public/%2e%2e/private/dags.git")).status).not.to.equal(0);
        });

        it("says that a repository is not there", () => {
            expect(git(directory, "ls-remote", address("public/none.git")).stderr).to.contain("not found");
        });

        it("is trusted by its authority only", () => {
            const { stderr } = spawnSync("git", ["ls-remote", address("public/dags.git")], {
                encoding: "utf8",
                env: { PATH: process.env.PATH, HOME: directory },
            });
            expect(stderr).to.match(/certificate/);
        });
    });

    describe("serve-index", () => {
        const packages = join(directory, "packages");

        beforeEach(async () => {
            mkdirSync(packages, { recursive: true });
            await start("serve-index", { PACKAGES: packages });
        });

        async function get(path: string): Promise<{ status: number; text: string }> {
            const response = await fetch(`http://127.0.0.1:${port}${path}`);
            return { status: response.status, text: await response.text() };
        }

        it("lists projects by their normalised names, as soon as a file is there", async () => {
            expect((await get("/simple/")).text).not.to.contain("<a");
            for (const file of ["Demo_Pkg-1.0-py3-none-any.whl", "demo.pkg-1.1.tar.gz", "notes.txt"]) {
                writeFileSync(join(packages, file), file);
            }
            expect((await get("/simple/")).text.match(/<a href="[^"]*"/g)).to.deep.equal(['<a href="demo-pkg/"']);
            const { text } = await get("/simple/demo-pkg/");
            const links = [...text.matchAll(/href="([^"#]*)#sha256=([0-9a-f]{64})"/g)].map(([, link]) => link);
            expect(links).to.deep.equal(["/packages/Demo_Pkg-1.0-py3-none-any.whl", "/packages/demo.pkg-1.1.tar.gz"]);
            expect(await get(links[0])).to.deep.equal({ status: 200, text: "Demo_Pkg-1.0-py3-none-any.whl" });
        });

        it("knows nothing else", async () => {
            for (const path of ["/simple/none/", "/packages/notes.txt", "/packages/../recipe.ts", "/etc/passwd"]) {
                expect((await get(path)).status, path).to.equal(404);
            }
        });
    });
});
