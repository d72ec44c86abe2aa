import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import {
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    readlinkSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { postgresImage } from "../../components/settings/databaseSettings";
import { processesOfCluster } from "../../local/cluster/cgroups";
import {
    binDirectory,
    clusterDown,
    clusterReset,
    clusterStatus,
    clusterUp,
    kubeconfigPath,
} from "../../local/cluster/index";
import { nodeDevice, paths } from "../../local/cluster/layout";
import { kernelSettings } from "../../local/cluster/machine";
import { removeFirewall } from "../../local/cluster/network";
import { nodeProcesses } from "../../local/cluster/node";
import { isAlive, processRecord, signal } from "../../local/cluster/processes";
import { addresses, isWithin } from "../../local/cluster/ranges";
import { ensureImages } from "../../local/images/index";
import { UserError } from "../../local/support/errors";
import { capture, output } from "../../local/support/execution";
import { clusterDirectory, repositoryDirectory } from "../../local/support/paths";
import { skip } from "../support/skip";

const namespace = "local-cluster-test";
const otherNamespace = "local-cluster-test-other";
const hostPort = 18_080;

function kubectl(...arguments_: string[]): Promise<string> {
    return output([
        join(binDirectory(), "kubectl"),
        `--kubeconfig=${kubeconfigPath}`,
        "--request-timeout=20s",
        ...arguments_,
    ]);
}

async function apply(...objects: object[]): Promise<void> {
    const list = { apiVersion: "v1", kind: "List", items: objects };
    await output([join(binDirectory(), "kubectl"), `--kubeconfig=${kubeconfigPath}`, "apply", "-f", "-"], {
        input: JSON.stringify(list),
    });
}

/** Asks again until the answer is as wanted; a failed question counts as another answer. */
async function eventually<Answer>(
    what: string,
    ask: () => Promise<Answer>,
    isWanted: (answer: Answer) => boolean,
    seconds = 60,
): Promise<Answer> {
    const deadline = Date.now() + seconds * 1000;
    let last: unknown;
    while (Date.now() < deadline) {
        try {
            const answer = await ask();
            if (isWanted(answer)) {
                return answer;
            }
            last = answer;
        } catch (error) {
            last = error;
        }
        await delay(250);
    }
    throw new Error(
        `${what}: not within ${seconds} s; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`,
    );
}

const podSettings = {
    securityContext: {
        runAsNonRoot: true,
        runAsUser: 50000,
        runAsGroup: 0,
        seccompProfile: { type: "RuntimeDefault" },
    },
    terminationGracePeriodSeconds: 1,
};
const containerSettings = {
    image: postgresImage,
    imagePullPolicy: "IfNotPresent",
    securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        readOnlyRootFilesystem: true,
    },
};

/** Answers every connection with one line, and adds one to the file on its volume, if it has one, when it starts. */
const server = `
use IO::Socket::INET;
if (-d "/volume") { open(my $file, ">>", "/volume/starts"); print $file "started\\n"; close($file); }
my $listener = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die;
$SIG{TERM} = sub { exit 0 };
while (1) { my $client = $listener->accept or next; print $client "hello\\n"; close($client); }
`;

function deployment(name: string, where: string, container: object, volumes: object[] = []): object {
    const labels = { app: name };
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace: where },
        spec: {
            selector: { matchLabels: labels },
            template: {
                metadata: { labels },
                spec: { ...podSettings, containers: [{ name, ...containerSettings, ...container }], volumes },
            },
        },
    };
}

const outside = "outside.example";

/** The answer of a DNS server that knows one name, with an IPv4 address. */
function dnsAnswer(question: Buffer): Buffer {
    const end = question.indexOf(0, 12) + 5;
    const labels = outside.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
    const isKnown = question.subarray(12, end - 4).equals(Buffer.concat([...labels, Buffer.of(0)]));
    const hasAnswer = isKnown && question.readUInt16BE(end - 4) === 1;
    const header = Buffer.alloc(12);
    question.copy(header, 0, 0, 2);
    header.writeUInt16BE(isKnown ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(hasAnswer ? 1 : 0, 6);
    // The name asked for, type A, class IN, five seconds, four bytes.
    const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 192, 0, 2, 99]);
    return Buffer.concat([header, question.subarray(12, end), ...(hasAnswer ? [answer] : [])]);
}

/** What a connection to an address says until it is closed. */
function answerOf(host: string, port: number): Promise<string> {
    return new Promise((resolve, reject) => {
        const socket = connect({ host, port, timeout: 2000 });
        let answer = "";
        socket.on("data", (chunk: Buffer) => {
            answer += chunk.toString();
        });
        socket.on("close", () => resolve(answer));
        socket.on("timeout", () => socket.destroy(new Error("timed out")));
        socket.on("error", reject);
    });
}

/** The pod in the other namespace finds the Service by name and gets its answer; so does the machine by its address. */
async function expectServiceAnswers(): Promise<void> {
    const host = `server.${namespace}.svc.cluster.local`;
    const script = `exec 3<>/dev/tcp/${host}/80 && cat <&3`;
    await eventually(
        "the Service answers a pod of another namespace",
        () =>
            kubectl(
                "exec",
                "--namespace",
                otherNamespace,
                "deployment/client",
                "--",
                "timeout",
                "5",
                "bash",
                "-c",
                script,
            ),
        (answer) => answer === "hello\n",
    );
    const address = await kubectl(
        "get",
        "service",
        "server",
        "--namespace",
        namespace,
        "-o",
        "jsonpath={.spec.clusterIP}",
    );
    await eventually(
        "the Service answers the machine",
        () => answerOf(address, 80),
        (answer) => answer === "hello\n",
    );
}

async function pids(): Promise<Record<string, number>> {
    const { parts, problems } = await clusterStatus();
    expect(problems, "problems").to.deep.equal([]);
    return parts as Record<string, number>;
}

/** Kills processes and waits until they are gone: a signal is only sent when `kill` returns. */
async function kill(all: readonly number[]): Promise<void> {
    const records = all.map((pid) => processRecord(pid)).filter((record) => record !== undefined);
    for (const record of records) {
        signal(record, "SIGKILL");
    }
    await eventually(
        "killed processes are gone",
        async () => records.some(isAlive),
        (alive) => !alive,
    );
}

/** Runs `up` or `down` in a process of its own and kills it after a time. */
async function interrupt(name: string, afterMilliseconds: number): Promise<void> {
    const child = spawn(process.execPath, ["--import", "tsx", join("local", "cluster", "cli.ts"), name], {
        cwd: repositoryDirectory,
        stdio: "ignore",
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    await Promise.race([ended, delay(afterMilliseconds)]);
    child.kill("SIGKILL");
    await ended;
}

/** Programs of the cluster that run, wherever they came from; kubectl is its users'. */
function clusterPrograms(): string[] {
    const found: string[] = [];
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
            const program = readlinkSync(`/proc/${pid}/exe`);
            const called = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
            const isBuilt = /\/bin\/(kubernetes|etcd|coredns|network-policies)-[^/]+\/[^/]+$/.test(program);
            // Docker has such programs, too.
            const isContainerd =
                /\/containerd[^/]*$/.test(program) &&
                called.some((word) => word.startsWith(clusterDirectory) || word === "k8s.io");
            if (!called[0]?.endsWith("kubectl") && (isBuilt || isContainerd)) {
                found.push(`${pid} ${program}`);
            }
        } catch {
            // A kernel thread, a zombie, or gone.
        }
    }
    return found;
}

function cgroups(): string[] {
    const all = readdirSync("/sys/fs/cgroup", { recursive: true, withFileTypes: true });
    return all
        .filter(
            (entry) => entry.isDirectory() && /airflow-kubernetes|kubepods/.test(join(entry.parentPath, entry.name)),
        )
        .map((entry) => join(entry.parentPath, entry.name));
}

const directories = [
    "/data",
    "/tmp/hostpath-provisioner",
    "/var/lib/kubelet",
    "/var/lib/cni",
    "/var/log/pods",
    "/usr/libexec/kubernetes",
    "/run/containerd",
    "/run/netns",
];

/** What the cluster might leave on the machine, as text to compare; what others do meanwhile (Docker, say) is left out. */
async function machine(): Promise<Record<string, unknown>> {
    const lines = async (...command: string[]) => (await capture(command)).stdout.split("\n");
    const { range } = addresses();
    const inRange = (line: string) =>
        (line.match(/\b\d+(\.\d+){3}\b/g) ?? []).some((address) => isWithin(address, range));
    const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
    return {
        programs: clusterPrograms(),
        cgroups: cgroups(),
        mounts: mounts.filter((line) => [clusterDirectory, ...directories].some((path) => line.includes(` ${path}`))),
        devices: (await lines("ip", "-oneline", "address")).filter(
            (line) => inRange(line) || line.includes(nodeDevice),
        ),
        routes: (await lines("ip", "route", "show", "table", "all")).filter(inRange),
        rules: await lines("ip", "rule"),
        tables: await lines("nft", "list", "tables"),
        filters: (await lines("nft", "list", "ruleset")).filter((line) => inRange(line) || /airflow-kub/.test(line)),
        firewall: (await lines("iptables-save")).filter((line) => inRange(line) || /CNI-|airflow-kub/.test(line)),
        settings: Object.keys(kernelSettings).map((name) => readFileSync(join("/proc/sys", name), "utf8").trim()),
        directories: directories.filter(existsSync),
    };
}

async function showCluster(): Promise<void> {
    const outputs = [
        capture([
            join(binDirectory(), "kubectl"),
            `--kubeconfig=${kubeconfigPath}`,
            "--request-timeout=5s",
            "get",
            "pods",
            "-A",
            "-o",
            "wide",
        ]),
        capture([
            join(binDirectory(), "kubectl"),
            `--kubeconfig=${kubeconfigPath}`,
            "--request-timeout=5s",
            "get",
            "events",
            "-A",
            "--sort-by=.lastTimestamp",
        ]),
    ];
    for (const output of outputs) {
        const { stdout, stderr } = await output;
        console.error((stdout || stderr).split("\n").slice(-40).join("\n"));
    }
    for (const name of existsSync(paths.log) ? readdirSync(paths.log).filter((file) => file.endsWith(".log")) : []) {
        const lines = readFileSync(join(paths.log, name), "utf8").trimEnd().split("\n");
        console.error(`== ${name}\n${lines.slice(-6).join("\n")}`);
    }
}

describe("the local cluster", () => {
    let clean: Record<string, unknown>;

    before(async function () {
        if (process.getuid?.() !== 0) {
            skip(this, "only root can do what it does");
        }
        await clusterDown();
        clean = await machine();
        expect(clean.programs, "programs of a cluster that this one is not").to.deep.equal([]);
        await clusterUp();
        await ensureImages(["postgres"]);
        await kubectl("delete", "namespace", namespace, otherNamespace, "--ignore-not-found");
        await apply(
            {
                apiVersion: "v1",
                kind: "Namespace",
                metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
            },
            { apiVersion: "v1", kind: "Namespace", metadata: { name: otherNamespace } },
            {
                apiVersion: "v1",
                kind: "PersistentVolumeClaim",
                metadata: { name: "claim", namespace },
                spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
            },
            {
                apiVersion: "v1",
                kind: "Service",
                metadata: { name: "server", namespace },
                spec: { selector: { app: "server" }, ports: [{ port: 80, targetPort: 8080 }] },
            },
            deployment(
                "server",
                namespace,
                {
                    command: ["perl", "-e", server],
                    readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
                    volumeMounts: [
                        { name: "volume", mountPath: "/volume" },
                        { name: "volume", mountPath: "/part", subPath: "a/part" },
                        { name: "memory", mountPath: "/memory" },
                    ],
                },
                [
                    { name: "volume", persistentVolumeClaim: { claimName: "claim" } },
                    { name: "memory", emptyDir: { medium: "Memory" } },
                ],
            ),
            deployment("client", otherNamespace, {
                command: ["perl", "-e", server],
                ports: [{ containerPort: 8080, hostPort }],
            }),
        );
        try {
            await kubectl("rollout", "status", "deployment/server", "--namespace", namespace, "--timeout=60s");
            await kubectl("rollout", "status", "deployment/client", "--namespace", otherNamespace, "--timeout=60s");
        } catch (error) {
            await showCluster();
            throw error;
        }
    });

    afterEach(async function () {
        if (this.currentTest?.state === "failed") {
            await showCluster();
        }
    });

    after(async () => {
        if (clean !== undefined) {
            await clusterUp();
            await kubectl("delete", "namespace", namespace, otherNamespace, "--ignore-not-found", "--wait=false");
        }
    });

    it("changes nothing when it runs already", async () => {
        const before = await pids();
        const begin = Date.now();
        await clusterUp();
        expect(Date.now() - begin, "milliseconds").to.be.below(5000);
        expect(await pids()).to.deep.equal(before);
    });

    it("gives a claim a directory that every user may write to", async () => {
        expect(
            await kubectl("exec", "--namespace", namespace, "deployment/server", "--", "cat", "/volume/starts"),
        ).to.equal("started\n");
        const directory = join(paths.volumes, namespace, "claim");
        expect(statSync(directory).mode & 0o7777).to.equal(0o777);
        expect(existsSync(join(directory, "a", "part"))).to.equal(true);
    });

    it("finds a Service by name from another namespace", expectServiceAnswers);

    it("enforces a NetworkPolicy for connections that begin, and lets the node through", async () => {
        const policy = (ingress: object[]) => ({
            apiVersion: "networking.k8s.io/v1",
            kind: "NetworkPolicy",
            metadata: { name: "server", namespace },
            spec: { podSelector: { matchLabels: { app: "server" } }, policyTypes: ["Ingress"], ingress },
        });
        const connect = `exec 3<>/dev/tcp/server.${namespace}.svc.cluster.local/80 && cat <&3`;
        const inClient = ["exec", "--namespace", otherNamespace, "deployment/client", "--", "sh", "-c"];
        const answer = () => kubectl(...inClient, `timeout 3 bash -c '${connect}'; echo "code $?"`);
        try {
            await apply(policy([]));
            await eventually("a pod is kept out", answer, (text) => text === "code 124\n");
            const address = await kubectl(
                ...["get", "service", "server", "--namespace", namespace, "-o", "jsonpath={.spec.clusterIP}"],
            );
            expect(await answerOf(address, 80), "the node").to.equal("hello\n");
            await apply(
                policy([{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: "client" } } }] }]),
            );
            await eventually("a pod is let in by its label", answer, (text) => text === "hello\ncode 0\n");
            await apply(policy([{ from: [{ podSelector: { matchLabels: { app: "client" } } }] }]));
            await eventually("a pod of another namespace is kept out", answer, (text) => text === "code 124\n");
        } finally {
            await kubectl("delete", "networkpolicy", "server", "--namespace", namespace, "--ignore-not-found");
        }
        await expectServiceAnswers();
    });

    it("maps a port of the machine to a pod", async () => {
        await eventually(
            "the mapped port answers",
            () => answerOf(addresses().node, hostPort),
            (answer) => answer === "hello\n",
        );
    });

    it("answers kubectl logs and says quickly that an image is not there", async () => {
        await kubectl(
            "run",
            "absent",
            "--namespace",
            otherNamespace,
            "--image=registry.invalid/absent:1",
            "--restart=Never",
        );
        const reason = "jsonpath={.status.containerStatuses[0].state.waiting.reason}";
        await eventually(
            "the reason why the pod waits",
            () => kubectl("get", "pod", "absent", "--namespace", otherNamespace, "-o", reason),
            (answer) => /^(ErrImagePull|ImagePullBackOff)$/.test(answer),
            20,
        );
        await kubectl("delete", "pod", "absent", "--namespace", otherNamespace, "--now");
        expect(await kubectl("logs", "--namespace", "kube-system", "deployment/coredns")).to.include("CoreDNS");
    });

    for (const name of [
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "node",
        "containerd",
        "kubelet",
        "kube-proxy",
        "network-policies",
        "storage-provisioner",
        "log-keeper",
    ]) {
        it(`heals when ${name} is killed, and leaves the rest alone`, async () => {
            const before = await pids();
            await kill([before[name] as number]);
            await clusterUp();
            const after = await pids();
            expect(after[name]).not.to.equal(before[name]);
            expect({ ...after, [name]: 0 }).to.deep.equal({ ...before, [name]: 0 });
            await expectServiceAnswers();
        });
    }

    it("keeps the pods running when all parts are killed", async () => {
        const started = "jsonpath={.items[*].status.containerStatuses[0].containerID}";
        const containers = await kubectl("get", "pods", "--namespace", namespace, "-o", started);
        await kill(Object.values(await pids()));
        await clusterUp();
        await expectServiceAnswers();
        expect(await kubectl("get", "pods", "--namespace", namespace, "-o", started)).to.equal(containers);
    });

    it("starts the pods again when everything is killed, they included", async () => {
        for (let all: number[] = [0]; all.length > 0; ) {
            all = [...processesOfCluster(), ...nodeProcesses().map(({ pid }) => pid)];
            await kill(all);
        }
        await clusterUp();
        await expectServiceAnswers();
    });

    it("can be started again after an interrupted start and an interrupted stop", async () => {
        await interrupt("down", 900);
        await interrupt("up", 1500);
        await interrupt("up", 3500);
        await interrupt("down", 1500);
        await Promise.all([clusterUp(), clusterUp()]);
        await expectServiceAnswers();
    });

    it("keeps what a pod wrote, and leaves nothing on the machine when it is stopped", async () => {
        const starts = readFileSync(join(paths.volumes, namespace, "claim", "starts"), "utf8");
        await clusterDown();
        expect(await machine()).to.deep.equal(clean);
        expect(processesOfCluster()).to.deep.equal([]);
        expect((await clusterStatus()).running).to.equal(false);
        await clusterUp();
        await expectServiceAnswers();
        expect(readFileSync(join(paths.volumes, namespace, "claim", "starts"), "utf8").length).to.be.above(
            starts.length,
        );
    });

    it("resolves names outside of the cluster where it has somebody to ask", async () => {
        const before = process.env.CLUSTER_RESOLVERS;
        const server = createSocket("udp4");
        server.on("message", (question, { address, port }) => server.send(dnsAnswer(question), port, address));
        server.bind(53, addresses().node);
        await once(server, "listening");
        try {
            process.env.CLUSTER_RESOLVERS = addresses().node;
            await clusterUp();
            await eventually(
                "a pod finds a name that only the other server knows",
                () =>
                    kubectl(
                        "exec",
                        "--namespace",
                        otherNamespace,
                        "deployment/client",
                        "--",
                        "getent",
                        "hosts",
                        outside,
                    ),
                (answer) => answer.startsWith("192.0.2.99 "),
            );
            await expectServiceAnswers();
        } finally {
            process.env.CLUSTER_RESOLVERS = before ?? "";
            await clusterUp();
            await new Promise<void>((resolve) => server.close(resolve));
        }
    });

    it("lets pods reach each other where a firewall drops what is forwarded, and says so when it cannot", async () => {
        const policy = (await output(["iptables", "-S", "FORWARD"])).split("\n")[0]?.split(" ")[2] ?? "ACCEPT";
        try {
            await output(["iptables", "-P", "FORWARD", "DROP"]);
            await expectServiceAnswers();
            await eventually(
                "nothing is wrong",
                async () => (await clusterStatus()).problems,
                (problems) => problems.length === 0,
                30,
            );
            await removeFirewall();
            // What it says is what it met in a moment, and a busy machine may answer it late.
            await eventually(
                "the firewall is named",
                async () => (await clusterStatus()).problems.join(),
                (problems) => problems.includes("firewall of the machine drops forwarded packets"),
                30,
            );
            await clusterUp();
            await expectServiceAnswers();
        } finally {
            await output(["iptables", "-P", "FORWARD", policy]);
            await clusterUp();
        }
    });

    it("leaves what others have made when it is stopped, though it has the names and addresses of its own", async () => {
        const gateway = addresses().pods.replace(/\.0\/\d+$/, ".1");
        const disk = join(paths.data, "disk-of-others");
        const others = async () => [
            await output(["nft", "list", "table", "inet", "kube-proxy"]),
            (await output(["ip", "-oneline", "-4", "address", "show", "dev", "others0"])).match(/inet \S+/g),
            readFileSync("/proc/sys/net/ipv4/ip_forward", "utf8"),
            readdirSync(disk),
        ];
        try {
            await output(["ip", "link", "add", "others0", "type", "bridge"]);
            await output(["ip", "address", "add", "10.244.0.1/32", "dev", "others0"]);
            await output(["ip", "address", "add", `${gateway}/32`, "dev", "others0"]);
            await output(["nft", "add", "table", "inet", "kube-proxy"]);
            await output(["nft", "add", "chain", "inet", "kube-proxy", "services"]);
            mkdirSync(disk);
            await output(["mount", "-t", "tmpfs", "others", disk]);
            writeFileSync(join(disk, "file"), "");
            const before = await others();
            expect(before).to.include("1\n");
            await clusterDown();
            expect(await others()).to.deep.equal(before);
            const refused = await clusterReset().catch((error: unknown) => error);
            expect(refused).to.be.instanceOf(UserError);
            expect(String(refused)).to.include(disk);
            expect(await others()).to.deep.equal(before);
            expect(existsSync(paths.etcd), "nothing was removed").to.equal(true);
        } finally {
            await capture(["umount", disk]);
            rmSync(disk, { recursive: true, force: true });
            await capture(["ip", "link", "delete", "others0"]);
            await capture(["nft", "delete", "table", "inet", "kube-proxy"]);
            await clusterDown();
            // It stayed on for the bridge.
            writeFileSync("/proc/sys/net/ipv4/ip_forward", `${(clean.settings as string[])[0]}\n`);
            await clusterUp();
        }
        await expectServiceAnswers();
    });

    it("removes a claim's directory with the claim", async () => {
        await kubectl("delete", "deployment/server", "persistentvolumeclaim/claim", "--namespace", namespace);
        await eventually(
            "the directory is gone",
            async () => existsSync(join(paths.volumes, namespace)),
            (exists) => !exists,
        );
    });
});
