import { join } from "node:path";
import { expect } from "chai";
import { AirflowApi } from "../../local/airflow/airflowApi";
import { forwardAirflow } from "../../local/airflow/portForward";
import { chooseEngine, type StartedEngine, startEngine } from "../../local/pulumi/engine";
import { projectText } from "../../local/pulumi/projectFolder";
import { setting } from "../../local/session/options";
import { clusterEnvironment } from "../../local/session/targetCluster";
import { waitFor } from "../../local/support/deadline";
import { findOnPath } from "../../local/support/execution";
import { foreignVariables } from "../../local/support/makeSettings";
import { ForeignProgram } from "../support/foreignProgram";
import { explainNamespaces, oneAtATime, tail, testPrefix } from "./support/installation";
import { cluster, kube, objects } from "./support/kubernetes";
import { nothingInstalled } from "./support/leftovers";
import { remember } from "./support/processes";

const dag = `
from datetime import datetime
from airflow.sdk import dag, task


@dag(schedule=None, start_date=datetime(2026, 1, 1), catchup=False)
def foreign():
    @task
    def say():
        print("hello from a program of somebody else")

    say()


foreign()
`;

/** Two installations on explicit providers. The second comes with another update; `renamed` is the first one's name. */
const source = `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { AirflowKubernetes, type AirflowKubernetesArgs } from "airflow-kubernetes";

const config = new pulumi.Config();
const small = { resources: { requests: { cpu: "10m" } } };

function args(name: string, platform: pulumi.Output<Record<string, string>>): AirflowKubernetesArgs {
    return {
        namespaces: { airflow: name, workers: \`\${name}-workers\`, storage: \`\${name}-storage\` },
        airflow: { url: platform.url },
        storage: { hostPath: platform.hostPath, logsSize: platform.logsSize },
        dags: { volume: { folder: "dags" } },
        apiServer: small,
        scheduler: small,
        dagProcessor: small,
        triggerer: { replicas: 0 },
        workers: small,
        database: small,
    };
}

function provider(name: string): k8s.Provider {
    return new k8s.Provider(name, { context: config.require("context") });
}

/** What another resource of the program hands over, and nobody knows before it is made. */
function platform(name: string, provider: k8s.Provider): pulumi.Output<Record<string, string>> {
    const data = { url: \`http://\${name}.example.org\`, hostPath: \`/data/\${name}\`, logsSize: "2Gi" };
    return new k8s.core.v1.ConfigMap(name, { metadata: { name, namespace: "default" }, data }, { provider }).data;
}

const label: pulumi.ResourceTransform = ({ type, props, opts }) =>
    type === "kubernetes:apps/v1:Deployment"
        ? { props: { ...props, metadata: { ...props.metadata, annotations: { "example.org/team": "data" } } }, opts }
        : undefined;

function install(name: string, namespace: string, opts: pulumi.ComponentResourceOptions = {}): AirflowKubernetes {
    const cluster = provider(\`cluster-\${namespace}\`);
    return new AirflowKubernetes(name, args(namespace, platform(namespace, cluster)), { provider: cluster, ...opts });
}

const one = install(config.get("renamed") ?? "one", "${testPrefix}-one", { aliases: [{ name: "one" }] });
const two = config.getBoolean("both") ? install("two", "${testPrefix}-two", { transforms: [label] }) : undefined;

export const installations = [one, ...(two ? [two] : [])].map(
    ({ url, adminUser, adminPassword, apiServerService, databaseService, serviceAccounts, secrets }) => ({
        url,
        adminUser,
        adminPassword,
        apiServerService,
        databaseService,
        serviceAccounts,
        secrets,
    }),
);
`;

/** What the program hands out of an installation. */
interface Handles {
    readonly url: string;
    readonly adminUser: string;
    readonly adminPassword: string;
    readonly apiServerService: { readonly namespace: string; readonly name: string };
    readonly databaseService: { readonly namespace: string; readonly name: string };
    readonly serviceAccounts: Readonly<Record<string, string>>;
    readonly secrets: Readonly<Record<string, string>>;
}

describe("A program of somebody else", () => {
    const namespaces = ["one", "two"].map((name) => `${testPrefix}-${name}`);
    let program: ForeignProgram;
    let engine: StartedEngine;

    async function pulumi(...args: string[]): Promise<string> {
        const foreign = foreignVariables();
        const inherited = Object.entries(process.env).filter(([name]) => !foreign.includes(name));
        const { code, stdout, stderr } = await program.run([engine.program, ...args, "--stack", "test"], {
            ...clusterEnvironment(cluster, Object.fromEntries(inherited)),
            ...engine.env,
            PULUMI_BACKEND_URL: `file://${program.folder}`,
            PULUMI_CONFIG_PASSPHRASE: "only for tests",
        });
        if (code !== 0) {
            throw new Error(
                `pulumi ${args.join(" ")} ended with ${code}:\n${tail(stdout + stderr, 60)}\n${await explainNamespaces(namespaces)}`,
            );
        }
        return stdout;
    }

    async function up(): Promise<void> {
        await oneAtATime(() => pulumi("up", "--yes", "--skip-preview"));
    }

    async function destroy(): Promise<void> {
        await pulumi("destroy", "--yes", "--skip-preview");
    }

    async function handles(): Promise<readonly Handles[]> {
        return JSON.parse(await pulumi("stack", "output", "installations", "--json", "--show-secrets"));
    }

    /** Runs the DAG to its end, and hands back its state. */
    async function runDag({ adminPassword, adminUser, apiServerService }: Handles): Promise<string> {
        const door = await forwardAirflow(cluster, apiServerService.namespace);
        remember(door.pid);
        try {
            const api = new AirflowApi(door.url, adminUser, adminPassword);
            const explain = () => explainNamespaces(namespaces);
            await waitFor(() => api.dag("foreign"), { within: 180_000, what: "the program's DAG", explain });
            await api.unpause("foreign");
            const { dag_run_id: id } = await api.trigger("foreign");
            const end = async () => {
                const { state } = await api.run("foreign", id);
                return ["success", "failed"].includes(state) && state;
            };
            return await waitFor(end, { within: 240_000, what: "the end of the run", explain });
        } finally {
            await door.stop();
        }
    }

    before("install the packed library in a folder of its own", async () => {
        engine = await startEngine(await chooseEngine(setting(process.env, "ENGINE")), findOnPath("pulumi"));
        program = await ForeignProgram.make();
        program.write("package.json", { name: "data-platform", private: true, main: "index.ts" });
        program.write("tsconfig.json", {
            compilerOptions: {
                strict: true,
                target: "es2022",
                module: "nodenext",
                types: ["node"],
                skipLibCheck: true,
                rootDir: ".",
            },
            files: ["index.ts"],
        });
        program.write("index.ts", source);
        program.write(join("dags", "foreign.py"), dag);
        program.write(
            "Pulumi.yaml",
            projectText("name: data-platform\nruntime: nodejs\n", program.folder, engine.plugins),
        );
        await pulumi("stack", "init", "--no-select");
        await pulumi("config", "set", "context", cluster.context);
    });

    after("leave nothing", async () => {
        await destroy();
        program.remove();
    });

    it("shows what it would make while nothing of what others hand over is known", async () => {
        expect(await pulumi("preview")).to.match(/\+ \d{2,} to create/);
    });

    it("makes an installation with a provider of its own, and runs a DAG of its own folder", async () => {
        await up();
        const [one] = await handles();
        expect(await runDag(one)).to.equal("success");
    });

    it("takes what another resource hands over, which no preview knows", async () => {
        const [{ url }] = await handles();
        expect(url).to.equal(`http://${namespaces[0]}.example.org`);
        const volumes = (await objects("persistentvolumes")).filter(
            ({ spec }) => spec?.claimRef?.namespace === namespaces[0],
        );
        const paths = volumes.flatMap(({ spec }) => spec?.hostPath?.path ?? []);
        expect(paths).to.include.members([`/data/${namespaces[0]}/dags`, `/data/${namespaces[0]}/logs`]);
        const sizes = await kube([
            ...["get", "persistentvolumeclaims", "--namespace", namespaces[0] ?? ""],
            "--output=jsonpath={.items[*].spec.resources.requests.storage}",
        ]);
        expect(sizes.split(" ")).to.include("2Gi");
    });

    it("renames the component by an alias, and nothing is replaced", async () => {
        await pulumi("config", "set", "renamed", "data-platform");
        // It fails when anything is to change.
        await pulumi("preview", "--expect-no-changes");
    });

    it("makes a second one beside the first, with a transform for it alone, and runs its DAG there, too", async () => {
        await pulumi("config", "set", "both", "true");
        await up();
        const [one, two] = await handles();
        expect(await runDag(two)).to.equal("success");
        expect(await runDag(one)).to.equal("success");
        const annotated = (
            await objects("deployments", "--all-namespaces", "--selector=app.kubernetes.io/name=airflow")
        )
            .filter(({ metadata }) => metadata.annotations?.["example.org/team"] === "data")
            .map(({ metadata }) => metadata.namespace);
        expect(new Set(annotated)).to.deep.equal(new Set([namespaces[1]]));
    });

    it("gets handles of what is there", async () => {
        for (const { apiServerService, databaseService, serviceAccounts, secrets } of await handles()) {
            const there = async (kind: string) =>
                (await objects(kind, "--namespace", apiServerService.namespace)).map(({ metadata }) => metadata.name);
            expect(await there("services")).to.include.members([apiServerService.name, databaseService.name]);
            const { worker, ...accounts } = serviceAccounts;
            expect(await there("serviceaccounts")).to.include.members(Object.values(accounts));
            const workers = await objects("serviceaccounts", "--namespace", `${apiServerService.namespace}-workers`);
            expect(workers.map(({ metadata }) => metadata.name)).to.include(worker);
            expect(Object.keys(secrets)).to.include.members(["database", "encryption", "api", "admin"]);
            expect(await there("secrets")).to.include.members(Object.values(secrets));
        }
    });

    it("removes both", async () => {
        await destroy();
        for (const namespace of namespaces) {
            await nothingInstalled(namespace);
        }
    });
});
