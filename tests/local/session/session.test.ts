import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { parseState, type StackState } from "../../../local/pulumi/stackState";
import { Session } from "../../../local/session/session";
import { UserError } from "../../../local/support/errors";
import { repositoryDirectory } from "../../../local/support/paths";

/** Says what it was called with, and keeps the stack file and the state that it was given. */
const fakePulumi = `#!/bin/sh
echo "$*" >> "$FAKE/calls"
case "$1 $2" in
"stack export") if [ -f "$FAKE/export" ]; then cat "$FAKE/export"; else echo "error: no stack named 'minikube' found" >&2; exit 255; fi ;;
"whoami --json") printf '{"user":"somebody","url":"%s"}' "$(cat "$FAKE/login")" ;;
"stack import") cat > "$FAKE/imported" ;;
up*) cp Pulumi.minikube.yaml "$FAKE/used"; exit "$(cat "$FAKE/ends" 2>/dev/null || echo 0)" ;;
esac
`;

const fakeKubectl = (calls: string, object: string) => `#!/bin/sh
echo "$*" >> "${calls}"
case "$*" in *" get "*) echo '${object}' ;; esac
`;

const job = {
    urn: "urn:pulumi:minikube::airflow-kubernetes::kubernetes:batch/v1:Job::migrate",
    type: "kubernetes:batch/v1:Job",
};

describe("A session with the Pulumi CLI", () => {
    let folder: string;
    let env: NodeJS.ProcessEnv;

    const open = () => Session.open({ quiet: true, env });
    const calls = () => readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
    const has = (state: StackState) => writeFileSync(join(folder, "export"), JSON.stringify(state));
    const takesOver = () => {
        const { config } = parse(readFileSync(join(folder, "used"), "utf8")) as { config: Record<string, unknown> };
        return config["kubernetes:upsertExistingObjects"];
    };
    const interrupted: StackState = {
        version: 3,
        deployment: { resources: [], pending_operations: [{ type: "creating", resource: job }] },
    };

    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "session-"));
        writeFileSync(join(folder, "pulumi"), fakePulumi);
        chmodSync(join(folder, "pulumi"), 0o700);
        env = {
            PATH: `${folder}:${process.env.PATH}`,
            HOME: folder,
            FAKE: folder,
            CLUSTER: "nowhere",
            YES: "1",
            PULUMI_BACKEND_URL: `file://${folder}`,
            PULUMI_CONFIG_PASSPHRASE: "only for tests",
        };
    });

    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it("makes a stack that is not there yet, and writes nothing into the checkout", async () => {
        const before = readFileSync(join(repositoryDirectory, "Pulumi.minikube.yaml"), "utf8");
        const session = await open();
        expect(await session.take()).to.deep.equal({});
        expect(calls()).to.include("stack init minikube --no-select --non-interactive");
        expect(await session.up({})).to.equal(0);
        expect(readFileSync(join(repositoryDirectory, "Pulumi.minikube.yaml"), "utf8")).to.equal(before);
    });

    it("lets the provider take objects over for the one run after an interruption, and never otherwise", async () => {
        has(interrupted);
        const session = await open();
        expect(await session.up(await session.take())).to.equal(0);
        expect(takesOver()).to.equal(true);
        const imported = parseState(readFileSync(join(folder, "imported"), "utf8"));
        expect(imported.deployment?.pending_operations).to.deep.equal([]);
        expect(calls().find((call) => call.startsWith("up"))).to.contain("--refresh");
        rmSync(join(folder, "calls"));
        has(imported);
        const next = await open();
        expect(await next.up(await next.take())).to.equal(0);
        expect(takesOver()).to.equal(undefined);
        expect(calls().find((call) => call.startsWith("up"))).to.not.contain("--refresh");
    });

    it("removes objects that a killed run has made under a name that the next one has not", async () => {
        const metadata = { name: "airflow-keys-1", namespace: "airflow" };
        const secret = {
            urn: "urn:pulumi:minikube::airflow-kubernetes::kubernetes:core/v1:Secret::keys",
            type: "kubernetes:core/v1:Secret",
            inputs: { apiVersion: "v1", kind: "Secret", metadata },
        };
        const labels = { "app.kubernetes.io/managed-by": "pulumi" };
        const live = JSON.stringify({ metadata: { ...metadata, labels } });
        writeFileSync(join(folder, "kubectl"), fakeKubectl(join(folder, "kubectl-calls"), live));
        chmodSync(join(folder, "kubectl"), 0o700);
        const path = process.env.PATH;
        process.env.PATH = env.PATH;
        try {
            has({
                version: 3,
                deployment: { resources: [], pending_operations: [{ type: "creating", resource: secret }] },
            });
            const session = await open();
            expect(await session.up(await session.take())).to.equal(0);
            const deleted = "delete Secret.v1. airflow-keys-1 --namespace airflow";
            expect(readFileSync(join(folder, "kubectl-calls"), "utf8")).to.contain(deleted);
        } finally {
            process.env.PATH = path;
        }
    });

    it("goes on taking over until a run has come to its end", async () => {
        has(interrupted);
        writeFileSync(join(folder, "ends"), "255");
        for (let time = 0; time < 2; time++) {
            const session = await open();
            expect(await session.up(await session.take())).to.equal(255);
            expect(takesOver()).to.equal(true);
            expect(existsSync(join(folder, "imported"))).to.equal(false);
        }
    });

    it("says who changes a stack, and leaves it alone", async () => {
        const lock = {
            pid: process.pid,
            username: "somebody",
            hostname: hostname(),
            timestamp: new Date().toISOString(),
        };
        const locks = join(folder, ".pulumi", "locks", "organization", "airflow-kubernetes", "minikube");
        mkdirSync(locks, { recursive: true });
        writeFileSync(join(locks, "1.json"), JSON.stringify(lock));
        const session = await open();
        const failure = await session.take().catch((error: unknown) => error);
        expect(failure).to.be.instanceOf(UserError);
        expect(String(failure)).to.contain(`changed by somebody on ${hostname()}, process ${process.pid}`);
        expect(existsSync(join(folder, "calls"))).to.equal(false);
    });

    it("unlocks a stack that a killed run has left, and looks what it has left of the objects", async () => {
        const locks = join(folder, ".pulumi", "locks", "organization", "airflow-kubernetes", "minikube");
        mkdirSync(locks, { recursive: true });
        writeFileSync(join(locks, "1.json"), JSON.stringify({ pid: 2 ** 22 + 1, hostname: hostname() }));
        const session = await open();
        await session.up(await session.take());
        expect(calls()).to.include("cancel --yes --stack minikube");
        expect(calls().find((call) => call.startsWith("up"))).to.contain("--refresh");
    });

    describe("whose user is logged in", () => {
        const loggedInTo = async (url: string) => {
            writeFileSync(join(folder, "login"), url);
            env = { ...env, PULUMI_BACKEND_URL: "", PULUMI_CONFIG_PASSPHRASE: undefined };
            return (await (await open()).start()).env;
        };

        it("to a backend that keeps no secrets gets a passphrase", async () => {
            for (const url of [`file://${folder}`, "s3://bucket"]) {
                const own = await loggedInTo(url);
                expect(own.PULUMI_BACKEND_URL).to.equal(url);
                expect(existsSync(own.PULUMI_CONFIG_PASSPHRASE_FILE ?? "")).to.equal(true);
            }
        });

        it("to a service that keeps them gets none", async () => {
            const own = await loggedInTo("https://api.example.org");
            expect(own.PULUMI_BACKEND_URL).to.equal("https://api.example.org");
            expect(own.PULUMI_CONFIG_PASSPHRASE_FILE).to.equal(undefined);
        });
    });

    it("leaves a passphrase that its user has set", async () => {
        const { env: own } = await (await open()).start();
        expect(own.PULUMI_CONFIG_PASSPHRASE).to.equal("only for tests");
        expect(own.PULUMI_CONFIG_PASSPHRASE_FILE).to.equal(undefined);
    });
});
