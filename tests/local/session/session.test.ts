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
"stack history") cat "$FAKE/history" 2>/dev/null || true ;;
"whoami --json") printf '{"user":"somebody","url":"%s"}' "$(cat "$FAKE/login")" ;;
"stack import") cat > "$FAKE/imported" ;;
up*) cp Pulumi.minikube.yaml "$FAKE/used"; exit "$(cat "$FAKE/ends" 2>/dev/null || echo 0)" ;;
esac
`;

/** Says what it was called with; `answers` are objects by a pattern of the shell that the arguments match. */
const fakeKubectl = (calls: string, answers: Readonly<Record<string, object>>) => `#!/bin/sh
echo "$*" >> "${calls}"
case "$*" in
${Object.entries(answers)
    .map(([pattern, answer]) => `${pattern}) echo '${JSON.stringify(answer)}' ;;`)
    .join("\n")}
esac
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
        const live = { metadata: { ...metadata, labels } };
        writeFileSync(join(folder, "kubectl"), fakeKubectl(join(folder, "kubectl-calls"), { '*" get "*': live }));
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

    describe("after an update that did not come to its end", () => {
        const labels = {
            "app.kubernetes.io/managed-by": "pulumi",
            "app.kubernetes.io/part-of": "airflow-kubernetes",
            "app.kubernetes.io/instance": "airflow",
        };
        const autonamed = { "pulumi.com/autonamed": "true" };
        const secret = (name: string, annotations: object) => ({
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name, namespace: "airflow", labels, annotations },
        });
        const recorded = (name: string, annotations: object) => ({
            urn: `urn:pulumi:minikube::airflow-kubernetes::kubernetes:core/v1:Secret::${name}`,
            type: "kubernetes:core/v1:Secret",
            custom: true,
            outputs: secret(name, annotations),
        });
        const path = process.env.PATH;

        /** Runs an update on a cluster with these objects, and hands back what kubectl was asked for. */
        async function up(
            items: readonly object[],
            state: readonly ReturnType<typeof recorded>[],
            others: { readonly namespaces?: readonly object[]; readonly claims?: readonly object[] } = {},
        ): Promise<string> {
            const { namespaces = [], claims = [] } = others;
            const answers = {
                '*" get namespaces "*': { items: namespaces },
                '*" get persistentvolumeclaims "*': { items: claims },
                '*" get "*': { items },
            };
            writeFileSync(join(folder, "history"), '[{"kind":"update","result":"failed"}]');
            writeFileSync(join(folder, "kubectl"), fakeKubectl(join(folder, "kubectl-calls"), answers));
            chmodSync(join(folder, "kubectl"), 0o700);
            process.env.PATH = env.PATH;
            has({ version: 3, deployment: { resources: state } });
            const session = await open();
            expect(await session.up(await session.take())).to.equal(0);
            return readFileSync(join(folder, "kubectl-calls"), "utf8");
        }

        afterEach(() => {
            process.env.PATH = path;
        });

        it("touches no cluster where the stack is only written to files", async () => {
            const data = recorded("airflow-another", autonamed);
            writeFileSync(join(folder, "history"), '[{"kind":"update","result":"failed"}]');
            const answers = { '*" get "*': { items: [secret("airflow-a", autonamed)] } };
            writeFileSync(join(folder, "kubectl"), fakeKubectl(join(folder, "kubectl-calls"), answers));
            chmodSync(join(folder, "kubectl"), 0o700);
            process.env.PATH = env.PATH;
            const deployment = {
                resources: [data],
                pending_operations: [{ type: "creating" as const, resource: job }],
            };
            has({ version: 3, deployment });
            const session = await Session.open({ quiet: true, env, forFiles: true });
            expect(await session.up(await session.take())).to.equal(0);
            expect(existsSync(join(folder, "kubectl-calls"))).to.equal(false);
            expect(takesOver()).to.equal(undefined);
            expect(
                parseState(readFileSync(join(folder, "imported"), "utf8")).deployment?.pending_operations,
            ).to.deep.equal([]);
        });

        it("takes over what it has made and nobody has recorded", async () => {
            await up([secret("airflow-a", {})], []);
            expect(takesOver()).to.equal(true);
        });

        it("takes over a namespace, unless it was left with claims", async () => {
            const namespaces = [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "airflow", labels } }];
            await up([], [], { namespaces });
            expect(takesOver()).to.equal(true);
            await up([], [], { namespaces, claims: [secret("a-claim", {})] });
            expect(takesOver()).to.equal(undefined);
        });

        it("takes nothing over when all is recorded, or another object has made it", async () => {
            const owned = { ...secret("airflow-b", {}) };
            Object.assign(owned.metadata, { ownerReferences: [{ kind: "CronJob" }] });
            const told = await up([secret("airflow-a", {}), owned], [recorded("airflow-a", {})]);
            expect(takesOver()).to.equal(undefined);
            expect(told).to.contain("app.kubernetes.io/instance=airflow").and.not.contain("delete");
        });

        it("removes what has another name now, and leaves what is recorded or has a name of its own", async () => {
            const told = await up(
                [secret("airflow-a-1", autonamed), secret("airflow-a-2", autonamed), secret("mine", {})],
                [recorded("airflow-a-2", autonamed)],
            );
            const deleted = told.split("\n").filter((line) => line.includes("delete"));
            expect(deleted).to.have.length(1);
            expect(deleted[0]).to.contain("delete Secret/airflow-a-1 --namespace airflow");
        });
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
