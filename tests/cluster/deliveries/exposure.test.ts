import { expect } from "chai";
import { AirflowApi, type TaskInstance } from "../../../local/airflow/airflowApi";
import { waitFor } from "../../../local/support/deadline";
import { Browser } from "../support/browser";
import { Installation, testPrefix } from "../support/installation";
import { kube, objects } from "../support/kubernetes";
import { Traefik } from "../support/traefik";
import { byVolume } from "./deliveries";
import { once } from "./once";

const host = "airflow.example.org";

/** One task that says a line, and goes on when a variable is set, for which it asks the Execution API all the time. */
const talksDag = `import logging
import time

from airflow.sdk import Variable, dag, task


@dag(dag_id="talks", schedule=None, catchup=False)
def talks():
    @task
    def talk(**context):
        # What is printed may come after what is logged later, and so into a group of lines that the page shows closed.
        log = logging.getLogger("talks")
        log.info("the first line")
        name = context["run_id"].replace(":", "_")
        for _ in range(1200):
            if Variable.get(name, default=None):
                log.info("the last line")
                return
            time.sleep(0.5)
        raise TimeoutError("nobody set the variable")

    talk()


talks()
`;

/** A way from outside to the api-server. */
interface Way {
    readonly noun: "ingress" | "httpRoute";
    readonly protocol: "http" | "https";
    readonly path: string;
    /** Whether the Execution API has api-servers of its own. */
    readonly isApart: boolean;
}

/** The path changes once: tasks that run know the Execution API by it. */
const ways: readonly Way[] = [
    { noun: "ingress", protocol: "http", path: "", isApart: false },
    { noun: "httpRoute", protocol: "https", path: "", isApart: true },
    { noun: "ingress", protocol: "https", path: "/airflow", isApart: true },
    { noun: "httpRoute", protocol: "http", path: "/airflow", isApart: false },
];

/** An Ingress and a Gateway in turn, at `/` and below it, by http and https, on one installation. */
describe("How people reach Airflow", () => {
    const on = Installation.modest(`${testPrefix}-exposure`);
    const { airflow } = on.namespaces;
    const resources = { requests: { cpu: "10m" } };
    let browser: Browser;
    let traefik: Traefik;
    let held: string | undefined;

    before("traefik, a browser and DAGs", async () => {
        [traefik, browser] = await Promise.all([
            Traefik.start(host),
            Browser.open({ host, trustsAnyCertificate: true }),
        ]);
        const volume = byVolume(on);
        await volume.publish({ "talks.py": talksDag });
        on.configure(volume.settings());
    });

    after(async () => {
        await browser?.close();
        await on.end();
        await traefik?.stop();
    });

    function urlOf({ path, protocol }: Way): string {
        return `${protocol}://${host}:${traefik.ports[protocol]}${path}`;
    }

    /** Brings the installation up so that it is reached in this way. */
    async function up(way: Way): Promise<void> {
        const exposed =
            way.noun === "ingress"
                ? {
                      ingress: {
                          className: Traefik.ingressClass,
                          ...(way.protocol === "https" && { tlsSecretName: "airflow-tls" }),
                          annotations: {
                              // This cluster does give addresses.
                              "pulumi.com/skipAwait": "false",
                              "traefik.ingress.kubernetes.io/router.entrypoints":
                                  way.protocol === "https" ? "websecure" : "web",
                          },
                      },
                  }
                : { httpRoute: { parentRefs: [{ ...Traefik.gateway, sectionName: way.protocol }] } };
        on.configure({
            airflow: { url: urlOf(way) },
            apiServer: { resources, ...exposed },
            executionApi: way.isApart ? { enabled: true, resources } : undefined,
        });
        await on.up();
    }

    /** The REST API as scripts of people use it: from where the browser is, with a token. */
    async function rest(url: string): Promise<AirflowApi> {
        const { adminUser, adminPassword } = await on.outputs();
        expect((await AirflowApi.logIn(url, adminUser, adminPassword, browser.fetch)).status).to.equal(201);
        return new AirflowApi(url, adminUser, adminPassword, browser.fetch);
    }

    async function taskOf(api: AirflowApi, run: string): Promise<TaskInstance> {
        const [task] = await api.tasks("talks", run);
        return task as TaskInstance;
    }

    async function log(api: AirflowApi, run: string): Promise<string> {
        const task = await taskOf(api, run);
        return task.try_number === 0 ? "" : await api.log("talks", run, task);
    }

    async function begin(api: AirflowApi): Promise<string> {
        await waitFor(() => api.dag("talks"), { within: 180_000, what: "the DAG", explain: on.explain });
        await api.unpause("talks");
        const { dag_run_id: run } = await api.trigger("talks");
        await waitFor(async () => (await log(api, run)).includes("the first line"), {
            within: 180_000,
            what: "the first line of the log of a task that runs",
            explain: on.explain,
        });
        return run;
    }

    async function ends(api: AirflowApi, run: string): Promise<string> {
        await api.request("POST", "/variables", { key: run.replaceAll(":", "_"), value: "now" });
        return await waitFor(
            async () => {
                const { state } = await api.run("talks", run);
                return ["success", "failed"].includes(state) && state;
            },
            { within: 120_000, what: `the end of ${run}`, explain: on.explain },
        );
    }

    for (const [index, way] of ways.entries()) {
        const { isApart, noun, path, protocol } = way;
        describe(`by ${noun}, ${protocol}, at ${path || "/"}, the Execution API ${isApart ? "apart" : "beside the UI"}`, () => {
            const isUp = once("make up", async () => {
                if (noun === "ingress" && protocol === "https") {
                    const { cert, key } = traefik.certificate;
                    const secret = {
                        apiVersion: "v1",
                        kind: "Secret",
                        metadata: { name: "airflow-tls", namespace: airflow },
                        type: "kubernetes.io/tls",
                        stringData: { "tls.crt": cert, "tls.key": key },
                    };
                    await kube(["apply", "--filename", "-"], JSON.stringify(secret));
                }
                await up(way);
            });
            const pictures = `exposure-${index + 1}`;

            it("shows its pages with all that belongs to them, after a log-in", async () => {
                await isUp();
                const { adminUser, adminPassword } = await on.outputs();
                await browser.forget();
                // A new route is there a moment after its object.
                await waitFor(
                    async () => {
                        await browser.go(urlOf(way));
                        return browser.address.startsWith(`${urlOf(way)}/auth/login`);
                    },
                    { within: 60_000, what: "the log-in", explain: async () => browser.address },
                );
                await browser.go(urlOf(way), `${pictures}-login`);
                const failed = await browser.failedRequests(async () => {
                    await browser.logIn(adminUser, adminPassword);
                    await browser.sees(/Dags/, `${pictures}-home`);
                    await browser.go(`${urlOf(way)}/dags`, `${pictures}-dags`);
                    await browser.sees(/talks/, `${pictures}-dags`);
                });
                expect(browser.address).to.equal(`${urlOf(way)}/dags`);
                expect(failed).to.deep.equal([]);
            });

            it(`marks its cookies as ${protocol === "https" ? "secure" : "not secure"}`, async () => {
                const token = (await browser.cookies()).filter(({ name }) => name === "_token" || name === "session");
                expect(token.length).to.be.greaterThan(0);
                for (const cookie of token) {
                    expect(cookie.secure, cookie.name).to.equal(protocol === "https");
                }
            });

            it("shows the log of a task while it runs and afterwards, in the browser, too", async () => {
                await isUp();
                const url = urlOf(way);
                const api = await rest(url);
                const run = await begin(api);
                const page = `${url}/dags/talks/runs/${encodeURIComponent(run)}/tasks/talk`;
                await browser.go(page);
                await browser.sees(/the first line/, `${pictures}-running-log`);
                expect(await ends(api, run)).to.equal("success");
                await browser.go(page);
                await browser.sees(/the last line/, `${pictures}-log`);
                expect(await log(api, run)).to.contain("the last line");
            });

            it(`${isApart ? "has nothing for tasks" : "serves the Execution API"} there`, async () => {
                await isUp();
                const answer = await browser.fetch(`${urlOf(way)}/execution/health`, {});
                expect((await answer.text()) === '{"status":"healthy"}').to.equal(!isApart);
                const [service] = await objects("service", "airflow-execution-api", "--namespace", airflow);
                const selector = (service as unknown as { spec: { selector: Record<string, string> } }).spec.selector;
                expect(selector["app.kubernetes.io/component"]).to.equal(isApart ? "execution-api" : "api-server");
            });

            if (noun === "ingress") {
                it("knows the address that the cluster gave the Ingress", async () => {
                    await isUp();
                    expect((await on.outputs()).publicAddress).to.equal("127.0.0.1");
                });
            }

            it("ends the session at a log-out", async () => {
                await isUp();
                await browser.go(`${urlOf(way)}/auth/logout`, `${pictures}-logout`);
                await browser.go(`${urlOf(way)}/dags`);
                expect(browser.address).to.match(new RegExp(`^${urlOf(way)}/auth/login`));
            });

            const isFirstOfPath = index === 0 || ways[index - 1]?.path !== path;
            if (isFirstOfPath) {
                it("begins a task that will run on when the Execution API is elsewhere", async () => {
                    await isUp();
                    held = await begin(await rest(urlOf(way)));
                });
            } else {
                it(`ends a task that has run since the Execution API was ${isApart ? "beside the UI" : "apart"}, at its first try`, async () => {
                    await isUp();
                    expect(held, "the task that was begun").to.be.a("string");
                    const run = held ?? "";
                    const api = await rest(urlOf(way));
                    expect(await ends(api, run)).to.equal("success");
                    expect((await taskOf(api, run)).try_number).to.equal(1);
                });
            }
        });
    }

    it("by a port of the node", async () => {
        const nodePort = 31_808;
        on.configure({
            airflow: undefined,
            apiServer: { resources, externalService: { type: "NodePort", nodePort } },
            executionApi: undefined,
        });
        await on.up();
        const [node] = await objects("nodes");
        const { addresses } = (node as unknown as { status: { addresses: { type: string; address: string }[] } })
            .status;
        const address = addresses.find(({ type }) => type === "InternalIP")?.address;
        const answer = await fetch(`http://${address}:${nodePort}/api/v2/version`);
        expect(answer.status).to.equal(200);
        // Redirects stay at whatever address the browser is at.
        const start = await fetch(`http://${address}:${nodePort}/`, { redirect: "manual" });
        expect(start.headers.get("location") ?? "/").to.match(/^\//);
        expect(await objects("ingresses", "--namespace", airflow)).to.deep.equal([]);
    });
});
