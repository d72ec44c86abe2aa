import { expect } from "chai";
import { type AirflowKubernetesArgs, DagDelivery, Hosting } from "../../components";
import { databaseClients } from "../../components/database/databaseClients";
import { withDefaults } from "../../components/settings/airflowKubernetesDefaults";
import { readArgs } from "../../config";
import { combinations } from "../support/combinations";
import { AirflowKubernetes } from "../support/exampleDags";
import { attempt, type Registration, record } from "../support/mocks";
import { type Endpoint, lets, type Policy, policiesOf } from "../support/networkPolicies";
import { kindOf, metadata, named, objects, type Pod, pods, waitsFor, workerPod } from "../support/objects";
import { withDeclaredDefaults } from "../support/program";

const node: Endpoint = { name: "a node", address: "10.0.0.7" };
const outside: Endpoint = { name: "an address outside", address: "203.0.113.9" };
const dns: Endpoint = { name: "the cluster's DNS", namespace: "kube-system", labels: { "k8s-app": "kube-dns" } };

/** What the policies are written in terms of: who may open connections to a port. Everybody else may not. */
type Table = Readonly<Record<string, readonly string[]>>;

const processes = ["api-server", "execution-api", "scheduler", "dag-processor", "triggerer"];
const databaseUsers = [
    ...processes,
    "migrate",
    "create-admin",
    "objects",
    "rotate-fernet-key",
    "backup",
    "restore",
    "db-cleanup",
    "state-metrics",
];
/** Pods in the namespace of tasks that are none. */
const ofTasks = ["a pod that a task has made", "a task that calls itself a scheduler"];
/** What opens no connection at all. */
const silent = ["postgres", "nfs-server", "log-cleanup", "load-dags"];

async function build(args: AirflowKubernetesArgs): Promise<Registration[]> {
    return record(() => new AirflowKubernetes("airflow", args));
}

/** The pods of an installation by their component, the pod of a task, and others on the cluster. */
function endpoints(registrations: readonly Registration[], args: AirflowKubernetesArgs): Endpoint[] {
    const { namespaces } = withDefaults(args);
    const own = [...pods(registrations), { ...workerPod(registrations), namespace: namespaces.workers }].map(
        ({ namespace, metadata: { labels = {} }, spec }): Endpoint => ({
            name: labels["app.kubernetes.io/component"] ?? "",
            namespace,
            labels,
            ports: Object.fromEntries(
                spec.containers.flatMap(({ ports = [] }) => ports.map((port) => [port.name, port.containerPort])),
            ),
        }),
    );
    const scheduler = own.find(({ name }) => name === "scheduler");
    const others: Endpoint[] = [
        node,
        outside,
        dns,
        { name: "a pod that a task has made", namespace: namespaces.workers, labels: { "spark-role": "executor" } },
        { name: "a pod in a namespace of a team", namespace: "team", labels: scheduler?.labels },
        {
            name: "the scheduler of another installation",
            namespace: "airflow-2",
            labels: { ...scheduler?.labels, "app.kubernetes.io/instance": "airflow-2" },
        },
        { name: "a pod of the user's beside Airflow", namespace: namespaces.airflow, labels: { app: "report" } },
        // One that has taken a label on that does not make it one of Airflow's.
        {
            name: "a task that calls itself a scheduler",
            namespace: namespaces.workers,
            labels: { ...scheduler?.labels },
        },
    ];
    return [...new Map([...own, ...others].map((endpoint) => [endpoint.name, endpoint])).values()];
}

/** Who may open connections to what, as the policies have it. Of ports, those that anything listens on, and some others. */
function reached(registrations: readonly Registration[], args: AirflowKubernetesArgs): Table {
    const all = endpoints(registrations, args);
    const policies = policiesOf(registrations);
    const ports = [...new Set([...all.flatMap(({ ports = {} }) => Object.values(ports)), 22, 443, 1234, 8793])];
    const own = all.filter(({ labels }) => labels?.["app.kubernetes.io/part-of"] !== undefined || isTask(labels));
    const targets = [...own.filter(({ name }) => !isForeign(name)), outside, dns];
    return Object.fromEntries(
        targets
            .flatMap((to) => ports.map((port) => ({ to, port })))
            .map(({ to, port }): [string, string[]] => [
                `${to.name}:${port}`,
                all.filter((from) => from !== to && lets(policies, from, to, port)).map(({ name }) => name),
            ])
            .filter(([, sources]) => sources.length > 0),
    );
}

function isTask(labels: Endpoint["labels"]): boolean {
    return labels?.["app.kubernetes.io/component"] === "worker";
}

function isForeign(name: string): boolean {
    return name.includes(" ");
}

/** What has to come out: of those that are there. */
function expected(registrations: readonly Registration[], args: AirflowKubernetesArgs): Table {
    const all = endpoints(registrations, args).map(({ name }) => name);
    const present = (names: readonly string[]) => all.filter((name) => names.includes(name));
    const ports = Object.keys(reached(registrations, args))
        .filter((key) => key.startsWith("an address outside:"))
        .map((key) => key.split(":")[1]);
    const free = all.filter((name) => !silent.includes(name));
    const open = ports.flatMap((port): [string, string[]][] => [
        [`an address outside:${port}`, free.filter((name) => name !== outside.name)],
        [`${dns.name}:${port}`, free.filter((name) => name !== dns.name)],
    ]);
    return Object.fromEntries([
        ["api-server:8080", free.filter((name) => name !== "api-server")],
        ...(all.includes("execution-api") ? [["execution-api:8080", present(["worker", ...ofTasks])]] : []),
        ["triggerer:8794", ["api-server"]],
        ...(all.includes("statsd")
            ? [["statsd:9102", free.filter((name) => name !== "statsd")] as [string, string[]]]
            : []),
        ...(all.includes("state-metrics")
            ? [["state-metrics:9103", free.filter((name) => name !== "state-metrics")] as [string, string[]]]
            : []),
        ...(all.includes("statsd") && all.includes("git-sync")
            ? [["git-sync:1234", free.filter((name) => name !== "git-sync")] as [string, string[]]]
            : []),
        ...(all.includes("postgres") ? [["postgres:5432", present(databaseUsers)]] : []),
        ...(all.includes("nfs-server") ? [["nfs-server:2049", [node.name]]] : []),
        ...open,
    ]);
}

/** The Secrets that the variables of a pod come from. */
function secretsOf({ spec: { containers, initContainers = [] } }: Pod): { name: string; secret?: string }[] {
    return [...containers, ...initContainers].flatMap(({ env = [] }) =>
        env.map(({ name, valueFrom }) => ({ name, secret: valueFrom?.secretKeyRef?.name })),
    );
}

describe("the evaluation of NetworkPolicies", () => {
    const a: Endpoint = { name: "a", namespace: "one", labels: { app: "a" }, ports: { web: 80 } };
    const b: Endpoint = { name: "b", namespace: "two", labels: { app: "b" } };
    const policy = (spec: object): Policy => ({
        namespace: "one",
        spec: {
            podSelector: { matchLabels: { app: "a" } },
            policyTypes: ["Ingress"],
            ...spec,
        } as unknown as Policy["spec"],
    });
    const inTwo = { matchLabels: { "kubernetes.io/metadata.name": "two" } };

    it("leaves open what no policy selects, and closes what one does, in its own namespace and direction", () => {
        expect(lets([], b, a, 80)).to.equal(true);
        expect(lets([policy({})], b, a, 80)).to.equal(false);
        expect(lets([policy({})], a, b, 80)).to.equal(true);
        expect(lets([{ ...policy({}), namespace: "two" }], b, a, 80)).to.equal(true);
        expect(lets([policy({ policyTypes: ["Egress"] })], a, b, 80)).to.equal(false);
    });

    it("takes absent and empty lists for no restriction, and adds policies up", () => {
        expect(lets([policy({ ingress: [{}] })], b, a, 80)).to.equal(true);
        expect(lets([policy({ ingress: [{ from: [], ports: [] }] })], b, a, 80)).to.equal(true);
        expect(lets([policy({}), policy({ ingress: [{}] })], b, a, 80)).to.equal(true);
    });

    it("takes selectors of one peer together, and a pod's alone for the policy's namespace", () => {
        const from = (...peers: object[]) => [policy({ ingress: [{ from: peers }] })];
        const isB = { matchExpressions: [{ key: "app", operator: "In", values: ["b"] }] };
        expect(lets(from({ podSelector: isB }), b, a, 80)).to.equal(false);
        expect(lets(from({ podSelector: isB, namespaceSelector: inTwo }), b, a, 80)).to.equal(true);
        expect(lets(from({ podSelector: {}, namespaceSelector: {} }), outside, a, 80)).to.equal(false);
        expect(lets(from({ podSelector: isB, namespaceSelector: {} }), a, a, 80)).to.equal(false);
    });

    it("knows ranges with exceptions, and ports by number, name, range and protocol", () => {
        const ranges = { ipBlock: { cidr: "203.0.0.0/8", except: ["203.0.113.0/24"] } };
        expect(lets([policy({ ingress: [{ from: [ranges] }] })], outside, a, 80)).to.equal(false);
        expect(lets([policy({ ingress: [{ from: [ranges] }] })], { ...outside, address: "203.1.1.1" }, a, 80)).to.equal(
            true,
        );
        const ports = (...all: object[]) => [policy({ ingress: [{ ports: all }] })];
        expect(lets(ports({ port: "web" }), b, a, 80)).to.equal(true);
        expect(lets(ports({ port: 80, protocol: "UDP" }), b, a, 80)).to.equal(false);
        expect(lets(ports({ port: 70, endPort: 90 }), b, a, 80)).to.equal(true);
        expect(lets(ports({ port: 70, endPort: 79 }), b, a, 80)).to.equal(false);
    });
});

describe("NetworkPolicies", () => {
    for (const [title, values] of Object.entries(combinations)) {
        it(`let in exactly who has business there: ${title}`, async () => {
            const { args } = readArgs(withDeclaredDefaults(values));
            const { error, registrations } = await attempt(() => new AirflowKubernetes("airflow", args));
            expect(error, "error").to.equal(undefined);
            expect(reached(registrations, args)).to.deep.equal(expected(registrations, args));
            // Every pod that is given the address of the database is known to the policies.
            const variable = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN";
            const all = pods(registrations);
            const secret = all.flatMap(secretsOf).find(({ name }) => name === variable)?.secret;
            expect(secret).to.be.a("string");
            const users = all
                .filter((pod) => secretsOf(pod).some((one) => one.secret === secret))
                .map(({ metadata: { labels } }) => labels?.["app.kubernetes.io/component"])
                .filter((component) => component !== "postgres");
            expect([...databaseClients]).to.include.members(users);
        });
    }

    it("open and close what the arguments name", async () => {
        const ingress = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ingress-nginx" } } };
        const args: AirflowKubernetesArgs = {
            networkPolicies: {
                apiServer: [ingress, { ipBlock: { cidr: "10.0.0.0/24" } }],
                database: [{ podSelector: { matchLabels: { app: "report" } }, namespaceSelector: {} }],
                workers: [{ podSelector: { matchExpressions: [{ key: "spark-role", operator: "Exists" }] } }],
            },
        };
        const registrations = await build(args);
        const policies = policiesOf(registrations);
        const table = reached(registrations, args);
        const own = endpoints(registrations, args).filter(
            ({ name, namespace }) => !isForeign(name) && namespace !== "airflow-storage" && !silent.includes(name),
        );
        expect(table["api-server:8080"]).to.have.members([
            ...own.map(({ name }) => name).filter((name) => name !== "api-server"),
            node.name,
            "a pod that a task has made",
            "a task that calls itself a scheduler",
        ]);
        const controller: Endpoint = { name: "controller", namespace: "ingress-nginx", labels: { app: "nginx" } };
        const [apiServer] = own.filter(({ name }) => name === "api-server");
        expect(lets(policies, controller, apiServer as Endpoint, 8080)).to.equal(true);
        expect(lets(policies, controller, apiServer as Endpoint, 8793)).to.equal(false);
        expect(table["postgres:5432"]).to.include("a pod of the user's beside Airflow");
        expect(table["postgres:5432"]).not.to.include("a pod that a task has made");
        expect(table["worker:443"]).to.deep.equal(["a pod that a task has made"]);
    });

    it("let processes and tasks report, and those read metrics that are named", async () => {
        const monitoring = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } };
        const args: AirflowKubernetesArgs = {
            dags: { delivery: DagDelivery.GitSync, git: { repository: "https://git.example.org/dags.git" } },
            metrics: { statsd: {}, state: {} },
            networkPolicies: { metrics: [monitoring] },
        };
        const registrations = await build(args);
        const policies = policiesOf(registrations);
        const all = endpoints(registrations, args);
        const of = (name: string) => all.find((endpoint) => endpoint.name === name) as Endpoint;
        for (const name of ["worker", "scheduler", "api-server", "a pod that a task has made"]) {
            expect(lets(policies, of(name), of("statsd"), 8125, "UDP"), name).to.equal(true);
            expect(lets(policies, of(name), of("statsd"), 8125), name).to.equal(false);
        }
        expect(lets(policies, of("a pod in a namespace of a team"), of("statsd"), 8125, "UDP")).to.equal(false);
        const prometheus: Endpoint = { name: "prometheus", namespace: "monitoring", labels: { app: "prometheus" } };
        for (const [name, port] of Object.entries({ statsd: 9102, "state-metrics": 9103, "git-sync": 1234 })) {
            expect(lets(policies, prometheus, of(name), port), name).to.equal(true);
            expect(lets(policies, of("worker"), of(name), port), name).to.equal(false);
        }
        expect(lets(policies, of("state-metrics"), of("postgres"), 5432)).to.equal(true);
        expect(lets(policies, of("statsd"), of("postgres"), 5432)).to.equal(false);
    });

    it("are as closed as ever with lists that are empty", async () => {
        const args: AirflowKubernetesArgs = { networkPolicies: { apiServer: [], database: [], workers: [] } };
        const registrations = await build(args);
        const table = reached(registrations, args);
        expect(table["api-server:8080"]).not.to.include.members([outside.name, "a pod in a namespace of a team"]);
        expect(table["api-server:8080"]).to.include("worker");
        expect(table["postgres:5432"]).to.have.members([
            ...processes.filter((name) => name !== "execution-api"),
            ...["migrate", "create-admin", "objects"],
        ]);
        expect(Object.keys(table).filter((key) => key.startsWith("worker:"))).to.deep.equal([]);
    });

    it("let tasks report to the Execution API that is apart, and to nothing else", async () => {
        const args: AirflowKubernetesArgs = { executionApi: { enabled: true }, networkPolicies: { apiServer: [] } };
        const table = reached(await build(args), args);
        expect(table["execution-api:8080"]).to.have.members([
            ...["worker", "a pod that a task has made", "a task that calls itself a scheduler"],
        ]);
        expect(table["api-server:8080"]).not.to.include.members(["worker", "a pod that a task has made"]);
        expect(table["api-server:8080"]).to.include("scheduler");
        expect(table["postgres:5432"]).to.include("execution-api");
    });

    it("are none where they are switched off, that of the NFS server among them", async () => {
        const registrations = await build({
            hosting: Hosting.ReadWriteMany,
            storage: { nfsServer: { image: "registry.example.org/nfs-ganesha:4.3", clients: ["10.0.0.0/24"] } },
            networkPolicies: { enabled: false },
        });
        expect(objects(registrations, "NetworkPolicy")).to.deep.equal([]);
    });

    it("are made before the pods that they protect, and so deleted after them", async () => {
        const registrations = await build({
            hosting: Hosting.ReadWriteMany,
            storage: { nfsServer: { image: "registry.example.org/nfs-ganesha:4.3", clients: ["10.0.0.0/24"] } },
            database: { retain: true, password: "a-pinned-password" },
            airflow: { fernetKey: `${"k".repeat(43)}=` },
        });
        for (const { owner } of pods(registrations)) {
            const kind = registrations.find(({ name, custom }) => name === owner && custom)?.type ?? "";
            const before = waitsFor(registrations, owner, kindOf(kind));
            const own = ["airflow-storage-nfs-server", "airflow-permissions"].find((name) => owner.startsWith(name));
            expect([...before], owner).to.include(`${own ?? "airflow"}-network-polic${own ? "y" : "ies"}`);
        }
    });

    it("have names and labels that do not change with the component's name", async () => {
        const registrations = await record(() => new AirflowKubernetes("other", {}));
        const found = objects(registrations, "NetworkPolicy").map((policy) => metadata(policy));
        expect(found.map(({ namespace, name }) => `${namespace}/${name}`)).to.have.members([
            "airflow/airflow-isolation",
            "airflow/airflow-offline",
            "airflow/airflow-api-server",
            "airflow/airflow-triggerer",
            "airflow/airflow-postgres",
            "airflow-workers/airflow-worker",
            "airflow-storage/airflow-permissions",
        ]);
        expect(new Set(found.map(({ labels }) => labels?.["app.kubernetes.io/instance"]))).to.deep.equal(
            new Set(["airflow"]),
        );
        expect(named(registrations, "other-network-policies-postgres", "NetworkPolicy").custom).to.equal(true);
    });
});
