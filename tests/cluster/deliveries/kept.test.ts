import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { waitFor } from "../../../local/support/deadline";
import { Installation, testPrefix } from "../support/installation";
import { exists, kube, livingPods } from "../support/kubernetes";
import { TestServers } from "../support/testServers";
import { versionDag } from "./dags";
import { refreshSeconds } from "./deliveries";
import { once } from "./once";

const dagId = "kept";

/** What somebody else keeps, such as External Secrets. A password may have any characters. */
const values: Readonly<Record<string, string>> = {
    fernet: randomBytes(32).toString("base64").replaceAll("+", "-").replaceAll("/", "_"),
    jwt: randomBytes(64).toString("hex"),
    api: randomBytes(32).toString("hex"),
    admin: "the admin's $(password)",
    database: "p@ss:w/ord?with#odd%signs",
    token: "a-first-token",
};

const secondToken = "a-second-token";

describe("Secrets that somebody else keeps", () => {
    const on = Installation.modest(`${testPrefix}-kept`);
    const { airflow } = on.namespaces;
    const key = (noun: string) => ({ name: "kept", key: noun });

    const secret = async (given: Readonly<Record<string, string>>) =>
        await kube(
            ["apply", "--filename", "-"],
            JSON.stringify({
                apiVersion: "v1",
                kind: "Secret",
                metadata: { name: "kept", namespace: airflow },
                stringData: given,
            }),
        );
    const repository = once("a repository", async () => {
        const made = await (await TestServers.shared()).repository("kept", "https");
        await made.commit({ "kept.py": versionDag(dagId, 1) });
        await made.setToken(values.token ?? "");
        return made;
    });
    const installed = once("the installation", async () => {
        const { settings } = await repository();
        on.configure({
            airflow: { fernetKeySecret: key("fernet"), jwtKeySecret: key("jwt"), apiSecretKeySecret: key("api") },
            admin: { passwordSecret: key("admin") },
            database: { passwordSecret: key("database"), resources: { requests: { cpu: "10m" } } },
            dags: {
                delivery: "gitSync",
                git: { ...settings, tokenSecret: key("token") },
                gitSync: { periodSeconds: 2 },
                refreshSeconds,
            },
        });
        const up = on.up();
        // Pods wait for a Secret, as they do for one that an operator makes.
        const made = waitFor(async () => await exists("namespace", airflow), {
            within: 1_000_000,
            what: `the namespace ${airflow}`,
        }).then(async () => await secret(values));
        await Promise.all([up, made]);
    });

    after(() => on.end());

    it("let an update end when they are there, and a DAG run", async () => {
        await installed();
        expect(await on.runEnds(dagId, await on.trigger(dagId))).to.equal("success");
    });

    it("are in no state, no output and no pod", async () => {
        await installed();
        const pods = await kube(["get", "pods,jobs,configmaps", "--namespace", airflow, "--output", "json"]);
        const told = JSON.stringify(await on.state()) + (await on.makeWell("output", { SHOW_SECRETS: "1" })).all + pods;
        for (const [noun, value] of Object.entries(values)) {
            expect(told.includes(value), noun).to.equal(false);
        }
    });

    it("let git-sync read with another token, without a restart", async () => {
        await installed();
        const { commit, ...made } = await rotated();
        expect(commit).to.match(/^[0-9a-f]{40}$/);
        expect(made.after).to.deep.equal(made.before);
    });

    async function rotated() {
        const gitSync = async () =>
            (await livingPods(airflow))
                .filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/component"] === "git-sync")
                .map(({ metadata }) => metadata.uid);
        const before = await gitSync();
        const dags = await repository();
        await dags.setToken(secondToken);
        await secret({ ...values, token: secondToken });
        const commit = await dags.commit({ "kept.py": versionDag(dagId, 2) });
        const api = await on.api();
        // The kubelet looks at a Secret about once a minute.
        await waitFor(async () => (await api.dag(dagId))?.description === "version 2", {
            within: 240_000,
            what: "version 2 of the DAG",
            explain: on.explain,
        });
        return { commit, before, after: await gitSync() };
    }
});
