import { expect } from "chai";
import {
    commonEnvironment,
    databaseJobEnvironment,
    extensionEnvironment,
    optionVariable,
    processEnvironment,
    secretEnvironment,
    secretVariables,
    workerEnvironment,
} from "../../../components/airflow/environment";
import { outageEnvironment } from "../../../components/airflow/outages";
import { ownedVariables, secretVariableNames } from "../../../components/airflow/ownedVariables";
import { dagsEnvironment } from "../../../components/dags/dagsEnvironment";
import { plainEnvironment, userEnvironment } from "../../../components/pods/environment";
import type { SecretKeys } from "../../../components/pods/secretKeys";
import type { AirflowKubernetesArgs } from "../../../components/settings/airflowKubernetesArgs";
import { withDefaults } from "../../../components/settings/airflowKubernetesDefaults";
import { DagBundleKind, DagDelivery } from "../../../components/settings/dagsArgs";
import { validate } from "../../support/exampleDags";

const settings = withDefaults({
    airflow: { url: "https://example.org/airflow", options: { core: { parallelism: "7" } } },
    dags: { refreshSeconds: 11 },
    namespaces: { airflow: "a", workers: "w" },
    workers: { podsCreationBatchSize: 5 },
});

const common = {
    AIRFLOW_CONFIG: "/dev/null",
    AIRFLOW__API__BASE_URL: "https://example.org/airflow",
    AIRFLOW__CORE__DAGS_FOLDER: "/opt/airflow/dags/current",
    AIRFLOW__CORE__EXECUTION_API_SERVER_URL: "http://airflow-execution-api.a.svc.cluster.local:8080/airflow/execution/",
    AIRFLOW__CORE__LOAD_EXAMPLES: "False",
    AIRFLOW__CORE__PLUGINS_FOLDER: "/opt/airflow/dags/current/plugins",
    AIRFLOW__LOGGING__COLORED_CONSOLE_LOG: "False",
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: "False",
    AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT: "900",
    AIRFLOW__WORKERS__EXECUTION_API_RETRIES: "40",
    AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX: "15",
    AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS: "2",
    CONNECTION_CHECK_MAX_COUNT: "0",
};

describe("environment", () => {
    it("tells Jobs on the database what they read and no more, so that a change of anything else runs none again", () => {
        const git = { repository: "https://git.example.org/dags.git" };
        const others: AirflowKubernetesArgs[] = [
            ...[DagDelivery.GitSync, DagDelivery.GitBundle, DagDelivery.Image].map((delivery) => ({
                dags: { delivery, git },
            })),
            { workers: { podsCreationBatchSize: 17 } },
            { airflow: { url: "https://airflow.example.org/a", options: { core: { parallelism: "7" } } } },
            { logs: { remote: { url: "s3://bucket/logs" } } },
        ];
        const told = databaseJobEnvironment(withDefaults({}));
        expect(told).to.include({ AIRFLOW__CORE__EXECUTOR: "KubernetesExecutor" });
        for (const args of others) {
            expect(databaseJobEnvironment(withDefaults(args))).to.deep.equal(told);
        }
        const options = { database: { sql_alchemy_pool_size: "3" }, fab: { session_lifetime_minutes: "60" } };
        expect(databaseJobEnvironment(withDefaults({ airflow: { options } }))).to.include({
            AIRFLOW__DATABASE__SQL_ALCHEMY_POOL_SIZE: "3",
            AIRFLOW__FAB__SESSION_LIFETIME_MINUTES: "60",
        });
    });

    it("tells all processes and tasks where Airflow is, and collects no usage data", () => {
        expect(commonEnvironment(settings)).to.deep.equal(common);
    });

    it("tells the processes of the executor, the workers' namespace, the batch size and the refresh", () => {
        expect(processEnvironment(settings)).to.deep.equal({
            ...common,
            AIRFLOW__CORE__AUTH_MANAGER: "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
            AIRFLOW__CORE__EXECUTOR: "KubernetesExecutor",
            PGSSLROOTCERT: "/etc/database-authority/ca.crt",
            AIRFLOW__CORE__PARALLELISM: "7",
            AIRFLOW__DATABASE__CHECK_MIGRATIONS: "False",
            AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL: "11",
            AIRFLOW__FAB__COOKIE_SECURE: "True",
            AIRFLOW__FAB__ENABLE_PROXY_FIX: "True",
            AIRFLOW__FAB__UPDATE_FAB_PERMS: "False",
            AIRFLOW__KUBERNETES_EXECUTOR__MULTI_NAMESPACE_MODE: "False",
            AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE: "w",
            AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE: "/opt/airflow/pod_templates/worker.yaml",
            AIRFLOW__KUBERNETES_EXECUTOR__TASK_PUBLISH_MAX_RETRIES: "-1",
            AIRFLOW__KUBERNETES_EXECUTOR__WORKER_PODS_CREATION_BATCH_SIZE: "5",
            AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK: "True",
            AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL: "60",
        });
    });

    it("lets processes find the extension before other packages, and its executor under the name that DAGs know", () => {
        const executor = "KubernetesExecutor:airflow_kubernetes.executor.KubernetesExecutor";
        expect(extensionEnvironment({})).to.deep.equal({
            AIRFLOW__CORE__EXECUTOR: executor,
            PYTHONPATH: "/opt/airflow-kubernetes",
        });
        expect(extensionEnvironment({ PYTHONPATH: "/p" })).to.include({ PYTHONPATH: "/opt/airflow-kubernetes:/p" });
    });

    it("tells tasks no more than what is common, options, and the executor that they may name", () => {
        expect(workerEnvironment(settings)).to.deep.equal({
            ...common,
            AIRFLOW__CORE__EXECUTOR: "KubernetesExecutor",
            AIRFLOW__CORE__PARALLELISM: "7",
        });
    });

    it("holds no database, fernet key or signing key for tasks", () => {
        const secret = /^AIRFLOW__DATABASE__SQL|FERNET|JWT|SECRET_KEY|PASSWORD/;
        expect(Object.keys(workerEnvironment(settings)).filter((name) => secret.test(name))).to.deep.equal([]);
        expect(Object.keys(processEnvironment(settings)).filter((name) => secret.test(name))).to.deep.equal([]);
    });

    it("turns options into variables as Airflow reads them", () => {
        expect(optionVariable("core", "parallelism")).to.equal("AIRFLOW__CORE__PARALLELISM");
        expect(optionVariable("Dag_Processor", "min_file")).to.equal("AIRFLOW__DAG_PROCESSOR__MIN_FILE");
        expect(optionVariable("kubernetes.executor", "x")).to.equal("AIRFLOW__KUBERNETES_EXECUTOR__X");
    });

    it("lets options change what the component only suggests", () => {
        const { airflow, ...rest } = settings;
        const options = { core: { load_examples: "True" } };
        const changed = { ...rest, airflow: { ...airflow, options } };
        expect(workerEnvironment(changed).AIRFLOW__CORE__LOAD_EXAMPLES).to.equal("True");
        expect(processEnvironment(changed).AIRFLOW__CORE__LOAD_EXAMPLES).to.equal("True");
    });

    it("is sorted by name, so that equal settings give equal pods", () => {
        expect(plainEnvironment({ B: "2", A: "1", C: "3" })).to.deep.equal([
            { name: "A", value: "1" },
            { name: "B", value: "2" },
            { name: "C", value: "3" },
        ]);
    });

    it("refers to secrets and does not hold them", () => {
        const key = (name: string) => ({ name, key: `${name}-key` });
        const keys: SecretKeys = {
            databaseConnection: { value: key("d"), with: { PGPASSWORD: key("p") } },
            asyncDatabaseConnection: { value: key("e"), with: { PGPASSWORD: key("p") } },
            fernetKey: { value: key("f") },
            jwtKey: { value: key("j") },
            apiSecretKey: { value: key("s") },
            adminPassword: key("a"),
            userPasswords: [key("u")],
            bundleConnections: {
                AIRFLOW_CONN_GIT_DEFAULT: { value: '{"password": "$(TOKEN)"}', with: { TOKEN: key("t") } },
                AIRFLOW_CONN_DAG_BUNDLE_TEAM: { value: key("b") },
            },
        };
        const [fernet, ...others] = secretEnvironment(keys, ["fernetKey"]);
        expect(others).to.deep.equal([]);
        expect(fernet).to.deep.equal({
            name: "AIRFLOW__CORE__FERNET_KEY",
            valueFrom: { secretKeyRef: { name: "f", key: "f-key" } },
        });
        // What others refer to comes before them, and once.
        expect(secretEnvironment(keys, ["databaseConnection", "bundleConnections"])).to.deep.equal([
            { name: "PGPASSWORD", valueFrom: { secretKeyRef: key("p") } },
            { name: "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", valueFrom: { secretKeyRef: key("d") } },
            { name: "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC", valueFrom: { secretKeyRef: key("e") } },
            { name: "TOKEN", valueFrom: { secretKeyRef: key("t") } },
            { name: "AIRFLOW_CONN_GIT_DEFAULT", value: '{"password": "$(TOKEN)"}' },
            { name: "AIRFLOW_CONN_DAG_BUNDLE_TEAM", valueFrom: { secretKeyRef: key("b") } },
        ]);
    });

    it("gives a container the user's variables in place of the component's, and its own in place of all containers'", () => {
        const ours = [
            { name: "A", value: "ours" },
            { name: "B", value: "ours" },
        ];
        const common = {
            env: [
                { name: "B", value: "all" },
                { name: "C", value: "all" },
            ],
            envFrom: [],
        };
        const secret = { name: "C", valueFrom: { secretKeyRef: { name: "s", key: "k" } } };
        expect(userEnvironment(ours, common, [secret])).to.deep.equal({
            env: [ours[0], common.env[0], secret],
        });
        const sources = [{ configMapRef: { name: "proxy" } }];
        expect(userEnvironment(ours, { env: [], envFrom: sources })).to.deep.equal({ env: ours, envFrom: sources });
    });
});

describe("ownedVariables", () => {
    it("knows every variable whose change by a user would break what the component builds", () => {
        const mine = new Set([
            ...Object.keys(processEnvironment(settings)),
            ...Object.keys(workerEnvironment(settings)),
        ]);
        const suggestions = [
            "AIRFLOW__CORE__LOAD_EXAMPLES",
            "AIRFLOW__CORE__PARALLELISM",
            "AIRFLOW__CORE__PLUGINS_FOLDER",
            "AIRFLOW__DATABASE__CHECK_MIGRATIONS",
            "AIRFLOW__FAB__COOKIE_SECURE",
            "AIRFLOW__FAB__ENABLE_PROXY_FIX",
            "AIRFLOW__FAB__UPDATE_FAB_PERMS",
            "AIRFLOW__KUBERNETES_EXECUTOR__TASK_PUBLISH_MAX_RETRIES",
            "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG",
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL",
            ...Object.keys(outageEnvironment),
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED",
        ];
        const owned = [...mine].filter((name) => !suggestions.includes(name));
        expect(Object.keys(ownedVariables)).to.include.members(owned);
    });

    it("looks for plugins beside DAGs on the volume, and otherwise in the image", () => {
        const git = { repository: "https://git.example.org/dags.git", subPath: "team" };
        const folders = [DagDelivery.Volume, DagDelivery.GitSync, DagDelivery.Image, DagDelivery.GitBundle].map(
            (delivery) => dagsEnvironment(withDefaults({ dags: { delivery, git } }).dags).AIRFLOW__CORE__PLUGINS_FOLDER,
        );
        expect(folders).to.deep.equal([
            "/opt/airflow/dags/current/plugins",
            "/opt/airflow/dags/git/current/team/plugins",
            undefined,
            undefined,
        ]);
        const named = [
            [DagDelivery.Volume, "team/plugins/"],
            [DagDelivery.Image, "plugins"],
            [DagDelivery.GitSync, "/opt/plugins"],
            [DagDelivery.GitBundle, "/opt/plugins"],
        ] as const;
        expect(
            named.map(
                ([delivery, pluginsFolder]) =>
                    dagsEnvironment(withDefaults({ dags: { delivery, git, pluginsFolder } }).dags)
                        .AIRFLOW__CORE__PLUGINS_FOLDER,
            ),
        ).to.deep.equal([
            "/opt/airflow/dags/current/team/plugins",
            "/opt/airflow/dags/plugins",
            "/opt/plugins",
            "/opt/plugins",
        ]);
        const options = { core: { plugins_folder: "/opt/airflow/plugins" } };
        expect(workerEnvironment(withDefaults({ airflow: { options } })).AIRFLOW__CORE__PLUGINS_FOLDER).to.equal(
            "/opt/airflow/plugins",
        );
        expect(processEnvironment(withDefaults({ airflow: { options } })).AIRFLOW__CORE__PLUGINS_FOLDER).to.equal(
            "/opt/airflow/plugins",
        );
    });

    it("keeps options from naming what a delivery sets, which would tell the Jobs on the database of it", () => {
        const git = { repository: "https://git.example.org/dags.git" };
        for (const delivery of Object.values(DagDelivery)) {
            const bundles = [{ name: "team", kind: DagBundleKind.Git, git }];
            const dags = { delivery, git, ...(delivery === DagDelivery.Bundles && { bundles }) };
            // The folder of plugins is a suggestion: an image of the user's may have its own.
            const variables = Object.keys(dagsEnvironment(withDefaults({ dags }).dags)).filter(
                (name) => name !== "AIRFLOW__CORE__PLUGINS_FOLDER",
            );
            expect(variables, delivery).to.have.lengthOf(1);
            const [, section, key] = variables[0].toLowerCase().split("__");
            const problems = validate({ dags, airflow: { options: { [section]: { [key]: "x" } } } });
            expect(problems.map(({ path }) => path)).to.include(`airflow.options.${section}.${key}`);
        }
    });

    it("says in a sentence what to do instead", () => {
        for (const instead of Object.values(ownedVariables)) {
            expect(instead).to.match(/^[A-Z].*\.$/);
        }
    });

    it("knows every variable that carries one of the component's secrets", () => {
        expect([...secretVariableNames]).to.include.members(Object.values(secretVariables));
    });
});
