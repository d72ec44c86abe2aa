import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { waitFor } from "../../../local/support/deadline";
import { stackOfText, valuesText } from "../../local/convert/valuesFiles";
import { Installation, testPrefix } from "../support/installation";
import { exists, kube, objects } from "../support/kubernetes";
import { TestServers } from "../support/testServers";
import { versionDag } from "./dags";
import { byImage } from "./deliveries";
import { once } from "./once";

const harbourDag = `import os
import pathlib

from airflow.sdk import dag, task


@dag(dag_id="harbour", schedule=None, catchup=False)
def harbour():
    @task
    def look():
        pathlib.Path("/scratch/note").write_text("low water")
        chart = pathlib.Path("/charts/north").read_text()
        print("sees", *(os.environ[name] for name in ("HARBOUR", "HARBOUR_PIN", "TIDE", "CRANES")), chart)

    look()


harbour()
`;

/** What the teams have beside their releases. */
const kept = {
    fernetKey: randomBytes(32).toString("base64").replaceAll("+", "-").replaceAll("/", "_"),
    jwtSecret: randomBytes(64).toString("hex"),
    apiSecretKey: randomBytes(32).toString("hex"),
};

type Parts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Three teams one after the other on one installation, each by an update; any of them also alone. */
describe("Values of the official chart, converted", () => {
    const on = Installation.modest(`${testPrefix}-helm`);
    const { airflow, workers } = on.namespaces;
    let keys: readonly string[] = [];

    /** Converts the values of a team, in which names of its servers are those of the tests, with `make convert`. */
    async function converted(team: string, names: Readonly<Record<string, string>>): Promise<Parts> {
        const folder = on.folder(team);
        const text = Object.entries(names).reduce((all, [name, ours]) => all.replaceAll(name, ours), valuesText(team));
        const [values, out] = ["values.yaml", `Pulumi.${team}.yaml`].map((name) => join(folder, name));
        writeFileSync(values, text);
        await on.makeWell("convert", { VALUES: values, OUT: out });
        return stackOfText(readFileSync(out, "utf8")) as Parts;
    }

    /** Brings up a converted stack, with what this machine is and what the converter says is missing. */
    async function deployed(stack: Parts, more: Readonly<Record<string, unknown>>): Promise<void> {
        const small = ["apiServer", "scheduler", "dagProcessor", "triggerer", "workers", "jobs"].map((part) => {
            const { resources } = stack[part] ?? {};
            return [
                part,
                { ...stack[part], resources: { ...(resources as object | undefined), requests: { cpu: "10m" } } },
            ];
        });
        const values = { ...stack, ...Object.fromEntries(small), hosting: "minikube", ...more };
        const unset = keys.filter((key) => !(key in values)).map((key) => [key, undefined]);
        keys = Object.keys(values);
        on.configure({ storage: undefined, ...Object.fromEntries(unset), ...values });
        const made = waitFor(async () => (await exists("namespace", airflow)) && (await exists("namespace", workers)), {
            within: 600_000,
            what: `the namespaces of ${airflow}`,
        }).then(beside);
        await Promise.all([on.up(), made]);
    }

    /** Makes what the teams have in the cluster. */
    async function beside(): Promise<void> {
        const { gitToken = "" } = (await weatherRepository()).secrets;
        const { s3 } = await TestServers.shared();
        const secret = (namespace: string, name: string, stringData: Readonly<Record<string, string>>) => ({
            ...{ apiVersion: "v1", kind: "Secret", metadata: { name, namespace }, stringData },
        });
        const configMap = (namespace: string, name: string, data: Readonly<Record<string, string>>) => ({
            ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data },
        });
        const items = [
            secret(airflow, "airflow-keys", {
                "fernet-key": kept.fernetKey,
                "jwt-secret": kept.jwtSecret,
                "api-secret-key": kept.apiSecretKey,
            }),
            secret(airflow, "weather-repository", { GITSYNC_USERNAME: "robot", GITSYNC_PASSWORD: gitToken }),
            secret(airflow, "weather-bucket", { secret: s3.secretAccessKey }),
            ...[airflow, workers].flatMap((namespace) => [
                secret(namespace, "harbour", { pin: "the-pin" }),
                configMap(namespace, "harbour-settings", { TIDE: "high" }),
                configMap(namespace, "harbour-charts", { north: "a chart of the north" }),
            ]),
        ];
        await kube(["apply", "--filename", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    }

    /** Runs a DAG, and hands back its state and the log of its one task. */
    async function run(dagId: string): Promise<{ state: string; log: string }> {
        const runId = await on.trigger(dagId);
        const state = await on.runEnds(dagId, runId);
        const api = await on.api();
        const [task] = await api.tasks(dagId, runId);
        const log = await waitFor(async () => await api.log(dagId, runId, task), {
            within: 30_000,
            what: `the log of ${dagId}`,
        });
        return { state, log };
    }

    const database = once("a database outside", async () => {
        const servers = await TestServers.shared();
        await servers.sql("CREATE ROLE airflow_teams LOGIN PASSWORD 'ebb-and-flow'");
        await servers.sql("CREATE DATABASE airflow_teams OWNER airflow_teams");
        return { host: servers.postgres.host, password: "ebb-and-flow" };
    });
    const weatherRepository = once(
        "a private repository",
        async () => await (await TestServers.shared()).repository("weather", "https"),
    );

    const orders = once("the installation of the team orders", async () => {
        const { host, password } = await database();
        const image = byImage(on);
        await image.publish({ "orders.py": versionDag("orders", 1) });
        const { image: name } = image.settings().airflow as { image: string };
        const [repository = "", tag = ""] = name.split(/:(?=[^:/]+$)/);
        const names = { "registry.example.org/orders/airflow": repository, "3.3.2-orders-7": tag };
        const stack = await converted("orders", names);
        const external = { host, name: "airflow_teams", user: "airflow_teams", sslMode: "disable" };
        await deployed(stack, { database: { external }, databasePassword: password });
        return await run("orders");
    });
    const harbour = once("the installation of the team harbour", async () => {
        const { host, password } = await database();
        const repository = await (await TestServers.shared()).repository("harbour", "public");
        await repository.commit({ "harbour.py": harbourDag });
        const { repository: url = "", caCertificate } = repository.settings;
        const names = { "https://git.example.org/public/harbour.git": url, "database.example.org": host };
        const stack = await converted("harbour", names);
        const dags = { ...stack.dags, git: { ...(stack.dags?.git as object), caCertificate } };
        await deployed(stack, { dags, databasePassword: password });
        return await run("harbour");
    });
    const weather = once("the installation of the team weather", async () => {
        const { host, password } = await database();
        const servers = await TestServers.shared();
        const repository = await weatherRepository();
        await repository.commit({ "weather.py": versionDag("weather", 1) });
        const { repository: url = "", caCertificate, username } = repository.settings;
        const names = { "https://git.example.org/private/weather.git": url, "database.example.org": host };
        const stack = await converted("weather", names);
        const { endpointUrl, accessKeyId } = servers.s3;
        const secretAccessKeySecret = { name: "weather-bucket", key: "secret" };
        const remote = { ...(stack.logs?.remote as object), endpointUrl, accessKeyId, secretAccessKeySecret };
        await deployed(stack, {
            dags: { ...stack.dags, git: { ...(stack.dags?.git as object), caCertificate, username } },
            logs: { ...stack.logs, remote },
            databasePassword: password,
            adminPassword: "sunshine-later",
        });
        return await run("weather");
    });

    after(() => on.end());

    it("run the DAG of an image, with roles of a cloud for its ServiceAccounts", async () => {
        const { state, log } = await orders();
        expect([state, log.includes("version 1 of the code")], log).to.deep.equal(["success", true]);
        const [account] = await objects("serviceaccount", "airflow-worker", "--namespace", workers);
        expect(account?.metadata.annotations).to.include({
            "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/orders-tasks",
        });
        const outside = await (await TestServers.shared()).sql("SELECT count(*) FROM dag_run", "airflow_teams");
        expect(Number(outside)).to.equal(1);
    });

    it("run a DAG with variables, volumes and files as the values say, after an update to those of another team", async () => {
        const { state, log } = await harbour();
        expect([state, log.includes("sees north the-pin high 7 a chart of the north")], log).to.deep.equal([
            "success",
            true,
        ]);
        const [scheduler] = await objects(
            "pods",
            "--namespace",
            airflow,
            "--selector=app.kubernetes.io/component=scheduler",
        );
        expect(scheduler?.metadata.annotations).to.include({ "example.org/contact": "harbour@example.org" });
        expect(scheduler?.metadata.labels).to.include({ "example.org/team": "harbour" });
    });

    it("run the DAG of a private repository, with its log in a bucket and the first user of the values", async () => {
        const { state, log } = await weather();
        expect([state, log.includes("version 1 of the code")], log).to.deep.equal(["success", true]);
        // A task has ended before its log is copied.
        const servers = await TestServers.shared();
        await waitFor(async () => /weather\/dag_id=weather\//.test(await servers.bucketContents()), {
            within: 90_000,
            what: "the log in the bucket",
            explain: on.explain,
        });
        expect((await on.outputs()).adminUser).to.equal("forecaster");
    });
});
