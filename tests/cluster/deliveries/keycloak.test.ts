import { expect } from "chai";
import { AirflowApi } from "../../../local/airflow/airflowApi";
import { ensureImages, referenceOf } from "../../../local/images";
import { clusterEnvironment, kubectl } from "../../../local/session/targetCluster";
import { waitFor } from "../../../local/support/deadline";
import { Browser } from "../support/browser";
import { Installation, testPrefix } from "../support/installation";
import { Keycloak } from "../support/keycloak";
import { cluster, kube } from "../support/kubernetes";
import { freePort } from "../support/ports";
import { Terminal } from "../support/terminal";
import { byVolume } from "./deliveries";
import { once } from "./once";

const password = "a-password-of-everybody";

/** Statuses that who may make a connection gets: it is made, or was before. */
const made = [201, 409];

/** A task asks the Execution API for a variable, and for a connection. */
const dag = `from airflow.sdk import BaseHook, Variable, dag, task


@dag(dag_id="asks", schedule=None, catchup=False)
def asks():
    @task
    def ask():
        print("asked", Variable.get("unknown", default="in vain"), BaseHook.get_connection("ada").login)

    ask()


asks()
`;

describe("Sign-in at Keycloak", () => {
    const on = Installation.modest(`${testPrefix}-keycloak`);
    const { airflow } = on.namespaces;
    let keycloak: Keycloak;
    let browser: Browser;
    let url: string;

    const isInstalled = once("the installation with Keycloak", async () => {
        keycloak = await Keycloak.start();
        browser = await Browser.open();
        await ensureImages(["airflow-keycloak"]);
        on.port = await freePort();
        on.login = { user: "ada", password };
        url = `http://localhost:${on.port}`;
        const people = { ada: ["Admin"], otto: ["Op"], uma: ["User"], vera: ["Viewer"], carol: [] } as const;
        await keycloak.makeRealm(url, people, password);
        await keycloak.grantToClient("Viewer");
        const volume = byVolume(on);
        await volume.publish({ "asks.py": dag });
        on.configure({
            ...volume.settings(),
            airflow: { url, image: referenceOf("airflow-keycloak") },
            auth: { manager: "keycloak", keycloak: keycloak.settings },
            keycloakClientSecret: keycloak.clientSecret,
        });
        const { all } = await on.up();
        expect(await on.url()).to.equal(url);
        return all;
    });

    /** The command of docs/sign-in.md, which asks for the password of the administrator. */
    const createAll = (input: string) =>
        [
            ...["exec", input, "--namespace", airflow, "deployment/airflow-api-server", "--"],
            ...["airflow", "keycloak-auth-manager", "create-all", "--password", "--username"],
            keycloak.administrator.username,
        ] as const;

    const hasPermissions = once("create-all", async () => {
        await isInstalled();
        const command = [...kubectl(cluster), ...createAll("-it")].join(" ");
        const terminal = new Terminal(command, clusterEnvironment(cluster));
        await terminal.shows("Password:");
        terminal.enter(keycloak.administrator.password);
        return await terminal.shows("Permissions created successfully");
    });

    after(async () => {
        await browser?.close();
        await on.end();
        await keycloak?.stop();
    });

    /** Waits until the browser is at an address that begins so: pages of Airflow ask first who has come, and lead elsewhere then. */
    async function arrives(place: string): Promise<void> {
        await waitFor(async () => browser.address.startsWith(place), {
            within: 60_000,
            every: 200,
            what: `the browser to be at ${place}`,
            explain: async () => browser.address,
        });
    }

    /** Where Keycloak asks who somebody is. */
    const form = () => `${keycloak.settings.serverUrl}/realms/`;

    /** Signs somebody in on Keycloak's page, which is where Airflow's first page leads to. */
    async function signIn(user: string): Promise<void> {
        await browser.forget();
        await browser.go(url);
        await arrives(form());
        await browser.logIn(user, password);
        await arrives(`${url}/`);
    }

    /** The status that the person in the browser gets who makes a connection. */
    async function makesConnection(name: string): Promise<number> {
        const answer = await browser.fetch(`${url}/api/v2/connections`, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ connection_id: name, conn_type: "http", login: "robot", password: "a-word" }),
        });
        return answer.status;
    }

    /** The status that the person in the browser gets who switches a DAG on, once Airflow knows it. */
    async function unpauses(dagId: string): Promise<number> {
        return await waitFor(
            async () => {
                const answer = await browser.fetch(`${url}/api/v2/dags/${dagId}`, {
                    method: "PATCH",
                    headers: { "Content-Type": "application/json" },
                    body: JSON.stringify({ is_paused: false }),
                });
                return answer.status !== 404 && answer.status;
            },
            { within: 180_000, what: `DAG ${dagId}`, explain: on.explain },
        );
    }

    /** A token of the REST API, or the status of the refusal. */
    async function token(body: Readonly<Record<string, string>>): Promise<string | number> {
        const answer = await fetch(`${url}/auth/token`, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify(body),
        });
        const { access_token } = (await answer.json()) as { access_token?: string };
        return access_token ?? answer.status;
    }

    async function status(bearer: string | number, path: string, method = "GET"): Promise<number> {
        return (await fetch(`${url}/api/v2/${path}`, { method, headers: { Authorization: `Bearer ${bearer}` } }))
            .status;
    }

    it("is told of at the end of make up, which names no user, and no command that needs one", async () => {
        const told = await isInstalled();
        expect(told).to.contain("whom auth in the stack lets in").and.to.not.contain("Password");
        expect(told).to.not.contain("make run-dag");
        const ran = await on.make("run-dag", { DAG: "asks" });
        expect(ran.code).to.not.equal(0);
        expect(ran.all).to.contain("Keycloak has the users").and.to.not.contain("admin.enabled");
    });

    it("gets Airflow's permissions by the command of the guide, which can be run again, from a script, too", async () => {
        await isInstalled();
        expect(await hasPermissions()).to.not.contain(keycloak.administrator.password);
        await kube(createAll("--stdin"), `${keycloak.administrator.password}\n`);
    });

    it("lets an Admin do everything, with all that belongs to the pages", async () => {
        await hasPermissions();
        await browser.forget();
        await browser.go(url);
        await browser.sees(/Sign In/i, "keycloak-01-form");
        const failed = await browser.failedRequests(async () => {
            await browser.logIn("ada", password);
            await browser.sees(/Dag/, "keycloak-02-ada");
            expect(await makesConnection("ada")).to.be.oneOf(made);
            await browser.go(`${url}/connections`);
            await browser.sees(/^ada$/, "keycloak-03-connections");
        });
        expect(failed).to.deep.equal([]);
        const me = await browser.fetch(`${url}/ui/auth/me`, {});
        expect((await me.json()) as object).to.include({ username: "ada" });
    });

    it("lets a Viewer look, and change nothing", async () => {
        await hasPermissions();
        await signIn("vera");
        await browser.sees(/Dag/, "keycloak-04-vera");
        expect(await browser.status(`${url}/api/v2/dags`)).to.equal(200);
        expect(await browser.status(`${url}/api/v2/connections`)).to.equal(200);
        expect(await makesConnection("vera")).to.equal(403);
    });

    it("lets an Op make connections, and a User change DAGs", async () => {
        await hasPermissions();
        await signIn("otto");
        expect(await makesConnection("otto")).to.be.oneOf(made);
        expect(await unpauses("asks")).to.equal(403);
        await signIn("uma");
        expect(await makesConnection("uma")).to.equal(403);
        expect(await unpauses("asks")).to.equal(200);
    });

    it("shows nothing to somebody without a role", async () => {
        await hasPermissions();
        await signIn("carol");
        await browser.sees(/403 Forbidden/, "keycloak-05-carol");
        expect(await browser.status(`${url}/api/v2/dags`)).to.equal(403);
        expect(await browser.status(`${url}/api/v2/connections`)).to.equal(403);
    });

    it("ends with a log-out, at Keycloak, too: the next one has to sign in again", async () => {
        await hasPermissions();
        await signIn("ada");
        await browser.go(`${url}/api/v2/auth/logout`);
        await browser.sees(/Sign In/i, "keycloak-06-logged-out");
        const left = (await browser.cookies()).map(({ name }) => name);
        expect(left).to.not.have.any.members(["_token", "_access_token", "_refresh_token", "_id_token"]);
        await browser.go(`${url}/connections`);
        await arrives(form());
    });

    it("gives tokens of the REST API: to people by password, to programs by the secret of the client", async () => {
        await hasPermissions();
        const vera = await token({ username: "vera", password });
        expect(await status(vera, "dags")).to.equal(200);
        expect(await status(vera, "connections/ada", "DELETE")).to.equal(403);
        const credentials = { grant_type: "client_credentials", client_id: "airflow" };
        const program = await token({ ...credentials, client_secret: keycloak.clientSecret });
        expect(await status(program, "dags")).to.equal(200);
        expect(await status(program, "connections/ada", "DELETE")).to.equal(403);
        expect(await token({ ...credentials, client_secret: "another" })).to.equal(403);
        expect(await token({ username: "vera", password: "another" })).to.equal(403);
    });

    it("leaves tasks and make status what they are: a run ends with success", async () => {
        await hasPermissions();
        await signIn("ada");
        await makesConnection("ada");
        const run = await on.trigger("asks");
        expect(await on.runEnds("asks", run)).to.equal("success");
        const api = await on.api();
        const [task] = await api.tasks("asks", run);
        expect(task && (await api.log("asks", run, task))).to.contain("asked in vain robot");
        const told = await on.makeWell("status");
        expect(told.all).to.contain("All is well");
    });

    it("keeps the secret of the client out of pods, ConfigMaps and the state", async () => {
        await isInstalled();
        const objects = await kube(["get", "pods,jobs,configmaps", "--namespace", airflow, "-o", "json"]);
        expect(objects).to.contain("AIRFLOW__KEYCLOAK_AUTH_MANAGER__CLIENT_SECRET");
        expect(objects).to.not.contain(keycloak.clientSecret);
        expect(on.stateText()).to.not.contain(keycloak.clientSecret);
    });

    it("goes on when a token ends, for a session, with the roles of now; a token of the REST API ends with it", async () => {
        await hasPermissions();
        await keycloak.setTokenLifespan(15);
        await signIn("otto");
        const { token: program = "" } = await AirflowApi.logIn(url, "otto", password);
        expect(await browser.status(`${url}/api/v2/connections`)).to.equal(200);
        expect(await status(program, "connections")).to.equal(200);
        await waitFor(async () => (await status(program, "connections")) !== 200, {
            within: 60_000,
            what: "the end of the token of the REST API",
        });
        expect(await status(program, "connections")).to.equal(403);
        expect(await browser.status(`${url}/api/v2/connections`)).to.equal(200);
        await keycloak.revoke("otto", "Op");
        await waitFor(async () => (await browser.status(`${url}/api/v2/connections`)) === 403, {
            within: 60_000,
            what: "the end of what a role allows that was taken away",
        });
        expect(await browser.status(`${url}/ui/auth/me`)).to.equal(200);
    });
});
