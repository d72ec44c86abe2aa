import { expect } from "chai";
import fc from "fast-check";
import type { Fields } from "../../../components/kubernetes/fields";
import { readArgs } from "../../../config";
import { chartValues, isWithin, leaves, parseValues } from "../../../local/convert/chartValues";
import { type Conversion, convert, withLists } from "../../../local/convert/conversion";
import { mapping } from "../../../local/convert/mapping";
import { expanded } from "../../../local/convert/parts";
import { report, secretCommands, stackText } from "../../../local/convert/stackText";
import { patchAt } from "../../../local/convert/steps";
import { asConfig, randomRun } from "../../support/randomConfigurations";
import { secretTexts, stackOfText, teams, valuesText } from "./valuesFiles";

/** The stack of some values. */
function stackOf(values: Fields): Fields {
    return convert(values).stack;
}

/** What became of a key, and what is told of it. */
function fateOf(values: Fields, path: string): string {
    const note = convert(values).notes.find((candidate) => candidate.path === path);
    return note === undefined ? "not told" : `${note.fate}: ${note.text}`;
}

/** Sets a value, whatever was on the way. */
function setIn(holder: Record<string, unknown>, [key, ...rest]: readonly string[], value: unknown): void {
    const below = holder[key];
    const inside = typeof below === "object" && below !== null && !Array.isArray(below) ? { ...below } : {};
    holder[key] = rest.length === 0 ? value : inside;
    if (rest.length > 0) {
        setIn(inside as Record<string, unknown>, rest, value);
    }
}

/** Keys that are told of not once. */
function notOnce(values: Fields, { notes }: Conversion): string[] {
    const { prefix, values: chart } = chartValues(values);
    return leaves(withLists(chart))
        .filter((path) => path !== "")
        .map((path) => `${prefix}${path}`)
        .filter((path) => notes.filter((note) => isWithin(path, note.path)).length !== 1);
}

/** What the stack's own checks refuse of what is in it. What it lacks has no value. */
function refusals(conversion: Conversion): string[] {
    const problems = readArgs(asConfig(conversion.stack)).problems.map(({ path }) => path);
    const given = conversion.secrets.map(({ key }) => key);
    return problems.filter(
        (path) => !given.includes(path) && !conversion.missing.some((text) => text.startsWith(`${path}:`)),
    );
}

describe("converting values of the official chart", () => {
    for (const team of teams) {
        describe(`of the team ${team}`, () => {
            const values = parseValues(valuesText(team));
            const conversion = convert(values);

            it("tells of each key once", () => {
                expect(notOnce(values, conversion)).to.deep.equal([]);
            });

            it("makes a stack that its own checks take, but for what is told to be missing", () => {
                expect(refusals(conversion)).to.deep.equal([]);
                expect(stackOfText(stackText(conversion, "values.yaml", team))).to.deep.equal(conversion.stack);
            });

            it("writes no secret, neither to the stack file nor to the terminal", () => {
                const told = stackText(conversion, "values.yaml", team) + report(conversion, team);
                expect(secretTexts.filter((secret) => told.includes(secret))).to.deep.equal([]);
                // They are in the values, or this would find nothing.
                expect(secretTexts.some((secret) => valuesText(team).includes(secret))).to.equal(true);
            });

            it("says in the stack file what stays behind and what is missing", () => {
                const text = stackText(conversion, "values.yaml", team).replaceAll(/\n#\s+/g, " ");
                for (const { path, fate } of conversion.notes) {
                    expect(text.includes(` ${path}: `), path).to.equal(fate === "not carried over");
                }
                for (const missing of conversion.missing) {
                    expect(text).to.contain(missing.replaceAll(/\s+/g, " "));
                }
            });
        });
    }

    it("carries over a repository, a database, keys that exist and logs in a bucket", () => {
        const conversion = convert(parseValues(valuesText("weather")));
        expect(conversion.stack).to.deep.equal({
            hosting: "readWriteMany",
            airflow: {
                version: "3.3.2",
                url: "https://airflow.example.org",
                fernetKeySecret: { name: "airflow-keys", key: "fernet-key" },
                apiSecretKeySecret: { name: "airflow-keys", key: "api-secret-key" },
                jwtKeySecret: { name: "airflow-keys", key: "jwt-secret" },
                options: { core: { parallelism: "24" }, logging: { encrypt_s3_logs: "False" } },
            },
            admin: { user: "forecaster", email: "forecaster@example.org" },
            apiServer: {
                ingress: { className: "internal", tlsSecretName: "airflow-tls" },
                replicas: 1,
                resources: { requests: { cpu: "200m", memory: "512Mi" }, limits: { memory: "2Gi" } },
            },
            scheduler: { resources: { requests: { cpu: "0.2", memory: "512Mi" }, limits: { memory: "2Gi" } } },
            triggerer: { replicas: 0 },
            database: {
                external: {
                    host: "database.example.org",
                    port: 5432,
                    name: "airflow_teams",
                    user: "airflow_teams",
                    sslMode: "disable",
                },
            },
            dags: {
                delivery: "gitSync",
                refreshSeconds: 5,
                git: {
                    repository: "https://git.example.org/private/weather.git",
                    ref: "main",
                    subPath: "dags",
                    tokenSecret: { name: "weather-repository", key: "GITSYNC_PASSWORD" },
                },
                gitSync: { periodSeconds: 5, depth: 1 },
            },
            logs: { retentionDays: 14, remote: { url: "s3://airflow-logs/weather" } },
        });
        expect(secretCommands(conversion, "prod")).to.have.members([
            "pulumi config set --secret databasePassword --stack prod    # the value of data.metadataConnection.pass",
            "pulumi config set --secret adminPassword --stack prod    # the value of createUserJob.defaultUser.password",
        ]);
        expect(conversion.missing.map((text) => text.split(":")[0])).to.deep.equal([
            "kubernetes",
            "storage.nfsServer.image",
        ]);
    });

    it("carries over nodes, volumes, variables and resources, and what the stack would refuse it leaves", () => {
        const values = parseValues(valuesText("harbour"));
        const { stack, notes } = convert(values);
        const charts = { name: "charts", configMap: { name: "harbour-charts" } };
        const mount = { name: "charts", mountPath: "/charts", readOnly: true };
        expect(stack.airflow).to.deep.include({
            env: [
                { name: "HARBOUR", value: "north" },
                { name: "HARBOUR_PIN", valueFrom: { secretKeyRef: { name: "harbour", key: "pin" } } },
            ],
            envFrom: [{ configMapRef: { name: "harbour-settings" } }],
            options: { core: { max_active_tasks_per_dag: "12" } },
            podTemplate: {
                metadata: {
                    labels: { "example.org/team": "harbour" },
                    annotations: { "example.org/contact": "harbour@example.org" },
                },
                spec: {
                    nodeSelector: { "kubernetes.io/os": "linux" },
                    tolerations: [{ key: "example.org/harbour", operator: "Exists", effect: "NoSchedule" }],
                },
            },
        });
        expect(stack.workers).to.deep.equal({
            resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { cpu: "1", memory: "1Gi" } },
            env: [{ name: "CRANES", value: "7" }],
            podTemplate: {
                metadata: { annotations: { "example.org/crane": "2" } },
                spec: {
                    terminationGracePeriodSeconds: 60,
                    volumes: [charts, { name: "scratch", emptyDir: { sizeLimit: "64Mi" } }],
                    containers: [{ name: "base", volumeMounts: [mount, { name: "scratch", mountPath: "/scratch" }] }],
                },
            },
        });
        // Where a request is given and no limit, there is none, as with the chart.
        expect(stack.jobs).to.deep.equal({ resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: {} } });
        expect(stack.scheduler).to.deep.equal({
            replicas: 1,
            podTemplate: { spec: { volumes: [charts], containers: [{ name: "scheduler", volumeMounts: [mount] }] } },
        });
        const left = notes.filter(({ fate }) => fate === "not carried over").map(({ path }) => path);
        expect(left).to.deep.equal([
            "pgbouncer",
            "env[3]",
            "env[4]",
            "scheduler.extraVolumes",
            "scheduler.env[0]",
            "triggerer.keda",
            "createUserJob.resources",
            "createUserJob.defaultUser.password",
            "harbourMaster",
        ]);
        expect(fateOf(values, "scheduler.extraVolumes")).to.contain("the component has a volume of this one");
    });

    it("carries over an image with DAGs in it, options and roles of a cloud", () => {
        const { stack, missing } = convert(parseValues(valuesText("orders")));
        expect(stack).to.deep.equal({
            hosting: "readWriteMany",
            airflow: {
                version: "3.3.2",
                image: "registry.example.org/orders/airflow:3.3.2-orders-7",
                imagePullSecrets: ["orders-registry"],
                fernetKeySecret: { name: "airflow-keys", key: "fernet-key" },
                env: [{ name: "ORDERS_REGION", value: "south" }],
                options: {
                    api: { instance_name: "Orders" },
                    core: { dags_are_paused_at_creation: "False" },
                    kubernetes_executor: { delete_worker_pods_on_failure: "True" },
                    smtp: { smtp_host: "mail.example.org" },
                },
            },
            apiServer: { replicas: 1, externalService: { type: "LoadBalancer" } },
            triggerer: { replicas: 0 },
            workers: {
                kubernetesPodOperator: true,
                podsCreationBatchSize: 8,
                podTemplate: { spec: { tolerations: [{ key: "example.org/orders", operator: "Exists" }] } },
            },
            serviceAccounts: {
                scheduler: {
                    annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/orders-scheduler" },
                },
                worker: {
                    annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/orders-tasks" },
                },
            },
            database: { external: {} },
            dags: { delivery: "image", image: { path: "/opt/airflow/dags" }, refreshSeconds: 5 },
        });
        // Where its database is, only a person can say; none is made in its place.
        expect(missing.map((text) => text.replace(/: .*/, ""))).to.deep.equal([
            "kubernetes:context",
            "database.external.host",
            "storage.nfsServer.image",
            "databasePassword",
        ]);
    });

    describe("one key at a time", () => {
        it("takes the image by its parts, and none that is too old", () => {
            expect(stackOf({ defaultAirflowTag: "3.3.2" }).airflow).to.deep.equal({ version: "3.3.2" });
            expect(stackOf({ images: { airflow: { tag: "3.3.2-python3.12" } } }).airflow).to.deep.equal({
                version: "3.3.2",
                image: "apache/airflow:3.3.2-python3.12",
            });
            const digest = `sha256:${"a".repeat(64)}`;
            expect(stackOf({ images: { airflow: { repository: "r.example.org/a", digest } } }).airflow).to.deep.equal({
                image: `r.example.org/a@${digest}`,
            });
            const old = {
                airflowVersion: "2.11.2",
                images: { airflow: { repository: "r.example.org/a", tag: "2.11.2-1" } },
            };
            expect(stackOf(old)).to.deep.equal({ hosting: "readWriteMany" });
            expect(fateOf(old, "images.airflow.tag")).to.contain("3.2.2 or newer is needed");
        });

        it("takes one of branch, ref and commit", () => {
            const gitSync = { enabled: true, repo: "https://git.example.org/a.git", subPath: "d" };
            const refOf = (more: Fields) =>
                (stackOf({ dags: { gitSync: { ...gitSync, ...more } } }).dags as { git: Fields }).git.ref;
            expect(refOf({ branch: "one" })).to.equal("one");
            expect(refOf({ branch: "one", ref: "two", rev: "HEAD" })).to.equal("two");
            expect(refOf({ branch: "one", rev: "abc" })).to.equal("abc");
            // What the chart takes where nothing is said.
            expect(refOf({})).to.equal("v2-2-stable");
        });

        it("reads times as Go writes them", () => {
            const seconds = (period: unknown) =>
                (stackOf({ dags: { gitSync: { period } } }).dags as { gitSync: Fields } | undefined)?.gitSync
                    .periodSeconds;
            expect(seconds("1m30s")).to.equal(90);
            expect(seconds(45)).to.equal(45);
            expect(seconds("soon")).to.equal(undefined);
        });

        it("takes a login out of the URL of a repository", () => {
            const values = { dags: { gitSync: { enabled: true, repo: "https://me:hush@git.example.org/a.git" } } };
            expect(JSON.stringify(convert(values))).to.not.contain("hush");
            expect((stackOf(values).dags as { git: Fields }).git.repository).to.equal("https://git.example.org/a.git");
        });

        it("takes one Git bundle, and leaves others", () => {
            const bundle = {
                name: "dags",
                classpath: "airflow.providers.git.bundles.git.GitDagBundle",
                kwargs: {
                    repo_url: "https://git.example.org/a.git",
                    tracking_ref: "main",
                    subdir: "dags",
                    git_conn_id: "g",
                },
            };
            const one = { dagProcessor: { dagBundleConfigList: [bundle] } };
            expect(stackOf(one).dags).to.deep.equal({
                delivery: "gitBundle",
                git: { repository: "https://git.example.org/a.git", ref: "main", subPath: "dags" },
            });
            expect(fateOf(one, "dagProcessor.dagBundleConfigList")).to.contain("without git_conn_id");
            const two = { dagProcessor: { dagBundleConfigList: [bundle, { ...bundle, name: "more" }] } };
            expect(fateOf(two, "dagProcessor.dagBundleConfigList")).to.contain("set dags.bundles");
        });

        it("takes the class of shared volumes", () => {
            const persistence = { enabled: true, size: "20Gi", storageClassName: "shared" };
            const { stack, missing } = convert({ logs: { persistence } });
            expect(stack.storage).to.deep.equal({ logsSize: "20Gi", kind: "storageClass", storageClass: "shared" });
            expect(missing.join()).to.not.contain("nfsServer");
        });

        it("says http or https and the host of an Ingress in airflow.url", () => {
            const ingress = {
                enabled: true,
                path: "/flow",
                ingressClassName: "internal",
                annotations: { size: 8 },
                hosts: [
                    { name: "a.example.org", tls: { enabled: true, secretName: "a-tls" } },
                    { name: "b.example.org" },
                ],
            };
            const values = { ingress: { apiServer: ingress } };
            expect(stackOf(values)).to.deep.include({
                airflow: { url: "https://a.example.org/flow" },
                apiServer: { ingress: { className: "internal", annotations: { size: "8" }, tlsSecretName: "a-tls" } },
            });
            expect(fateOf(values, "ingress.apiServer.hosts[1]")).to.match(/^not carried over/);
            expect(stackOf({ ingress: { web: { enabled: true, host: "b.example.org" } } })).to.deep.include({
                airflow: { url: "http://b.example.org" },
                apiServer: { ingress: {} },
            });
            expect(stackOf({ ingress: { apiServer: { enabled: false } } })).not.to.have.property("apiServer");
            const unnamed = { ingress: { apiServer: { enabled: true, hosts: [{ name: "{{ .Values.host }}" }] } } };
            expect(fateOf(unnamed, "ingress.apiServer")).to.contain("set airflow.url");
        });

        it("leaves the address to base_url where the options name it", () => {
            const values = {
                config: { api: { base_url: "https://c.example.org/airflow" } },
                ingress: { apiServer: { enabled: true, hosts: [{ name: "c.example.org" }] } },
            };
            expect(stackOf(values)).to.deep.include({
                airflow: { url: "https://c.example.org/airflow" },
                apiServer: { ingress: {} },
            });
        });

        it("takes an HTTPRoute with its Gateways", () => {
            const httpRoute = {
                enabled: true,
                parentRefs: [{ name: "shared", namespace: "gateways", sectionName: "https" }],
                hostnames: ["a.example.org"],
            };
            expect(stackOf({ apiServer: { httpRoute } })).to.deep.include({
                airflow: { url: "https://a.example.org" },
                apiServer: { httpRoute: { parentRefs: httpRoute.parentRefs } },
            });
            expect(stackOf({ apiServer: { httpRoute: { enabled: false } } })).not.to.have.property("apiServer");
        });

        it("makes a second Service of one that is reached from outside", () => {
            const outside = {
                type: "LoadBalancer",
                annotations: { internal: true },
                ports: [{ name: "api-server", port: 80 }],
                loadBalancerSourceRanges: ["10.0.0.0/8"],
            };
            expect(stackOf({ apiServer: { service: outside } }).apiServer).to.deep.equal({
                externalService: {
                    type: "LoadBalancer",
                    annotations: { internal: "true" },
                    port: 80,
                    loadBalancerSourceRanges: ["10.0.0.0/8"],
                },
            });
            const inside = { type: "ClusterIP", annotations: { neg: "{}" } };
            expect(stackOf({ apiServer: { service: inside } }).apiServer).to.deep.equal({
                serviceAnnotations: { neg: "{}" },
            });
            expect(stackOf({ apiServer: { service: { type: "ClusterIP" } } })).not.to.have.property("apiServer");
        });

        it("takes pools by their names", () => {
            const pools = [
                { name: "default_pool", slots: 64 },
                { name: "slow one", slots: 2, description: "a few", includeDeferred: true },
                { name: "none", slots: "many" },
            ];
            expect(stackOf({ pools }).pools).to.deep.equal({
                default_pool: { slots: 64 },
                "slow one": { slots: 2, description: "a few", includeDeferred: true },
            });
            expect(fateOf({ pools }, "pools[2]")).to.match(/^not carried over/);
        });

        it("asks for the key of a database outside, which is that of the data in it", () => {
            const data = { metadataConnection: { host: "database.example.org", pass: "a-password" } };
            const asked = (values: Fields) =>
                convert(values).missing.filter((text) => text.startsWith("fernetKey: the key that the database"));
            expect(asked({ data })).to.have.lengthOf(1);
            expect(asked({ data, fernetKeySecretName: "keys" })).to.have.lengthOf(0);
            expect(asked({})).to.have.lengthOf(0);
        });

        it("sends logs of other clouds to the settings for them", () => {
            const logging = { remote_logging: "True", remote_base_log_folder: "gs://bucket/logs" };
            const values = { config: { logging } };
            expect(stackOf(values).logs).to.equal(undefined);
            expect(fateOf(values, "config.logging.remote_base_log_folder")).to.contain("set logs.remote.gcs");
            expect(fateOf(values, "config.logging.remote_logging")).to.match(/^not carried over/);
        });

        it("lets a variable count more than the file of options", () => {
            const values = {
                config: { core: { parallelism: 4 } },
                env: [{ name: "AIRFLOW__CORE__PARALLELISM", value: "8" }],
            };
            expect(stackOf(values).airflow).to.deep.equal({ options: { core: { parallelism: "8" } } });
            expect(fateOf(values, "config.core.parallelism")).to.match(/^not carried over/);
        });

        it("leaves a container whose volume stayed behind, and a sidecar of tasks ends with them", () => {
            const left = {
                scheduler: {
                    extraVolumes: [{ name: "dags", emptyDir: {} }],
                    extraInitContainers: [
                        { name: "fetch", image: "a:1", volumeMounts: [{ name: "dags2", mountPath: "/x" }] },
                    ],
                },
            };
            expect(stackOf(left)).to.deep.equal({ hosting: "readWriteMany" });
            expect(fateOf(left, "scheduler.extraInitContainers")).to.contain("this one stayed behind");
            const sidecar = { workers: { extraContainers: [{ name: "proxy", image: "a:1" }] } };
            expect(stackOf(sidecar).workers).to.deep.equal({
                podTemplate: { spec: { initContainers: [{ name: "proxy", image: "a:1", restartPolicy: "Always" }] } },
            });
        });

        it("leaves a container with a literal secret", () => {
            const container = { name: "proxy", image: "a:1", env: [{ name: "DB_PASSWORD", value: "hush-hush" }] };
            const values = { apiServer: { extraContainers: [container] } };
            expect(JSON.stringify(convert(values))).to.not.contain("hush-hush");
            expect(fateOf(values, "apiServer.extraContainers")).to.contain("may be a secret");
        });

        it("finds the values of a chart that depends on the official one", () => {
            const values = {
                airflow: { executor: "KubernetesExecutor", triggerer: { replicas: 0 } },
                other: { key: 1 },
            };
            const { stack, notes } = convert(values);
            expect(stack.triggerer).to.deep.equal({ replicas: 0 });
            expect(notes.map(({ path, fate }) => [path, fate])).to.deep.equal([
                ["airflow.executor", "so anyway"],
                ["airflow.triggerer.replicas", "carried over"],
                ["other", "not carried over"],
            ]);
        });

        it("tells of what is empty", () => {
            const values = { nodeSelector: {}, tolerations: [], fernetKey: null, workers: { resources: {} } };
            expect(convert(values).notes.map(({ fate, text }) => `${fate}: ${text}`)).to.deep.equal(
                Array.from({ length: 4 }, () => "so anyway: it is empty"),
            );
        });
    });

    it("makes of any values a stack that its own checks take, tells of each key once, and writes no password", () => {
        const keys = mapping.flatMap((row) => row.keys.flatMap((key) => expanded(key).map(({ key }) => key)));
        const secret = "hush-hush-hush";
        const scalar = fc.oneof(
            fc.constantFrom<unknown>(
                true,
                false,
                null,
                0,
                1,
                3.5,
                "",
                "a",
                "10Gi",
                "{{ .Values.x }}",
                "s3://b/c",
                "2.0.0",
            ),
            fc.string(),
        );
        const { value } = fc.letrec((tie) => ({
            value: fc.oneof(
                { depthSize: "small" },
                scalar,
                fc.array(tie("value"), { maxLength: 2 }),
                fc.dictionary(
                    fc.constantFrom(
                        "name",
                        "value",
                        "enabled",
                        "mountPath",
                        "cpu",
                        "requests",
                        "limits",
                        "hosts",
                        "a.b/c",
                        "size",
                    ),
                    tie("value"),
                    { maxKeys: 3 },
                ),
            ),
        }));
        const entry = fc.tuple(fc.constantFrom(...keys), value);
        const secrets = fc.constantFrom<readonly [string, unknown]>(
            ["data.metadataConnection.pass", secret],
            ["fernetKey", secret],
            ["createUserJob.defaultUser", { password: secret }],
            ["dags.gitSync.sshKey", secret],
            ["env", [{ name: "MY_TOKEN", value: secret }]],
            ["config.database.sql_alchemy_conn", `postgresql://u:${secret}@h/d`],
            ["registry.connection", { pass: secret }],
        );
        const random = fc.record({ entries: fc.array(entry, { maxLength: 8 }), secret: secrets });
        fc.assert(
            fc.property(random, ({ entries, secret: [path, hidden] }) => {
                const values: Record<string, unknown> = {};
                for (const [key, part] of [...entries, [path, hidden] as const]) {
                    setIn(values, key.replace(/\.\*$/, ".other").split("."), part);
                }
                const conversion = convert(values);
                expect(notOnce(values, conversion)).to.deep.equal([]);
                expect(refusals(conversion)).to.deep.equal([]);
                const text = stackText(conversion, "values.yaml", "a");
                expect(stackOfText(text)).to.deep.equal(conversion.stack);
                expect(text + report(conversion, "a")).to.not.contain(secret);
            }),
            randomRun(200),
        );
    });

    it("has each key once in its table, and a use for each row", () => {
        const keys = mapping.flatMap((row) => row.keys.flatMap((key) => expanded(key).map(({ key }) => key)));
        expect(keys.filter((key, index) => keys.indexOf(key) !== index)).to.deep.equal([]);
        for (const row of mapping) {
            const [{ key }] = expanded(row.keys[0]);
            const { notes } = convert(patchAt(key.replace(".*", ".other").split("."), { enabled: true, other: "x" }));
            expect(
                notes.some(({ text }) => text === "the converter does not know it"),
                key,
            ).to.equal(false);
        }
    });
});
