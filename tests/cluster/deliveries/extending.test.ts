import { expect } from "chai";
import { Installation, testPrefix } from "../support/installation";
import { kube, livingPods } from "../support/kubernetes";
import { TestServers } from "../support/testServers";
import { versionDag } from "./dags";
import { byVolume, refreshSeconds } from "./deliveries";
import { once } from "./once";

const plugin = `from airflow.plugins_manager import AirflowPlugin
from fastapi import FastAPI

app = FastAPI()


@app.get("/hello")
def hello():
    return {"says": "hello from a plugin"}


class PluginOfTests(AirflowPlugin):
    name = "plugin_of_tests"
    fastapi_apps = [{"app": app, "url_prefix": "/plugin-of-tests", "name": "Plugin of tests"}]
`;

const localSettings = `from airflow.exceptions import AirflowClusterPolicyViolation


def task_policy(task):
    if task.task_id == "forbidden":
        raise AirflowClusterPolicyViolation("the policy of the tests forbids this task")


def get_airflow_context_vars(context):
    return {"policy": "seen by a task"}
`;

/** The OAuth of nobody, twice: with one provider the page could lead there at once. */
const webserverConfig = `import os

from flask_appbuilder.const import AUTH_OAUTH

AUTH_TYPE = AUTH_OAUTH
OAUTH_PROVIDERS = [
    {
        "name": name,
        "token_key": "access_token",
        "remote_app": {
            "client_id": "airflow",
            "client_secret": os.environ["OAUTH_CLIENT_SECRET"],
            "api_base_url": "https://login.example.org/",
            "access_token_url": "https://login.example.org/token",
            "authorize_url": "https://login.example.org/authorize",
        },
    }
    for name in ("login-of-tests", "other-login-of-tests")
]
`;

/** A DAG whose task tells what the local settings have given to it. */
const contextDag = `import os

from airflow.sdk import dag, task


@dag(dag_id="from_volume", schedule=None, catchup=False)
def from_volume():
    @task
    def tell():
        print("the context is", os.environ.get("AIRFLOW_CTX_POLICY"))

    tell()


from_volume()
`;

const forbiddenDag = `from airflow.sdk import dag, task


@dag(dag_id="from_forbidden", schedule=None, catchup=False)
def from_forbidden():
    @task
    def forbidden():
        pass

    forbidden()


from_forbidden()
`;

describe("Bundles, plugins and settings of a team's own", () => {
    const on = Installation.modest(`${testPrefix}-extending`);
    const { airflow, workers } = on.namespaces;

    const installed = once("the installation", async () => {
        const servers = await TestServers.shared();
        const guarded = await servers.repository("extending-guarded", "https");
        const open = await servers.repository("extending-open", "public");
        await guarded.commit({ "guarded.py": versionDag("from_guarded", 1) });
        await open.commit({ "open.py": versionDag("from_open", 1), "forbidden.py": forbiddenDag });
        const { endpointUrl, accessKeyId, secretAccessKey } = servers.s3;
        const url = await servers.addToBucket("extending", "bucket.py", versionDag("from_bucket", 1));
        const delivery = byVolume(on);
        await delivery.publish({ "volume.py": contextDag, "plugins/plugin_of_tests.py": plugin });
        const { dags } = delivery.settings();
        on.configure({
            dags: {
                ...(dags as object),
                pluginsFolder: "plugins",
                bundles: [
                    {
                        name: "guarded",
                        kind: "git",
                        git: { ...guarded.settings, token: guarded.secrets.gitToken },
                        refreshSeconds,
                    },
                    { name: "open", kind: "git", git: open.settings },
                    { name: "bucket", kind: "s3", s3: { url, endpointUrl, accessKeyId, secretAccessKey } },
                ],
            },
            airflow: { localSettings },
            apiServer: {
                resources: { requests: { cpu: "10m" } },
                webserverConfig,
                env: [{ name: "OAUTH_CLIENT_SECRET", value: "of nobody" }],
            },
        });
        await on.up();
        return { token: guarded.secrets.gitToken ?? "", secretAccessKey };
    });

    after(() => on.end());

    for (const dagId of ["from_guarded", "from_open", "from_bucket"]) {
        it(`run a DAG of each bundle: ${dagId}`, async () => {
            await installed();
            expect(await on.runEnds(dagId, await on.trigger(dagId))).to.equal("success");
        });
    }

    it("let a task see what the local settings give to it", async () => {
        await installed();
        const runId = await on.trigger("from_volume");
        expect(await on.runEnds("from_volume", runId)).to.equal("success");
        const api = await on.api();
        const [task] = await api.tasks("from_volume", runId);
        expect(await api.log("from_volume", runId, task)).to.contain("the context is seen by a task");
    });

    it("refuse a DAG by the team's own policy, as an import error", async () => {
        await installed();
        const errors = await (await on.api()).importErrors();
        expect(errors.map(({ stack_trace }) => stack_trace).join()).to.contain(
            "the policy of the tests forbids this task",
        );
        expect(errors.map(({ filename }) => filename)).to.deep.equal(["forbidden.py"]);
    });

    it("serve the app of a plugin beside the DAGs", async () => {
        await installed();
        const answer = await fetch(`${await on.url()}/plugin-of-tests/hello`);
        expect(await answer.json()).to.deep.equal({ says: "hello from a plugin" });
    });

    it("offer the ways to log in of webserver_config.py", async () => {
        await installed();
        const page = await (await fetch(`${await on.url()}/auth/login/`)).text();
        expect(page).to.contain("login-of-tests");
    });

    it("keep what opens a bundle out of pods, of the workers' namespace, and of the open part of the state", async () => {
        const opens = Object.values(await installed());
        const kinds = "pods,jobs,configmaps,secrets,podtemplates";
        const workersNamespace = await kube(["get", kinds, "--namespace", workers, "--output", "json"]);
        const pods = await kube(["get", "pods,jobs,configmaps", "--namespace", airflow, "--output", "json"]);
        const state = on.stateText();
        expect(state).to.contain("airflow-bundle-guarded-secret");
        for (const value of opens) {
            expect(value).to.match(/^a-.*-for-tests$/);
            expect(workersNamespace + pods + state).to.not.contain(value);
        }
    });

    it("end an update with local settings that cannot be imported in one sentence, and change no process", async () => {
        await installed();
        const before = (await livingPods(airflow)).map(({ metadata }) => metadata.uid).sort();
        on.configure({ airflow: { localSettings: `${localSettings}\nimport no_such_module\n` } });
        const made = await on.make("up");
        expect(made.code).to.not.equal(0);
        expect(made.all).to.contain(
            "airflow.localSettings, line 12: ModuleNotFoundError: No module named 'no_such_module'",
        );
        expect((await livingPods(airflow)).map(({ metadata }) => metadata.uid).sort()).to.deep.equal(before);
    });
});
