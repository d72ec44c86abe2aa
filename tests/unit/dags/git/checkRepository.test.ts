import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { folder, removeFolders } from "../../../support/folders";
import { skipWithoutPython } from "../../../support/python";

const scriptPath = join(__dirname, "../../../../components/dags/git/scripts/check_repository.py");

/** The environment of git that the machine's own settings cannot change. */
const environment = {
    PATH: process.env.PATH,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_AUTHOR_NAME: "t",
    GIT_AUTHOR_EMAIL: "t@example.com",
    GIT_COMMITTER_NAME: "t",
    GIT_COMMITTER_EMAIL: "t@example.com",
};

function git(cwd: string, ...args: string[]): string {
    const { status, stdout, stderr } = spawnSync("git", args, { cwd, env: environment, encoding: "utf8" });
    expect(status, stderr).to.equal(0);
    return stdout.trim();
}

/** A repository with files, on the branch main and with the tag v1. */
function repository(files: Record<string, string>): string {
    const path = folder(files);
    git(path, "init", "--quiet", "--initial-branch=main");
    git(path, "config", "uploadpack.allowFilter", "true");
    git(path, "config", "uploadpack.allowReachableSHA1InWant", "true");
    git(path, "add", "--all");
    git(path, "commit", "--quiet", "--allow-empty", "--message=one");
    git(path, "tag", "v1");
    return path;
}

interface Look {
    readonly repository: string;
    readonly ref?: string;
    readonly subPath?: string;
    readonly secrets?: Record<string, string>;
    readonly files?: Record<string, string>;
    readonly path?: string;
    readonly waitSeconds?: number;
}

function check({ repository, ref = "main", subPath = "", secrets = {}, files = {}, path, waitSeconds = 0 }: Look) {
    const { status, stdout, stderr } = spawnSync("python3", [scriptPath], {
        encoding: "utf8",
        env: {
            ...environment,
            PATH: path === undefined ? environment.PATH : `${path}:${environment.PATH}`,
            REPOSITORY: repository.startsWith("/") ? `file://${repository}` : repository,
            REF: ref,
            SUB_PATH: subPath,
            USERNAME: "robot",
            SECRET_DIRECTORY: folder(secrets),
            FILES_DIRECTORY: folder(files),
            WAIT_SECONDS: String(waitSeconds),
            ARGUMENT: "dags.git",
            FULL_CLONE: "no",
        },
    });
    return { code: status, stdout, stderr };
}

/** A git that fails at the first question, with the words of the real one, and writes down what it was given. */
function failingGit(says: string): string {
    const path = folder({
        "words.txt": says,
        git: `#!/bin/sh\ncat "$(dirname "$0")/words.txt" >&2\necho tried >>"$(dirname "$0")/tries.txt"\nexit 128\n`,
    });
    chmodSync(join(path, "git"), 0o755);
    return path;
}

describe("check_repository.py, run with a real git", function () {
    this.timeout(30_000);

    let path = "";
    before(function () {
        skipWithoutPython.call(this);
        path = repository({ "dags/a.py": "a = 1\n", "dags/team/b.py": "", "docs/readme.md": "", "top.py": "" });
    });
    after(removeFolders);

    it("accepts a branch, a tag and a commit, and says what it found", () => {
        const commit = git(path, "rev-parse", "HEAD");
        for (const ref of ["main", "v1", commit]) {
            const { code, stdout, stderr } = check({ repository: path, ref, subPath: "dags" });
            expect(code, stderr).to.equal(0);
            expect(stdout).to.contain(`at ${ref}, commit ${commit}: 2 Python files`);
        }
        expect(check({ repository: path }).stdout).to.contain("3 Python files");
    });

    it("takes a tag that has an object of its own", () => {
        git(path, "tag", "--annotate", "--message=two", "v2");
        expect(check({ repository: path, ref: "v2", subPath: "dags/team" }).stdout).to.contain(": 1 Python files");
    });

    it("names the ref and the branches that there are when the ref is unknown, and does not try again", () => {
        const { code, stderr } = check({ repository: path, ref: "mian" });
        expect(code).to.equal(65);
        expect(stderr).to.contain('dags.git.ref: there is no branch or tag "mian". Branches are: main.');
    });

    it("says that a commit has to be given in full, and that one is unknown", () => {
        expect(check({ repository: path, ref: "abcdef0" }).stderr).to.contain("A commit is given in full, 40 digits.");
        const unknown = check({ repository: path, ref: `${"0".repeat(39)}1` });
        expect(unknown.code).to.equal(65);
        expect(unknown.stderr).to.contain("dags.git.ref: the server hands out no commit");
    });

    it("says that a repository is empty", () => {
        const empty = folder();
        git(empty, "init", "--quiet", "--bare");
        const { code, stderr } = check({ repository: empty });
        expect(code).to.equal(65);
        expect(stderr).to.contain("dags.git.ref: the repository is empty.");
    });

    it("names the folder that is missing, and those that there are", () => {
        const { code, stderr } = check({ repository: path, subPath: "dag" });
        expect(code).to.equal(65);
        expect(stderr).to.contain(
            'dags.git.subPath: there is no folder "dag" at "main". Folders at the top are: dags, docs.',
        );
    });

    it("takes a file for no folder, and a folder without Python for none of DAGs", () => {
        expect(check({ repository: path, subPath: "top.py" }).stderr).to.contain('there is no folder "top.py"');
        const { code, stderr } = check({ repository: path, subPath: "docs" });
        expect(code).to.equal(65);
        expect(stderr).to.contain('dags.git.subPath: there is no Python file in the folder "docs" at "main".');
    });

    it("does not look into a submodule", () => {
        const outer = repository({ "readme.md": "" });
        git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", path, "inner");
        git(outer, "commit", "--quiet", "--message=inner");
        for (const subPath of ["inner", "inner/dags", ""]) {
            const { code, stderr } = check({ repository: outer, subPath });
            expect(code, `${subPath}: ${stderr}`).to.equal(0);
        }
    });

    it("says that a path is no repository", () => {
        const { code, stderr } = check({ repository: folder() });
        expect(code).to.equal(65);
        expect(stderr).to.contain("dags.git.repository: the server has no such repository");
    });
});

describe("check_repository.py, told what git says of servers", function () {
    this.timeout(30_000);

    before(skipWithoutPython);
    after(removeFolders);

    const https = "https://git.example.org/dags.git";
    const ssh = "git@git.example.org:dags.git";
    const cases: Record<string, { look: Look; says: string; means: string }> = {
        "a wrong token": {
            look: { repository: https, secrets: { token: "nope" } },
            says: `fatal: Authentication failed for '${https}/'`,
            means: "dags.git.token is wrong, or may not read this repository.",
        },
        "a missing token": {
            look: { repository: https },
            says: "fatal: could not read Username for 'https://git.example.org': terminal prompts disabled",
            means: "dags.git.token is not set, and the repository is not public.",
        },
        "a token without the right": {
            look: { repository: https, secrets: { token: "little" } },
            says: `fatal: unable to access '${https}/': The requested URL returned error: 403`,
            means: "dags.git.token is wrong, or may not read this repository.",
        },
        "a repository that the server hides": {
            look: { repository: https, secrets: { token: "t" } },
            says: `remote: Repository not found.\nfatal: repository '${https}/' not found`,
            means: "dags.git.repository: the server has no such repository, or does not show it to this token.",
        },
        "an authority that is not trusted": {
            look: { repository: https },
            says: `fatal: unable to access '${https}/': SSL certificate problem: unable to get local issuer certificate`,
            means: "dags.git.caCertificate: the server's certificate is not signed by an authority that is trusted.",
        },
        "a wrong key": {
            look: { repository: ssh, secrets: { ssh: "k" } },
            says: "git@git.example.org: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.",
            means: "dags.git.sshKey: the server refuses the key.",
        },
        "a key that is none": {
            look: { repository: ssh, secrets: { ssh: "k" } },
            says: 'Load key "/etc/git-secret/ssh": error in libcrypto\ngit@git.example.org: Permission denied (publickey).\nfatal: Could not read from remote repository.',
            means: "dags.git.sshKey is no private key that ssh can use.",
        },
        "an unknown host key": {
            look: { repository: ssh, secrets: { ssh: "k" } },
            says: "No ED25519 host key is known for git.example.org and you have requested strict checking.\nHost key verification failed.\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.",
            means: "dags.git.knownHosts: the key that the server shows is not one of the host's known keys.",
        },
        "a repository that ssh does not find": {
            look: { repository: ssh, secrets: { ssh: "k" } },
            says: "fatal: '/x.git' does not appear to be a git repository\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.",
            means: "dags.git.repository: the server has no such repository, or does not show it to this key.",
        },
        "a host that is not there, by https": {
            look: { repository: https },
            says: `fatal: unable to access '${https}/': Could not resolve host: git.example.org`,
            means: "dags.git.repository: the server cannot be reached. unable to access 'https://git.example.org/dags.git/': Could not resolve host: git.example.org",
        },
        "a host that is not there, by ssh": {
            look: { repository: ssh, secrets: { ssh: "k" } },
            says: "ssh: Could not resolve hostname git.example.org: Name or service not known\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.",
            means: "dags.git.repository: the server cannot be reached. Could not resolve hostname git.example.org: Name or service not known",
        },
        "words that nobody foresaw": {
            look: { repository: https },
            says: "fatal: the moon is in the way",
            means: "dags.git.repository: git cannot read it. It says:\nfatal: the moon is in the way",
        },
    };
    for (const [what, { look, says, means }] of Object.entries(cases)) {
        it(`tells ${what} in one sentence that names the key`, () => {
            const { code, stderr } = check({ ...look, path: failingGit(says) });
            expect(code).to.equal(65);
            expect(stderr).to.contain(means);
            for (const secret of Object.values(look.secrets ?? {}).filter((value) => value.length > 1)) {
                expect(stderr.replace(/gitToken|token/g, "")).to.not.contain(secret);
            }
        });
    }

    it("waits for a server that cannot be reached, and for no other fault", () => {
        const tries = (path: string) => readFileSync(join(path, "tries.txt"), "utf8").trim().split("\n").length;
        const away = failingGit(
            "fatal: unable to access 'x': Failed to connect to x port 443 after 3 ms: Connection refused",
        );
        const { stdout } = check({ repository: https, path: away, waitSeconds: 2 });
        expect(tries(away)).to.equal(2);
        expect(stdout.match(/Waiting for the server/g)).to.have.length(1);
        const refused = failingGit("fatal: Authentication failed for 'x'");
        check({ repository: https, path: refused, waitSeconds: 2 });
        expect(tries(refused)).to.equal(1);
    });
});
