import { createHash } from "node:crypto";
import {
    cpSync,
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    symlinkSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import { chooseEngine, type StartedEngine, startEngine } from "../../local/pulumi/engine";
import { projectText } from "../../local/pulumi/projectFolder";
import { withoutTypeCheck } from "../../local/pulumi/typeCheckMemory";
import { setting } from "../../local/session/options";
import { kubectl } from "../../local/session/targetCluster";
import { type CommandResult, capture, findOnPath, output } from "../../local/support/execution";
import { foreignVariables } from "../../local/support/makeSettings";
import { CommentServer } from "../support/commentServer";
import { project, root, stackFile } from "../support/program";
import { gitHubJob, gitHubJobs, gitLabJob, gitLabJobs, type Job } from "../support/workflows";
import { explainNamespaces, oneAtATime, tail, testPrefix } from "./support/installation";
import { type AnyObject, cluster, identity, kube, objects } from "./support/kubernetes";

const name = `${testPrefix}-reviewed`;
const namespaces = { airflow: name, workers: `${name}-workers`, storage: `${name}-storage` };
const passphrase = "only for tests";
const secrets = { fernetKey: `${"f".repeat(43)}=`, databasePassword: "database-only-for-tests" };

/** The stack as a team would have it, but small: its data outlive it. */
function settings(): Record<string, unknown> {
    const small = { resources: { requests: { cpu: "10m" } } };
    const own = {
        namespaces,
        storage: { hostPath: `/data/${name}`, dagsSize: "1Gi", logsSize: "1Gi" },
        database: { ...small, retain: true },
        ...Object.fromEntries(["apiServer", "scheduler", "dagProcessor", "workers"].map((key) => [key, small])),
        triggerer: { replicas: 0 },
    };
    return {
        ...stackFile("minikube"),
        "kubernetes:context": cluster.context,
        ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${project}:${key}`, value])),
    };
}

/** A change of the stack, which Deployments take over. */
const slower = {
    [`${project}:dags`]: { delivery: "volume", volume: { folder: "examples/dags" }, refreshSeconds: 45 },
};

/**
 * The workflows that users copy: their own commands, in a checkout of its own, by Pulumi's CLI, with the rights that the
 * manifests beside them give.
 */
describe("Workflows for pull requests", () => {
    const home = mkdtempSync(join(tmpdir(), "airflow-kubernetes-reviewed-"));
    const checkout = join(home, "checkout");
    const backend = join(home, "backend");
    const programs = join(home, "programs");
    /** Commands of workflows that have been run. */
    const ran = new Set<string>();
    const kubeconfigs = {
        admin: cluster.kubeconfig ?? "",
        preview: join(checkout, "preview.kubeconfig"),
        drift: join(checkout, "drift.kubeconfig"),
    };
    let engine: StartedEngine;
    let comments: CommentServer;

    function environment(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
        const foreign = [...foreignVariables(), "KUBECONFIG"];
        const inherited = Object.entries(process.env).filter(([variable]) => !foreign.includes(variable));
        return {
            ...Object.fromEntries(inherited),
            ...engine.env,
            // Every run of the program would check its types anew; `npx tsc` does.
            ...withoutTypeCheck,
            HOME: home,
            PULUMI_HOME: join(home, "pulumi"),
            PATH: [programs, process.env.PATH].join(delimiter),
            ...env,
        };
    }

    async function shell(command: string, env: Readonly<Record<string, string>>): Promise<CommandResult> {
        const bash = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", command];
        return await capture(bash, { cwd: checkout, env: environment(env), timeout: 560_000 });
    }

    /** Runs the commands of a job as a runner does, and hands back what they have printed; the code is that of the first to fail. */
    async function run(
        { env, commands }: Job,
        surroundings: Readonly<Record<string, string>> = {},
    ): Promise<CommandResult> {
        const runnerEnvironment = join(home, "runner-environment");
        writeFileSync(runnerEnvironment, "");
        let code = 0;
        let printed = "";
        for (const command of commands) {
            // One installation of packages serves all jobs.
            const isDone = ran.has(command.run) && /^np[mx] /.test(command.run);
            if (isDone || (code !== 0 && !command.always)) {
                continue;
            }
            const added = readFileSync(runnerEnvironment, "utf8").split("\n").filter(Boolean);
            const said = await shell(command.run, {
                ...surroundings,
                GITHUB_ENV: runnerEnvironment,
                ...env,
                ...command.env,
                ...Object.fromEntries(added.map((line) => line.split("=", 2) as [string, string])),
            });
            ran.add(command.run);
            printed += `${said.stdout}${said.stderr}`;
            code ||= said.code;
        }
        return { code, stdout: printed, stderr: "" };
    }

    /** A job of GitHub's, with the secrets of its environment: whose kubeconfig they have. */
    async function gitHub(file: string, job: string, who: keyof typeof kubeconfigs): Promise<CommandResult> {
        const values = {
            "vars.PULUMI_BACKEND_URL": `file://${backend}`,
            "secrets.PULUMI_CONFIG_PASSPHRASE": passphrase,
            "secrets.AWS_ACCESS_KEY_ID": "",
            "secrets.AWS_SECRET_ACCESS_KEY": "",
            "secrets.KUBECONFIG": existsSync(kubeconfigs[who]) ? readFileSync(kubeconfigs[who], "utf8") : "",
            "github.token": "github-token",
        };
        const event = join(home, "event.json");
        writeFileSync(event, JSON.stringify({ pull_request: { number: 7 } }));
        const temporary = mkdtempSync(join(home, "runner-"));
        return await run(gitHubJob(file, job, values), {
            ...comments.gitHub,
            GITHUB_EVENT_PATH: event,
            RUNNER_TEMP: temporary,
        });
    }

    /** A job of GitLab's, likewise. */
    async function gitLab(job: string, who: keyof typeof kubeconfigs): Promise<CommandResult> {
        const variables = { PULUMI_BACKEND_URL: `file://${backend}`, PULUMI_CONFIG_PASSPHRASE: passphrase };
        const values = { CLUSTER: kubeconfigs[who], CI_PROJECT_DIR: checkout };
        return await run(gitLabJob(job, values), { ...comments.gitLab, ...variables });
    }

    async function must(result: Promise<CommandResult>): Promise<string> {
        const { code, stdout, stderr } = await result;
        if (code !== 0) {
            const explained = await explainNamespaces(Object.values(namespaces));
            throw new Error(`ended with ${code}:\n${tail(stdout + stderr, 80)}\n${explained}`);
        }
        return stdout;
    }

    async function pulumi(command: string): Promise<string> {
        const env = {
            PULUMI_BACKEND_URL: `file://${backend}`,
            PULUMI_CONFIG_PASSPHRASE: passphrase,
            KUBECONFIG: kubeconfigs.admin,
        };
        return await must(shell(`pulumi ${command} --non-interactive`, env));
    }

    function configure(change: Readonly<Record<string, unknown>>): void {
        const file = join(checkout, "Pulumi.hosted.yaml");
        const text = existsSync(file) ? (parse(readFileSync(file, "utf8")) as { config?: object }) : {};
        writeFileSync(file, stringify({ ...text, config: { ...text.config, ...change } }));
    }

    /** All that a preview could write: the state, and objects of the stack. */
    async function written(): Promise<unknown> {
        const files = readdirSync(backend, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
        const state = files.map(({ parentPath, name: file }) => {
            const path = join(parentPath, file);
            return [path, createHash("sha256").update(readFileSync(path)).digest("hex")];
        });
        const kinds =
            "configmaps,secrets,services,serviceaccounts,networkpolicies,roles,rolebindings,persistentvolumeclaims,jobs";
        const found: AnyObject[] = [];
        for (const namespace of Object.values(namespaces)) {
            found.push(...(await objects(kinds, "--namespace", namespace)));
        }
        const versions = found.map((object) => [
            identity(object),
            (object.metadata as { resourceVersion?: string }).resourceVersion,
        ]);
        return { state: state.sort(), versions: versions.sort() };
    }

    before("have a checkout, the CLI and a stack", async () => {
        engine = await startEngine(await chooseEngine(setting(process.env, "ENGINE")), findOnPath("pulumi"));
        comments = await CommentServer.start();
        for (const folder of [checkout, backend, programs]) {
            mkdirSync(folder);
        }
        symlinkSync(
            engine.program === "pulumi" ? (findOnPath("pulumi") ?? "") : engine.program,
            join(programs, "pulumi"),
        );
        symlinkSync(kubectl(cluster)[0] ?? "", join(programs, "kubectl"));
        const files = await output(["git", "ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root });
        for (const file of files.split("\n").filter((path) => path !== "" && existsSync(join(root, path)))) {
            mkdirSync(dirname(join(checkout, file)), { recursive: true });
            cpSync(join(root, file), join(checkout, file));
        }
        const text = readFileSync(join(root, "Pulumi.yaml"), "utf8");
        writeFileSync(join(checkout, "Pulumi.yaml"), projectText(text, checkout, engine.plugins));
        // Names of this installation's, which another may run beside.
        for (const file of ["readers.yaml", "kubeconfig.sh"]) {
            const path = join(checkout, "examples", "ci", "kubernetes", file);
            const renamed = readFileSync(path, "utf8")
                .replaceAll("airflow-ci", `${testPrefix}-ci`)
                .replace(/namespace: airflow$/gm, `namespace: ${namespaces.airflow}`)
                .replace(/namespace: airflow-workers$/gm, `namespace: ${namespaces.workers}`);
            writeFileSync(path, renamed);
        }
        rmSync(join(checkout, "Pulumi.hosted.yaml"));
        configure(settings());
    });

    after("leave nothing but what the stack is to keep", async () => {
        comments?.stop();
        await pulumi("destroy --stack hosted --yes --skip-preview");
        await kube(["delete", "--ignore-not-found", "namespace", `${testPrefix}-ci`]);
        await kube(["delete", "--ignore-not-found", "clusterrolebinding,clusterrole", `${testPrefix}-ci-reader`]);
        await kube(["delete", "--ignore-not-found", "clusterrole", `${testPrefix}-ci-secrets`]);
        rmSync(home, { recursive: true, force: true });
    });

    it("judge every pull request with no secret, state or cluster", async () => {
        rmSync(join(checkout, "preview-state"), { recursive: true, force: true });
        const said = await must(gitHub("preview.yaml", "check", "preview"));
        expect(said)
            .to.match(/\+ \d{2,} to create/)
            .and.contain("✅ airflow-kubernetes");
    });

    it("bring main up, with the policies", async () => {
        await pulumi("stack init hosted --no-select");
        for (const [key, value] of Object.entries(secrets)) {
            await pulumi(`config set --stack hosted --secret ${key} '${value}'`);
        }
        const said = await oneAtATime(() => must(gitHub("up.yaml", "up", "admin")));
        expect(said).to.match(/\+ \d{2,} created/);
    });

    it("have accounts that read and write nothing, made as the guide says", async () => {
        const guide = readFileSync(join(root, "docs", "pull-requests.md"), "utf8");
        const lines = [...guide.matchAll(/^ {4}((?:kubectl (?:apply|create) |examples\/ci\/).*)$/gm)].map(
            ([, line = ""]) =>
                line.replaceAll("airflow-ci", `${testPrefix}-ci`).replace("<namespace>", namespaces.storage),
        );
        expect(lines).to.have.lengthOf(4);
        for (const line of lines) {
            await must(shell(line, { KUBECONFIG: kubeconfigs.admin }));
        }
        for (const account of ["preview", "drift"] as const) {
            const list = `kubectl auth can-i --list --no-headers --namespace ${namespaces.airflow}`;
            const rights = await must(shell(list, { KUBECONFIG: kubeconfigs[account] }));
            // The last column has the verbs.
            const isWriting = (right: string) =>
                /\[[^[]*(create|update|patch|delete|impersonate|\*)[^[]*\]\s*$/.test(right);
            const writing = rights.split("\n").filter(isWriting);
            expect(writing.filter((right) => !/^selfsubject/.test(right))).to.deep.equal([]);
            expect(/^secrets /m.test(rights)).to.equal(account === "drift");
        }
    });

    it("preview what is deployed with these rights: nothing changes, and nothing is written", async () => {
        const before = await written();
        const said = await must(gitHub("preview.yaml", "preview", "preview"));
        expect(said)
            .to.match(/\d{2,} unchanged/)
            .and.contain("Policy Packs run:");
        expect(said).to.not.match(/\d+ to (create|update|replace|delete)/);
        expect(await written()).to.deep.equal(before);
        expect(comments.comments).to.have.lengthOf(1);
        expect(comments.comments[0]?.body).to.match(/\d{2,} unchanged/);
    });

    it("show a change in the same comment, without what is secret", async () => {
        const before = await written();
        configure(slower);
        await must(gitHub("preview.yaml", "preview", "preview"));
        expect(await written()).to.deep.equal(before);
        expect(comments.comments).to.have.lengthOf(1);
        const [comment] = comments.comments;
        expect(comment?.body)
            .to.match(/"20" => "45"/)
            .and.match(/~ \d+ to update/);
        for (const secret of [...Object.values(secrets), passphrase]) {
            expect(comment?.body).to.not.contain(secret);
        }
    });

    it("show it in a merge request, too", async () => {
        comments.comments.length = 0;
        await must(gitLab("preview", "preview"));
        expect(comments.comments).to.have.lengthOf(1);
        expect(comments.comments[0]?.body).to.match(/"20" => "45"/);
    });

    it("find what somebody has changed by hand, and say nothing otherwise", async () => {
        configure(settings());
        const silent = await must(gitHub("drift.yaml", "drift", "drift"));
        expect(silent).to.match(/\d{2,} unchanged/);
        const processor = ["deployment/airflow-dag-processor", "--namespace", namespaces.airflow];
        await kube(["set", "env", ...processor, "MADE_BY_HAND=yes"]);
        const before = await written();
        const { code, stdout } = await gitLab("drift", "drift");
        expect(code, stdout).to.not.equal(0);
        expect(stdout).to.contain("MADE_BY_HAND");
        expect(await written()).to.deep.equal(before);
        await kube(["set", "env", ...processor, "MADE_BY_HAND-"]);
        // A workload that is about to start counts as one that is not as it should be.
        await kube(["rollout", "status", ...processor, "--timeout", "180s"]);
        await must(gitHub("drift.yaml", "drift", "drift"));
    });

    it("cannot bring it up with the rights of previews", async () => {
        const { state: _, ...before } = (await written()) as { state: unknown };
        configure(slower);
        const { code, stdout } = await gitHub("up.yaml", "up", "preview");
        expect(code, stdout).to.not.equal(0);
        expect(stdout).to.match(/forbidden/i);
        const { state: __, ...after } = (await written()) as { state: unknown };
        expect(after).to.deep.equal(before);
    });

    it("have no command that was not run here", () => {
        const anything = new Proxy({}, { get: () => "" }) as Record<string, string>;
        const all = [
            ...gitHubJobs.map(([file, job]) => gitHubJob(file, job, anything)),
            ...gitLabJobs.map((job) => gitLabJob(job, anything)),
        ].flatMap(({ commands }) => commands.map((command) => command.run));
        expect(all.filter((command) => !ran.has(command))).to.deep.equal([]);
    });
});
