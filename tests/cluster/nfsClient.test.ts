import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { clusterUp, ensureNfsClient } from "../../local/cluster/index";
import { nodePid, nodeProcesses } from "../../local/cluster/node";
import { addresses, lastOf } from "../../local/cluster/ranges";
import { ensureImages, recipes } from "../../local/images/index";
import { waitFor } from "../../local/support/deadline";
import { type CommandResult, capture } from "../../local/support/execution";
import { skip } from "../support/skip";
import { kube } from "./support/kubernetes";

const namespace = "nfs-client-test";
const directory = `/run/${namespace}`;
const volumeOf = (name: string) => `${directory}/${name}`;

/** Ganesha with one export; a file lies on its disk by the time it is ready. */
function serverObjects(): object[] {
    const labels = { app: "server" };
    const configuration = `
NFS_CORE_PARAM { Protocols = 3; NFS_Port = 2049; MNT_Port = 20048; Mount_Path_Pseudo = true; Enable_NLM = false; Enable_RQUOTA = false; }
EXPORT_DEFAULTS { Access_Type = RW; Squash = No_Root_Squash; SecType = sys; Protocols = 3; Transports = TCP; }
EXPORT { Export_Id = 1; Path = /disk/export; Pseudo = /export; FSAL { Name = VFS; } }
NFS_KRB5 { Active_krb5 = false; }
`;
    const start = [
        "mkdir -p /disk/export",
        "[ -e /etc/mtab ] || ln -s /proc/self/mounts /etc/mtab",
        "rpcbind",
        "exec ganesha.nfsd -F -L /dev/stdout -p /run/ganesha.pid -f /etc/ganesha/ganesha.conf",
    ].join("\n");
    const container = {
        name: "ganesha",
        image: recipes["nfs-ganesha"].reference,
        command: ["sh", "-euc", start],
        securityContext: {
            runAsUser: 0,
            seccompProfile: { type: "Unconfined" },
            capabilities: {
                drop: ["ALL"],
                add: [
                    "CHOWN",
                    "DAC_OVERRIDE",
                    "DAC_READ_SEARCH",
                    "FOWNER",
                    "FSETID",
                    "SETGID",
                    "SETUID",
                    "NET_BIND_SERVICE",
                ],
            },
        },
        startupProbe: {
            exec: { command: ["sh", "-c", "showmount --no-headers --exports 127.0.0.1 | grep -q '^/export '"] },
            periodSeconds: 1,
            failureThreshold: 60,
        },
        volumeMounts: [
            { name: "disk", mountPath: "/disk" },
            { name: "configuration", mountPath: "/etc/ganesha" },
            { name: "run", mountPath: "/run" },
        ],
    };
    const ports = [2049, 20048, 111].map((port) => ({ name: `port-${port}`, port }));
    return [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
        {
            apiVersion: "v1",
            kind: "ConfigMap",
            metadata: { name: "server", namespace },
            data: { "ganesha.conf": configuration },
        },
        {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name: "server", namespace },
            spec: { selector: labels, ports },
        },
        {
            apiVersion: "v1",
            kind: "PersistentVolumeClaim",
            metadata: { name: "disk", namespace },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
        {
            apiVersion: "apps/v1",
            kind: "StatefulSet",
            metadata: { name: "server", namespace },
            spec: {
                serviceName: "server",
                selector: { matchLabels: labels },
                template: {
                    metadata: { labels },
                    spec: {
                        terminationGracePeriodSeconds: 1,
                        automountServiceAccountToken: false,
                        enableServiceLinks: false,
                        containers: [container],
                        volumes: [
                            { name: "disk", persistentVolumeClaim: { claimName: "disk" } },
                            { name: "configuration", configMap: { name: "server" } },
                            { name: "run", emptyDir: {} },
                        ],
                    },
                },
            },
        },
    ];
}

/** A pod that has the export as a volume, as any user's would. */
function pod(address: string): object {
    return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "client", namespace },
        spec: {
            terminationGracePeriodSeconds: 1,
            automountServiceAccountToken: false,
            containers: [
                {
                    name: "main",
                    image: recipes.postgres.reference,
                    command: ["sh", "-c", "while echo line >> /volume/of-a-pod; do sleep 0.2; done"],
                    volumeMounts: [{ name: "volume", mountPath: "/volume" }],
                },
            ],
            volumes: [{ name: "volume", nfs: { server: address, path: "/export" } }],
        },
    };
}

// Adds a numbered line to a file every 50 ms until it is told to end, and then says how long the longest write took.
const writer = `
const { closeSync, openSync, writeSync } = require("node:fs");
const file = openSync(process.argv[1], "a");
let lines = 0, longest = 0, ended = false;
process.stdin.on("data", () => { ended = true; });
const timer = setInterval(() => {
    const begin = Date.now();
    writeSync(file, "line " + lines++ + "\\n");
    longest = Math.max(longest, Date.now() - begin);
    if (ended) {
        clearInterval(timer);
        closeSync(file);
        console.log(JSON.stringify({ lines, longest }));
        process.exit();
    }
}, 50);
`;

// Adds many lines of different lengths as fast as it can.
const manyLines = `
const { closeSync, openSync, writeSync } = require("node:fs");
const [, path, name] = process.argv;
const file = openSync(path, "a");
for (let number = 0; number < 200; number++) {
    writeSync(file, name + " " + number + " " + "x".repeat((number * 37) % 9000) + "\\n");
}
closeSync(file);
`;

describe("the NFS client of the local node", function () {
    this.timeout(60_000);
    let node = 0;
    let address = "";
    const children: ChildProcess[] = [];

    const enter = (...command: string[]) => ["--mount", `--target=${node}`, "--", ...command];

    function onNode(...command: string[]): Promise<CommandResult> {
        return capture(["nsenter", ...enter(...command)], { timeout: 30_000 });
    }

    async function read(path: string): Promise<string> {
        const { code, stdout, stderr } = await onNode("cat", path);
        expect(code, stderr).to.equal(0);
        return stdout;
    }

    async function shell(script: string, ...identity: string[]): Promise<CommandResult> {
        const command = ["sh", "-c", script];
        return identity.length === 0 ? onNode(...command) : onNode("setpriv", ...identity, ...command);
    }

    async function mount(name: string, options = "nfsvers=4.1,hard"): Promise<void> {
        await onNode("mkdir", "-p", volumeOf(name));
        const source = `${address}:/export`;
        const { code, stderr } = await onNode("mount", "-t", "nfs", "-o", options, source, volumeOf(name));
        expect(code, stderr).to.equal(0);
    }

    function spawnOnNode(...command: string[]): ChildProcess {
        const child = spawn("nsenter", enter(...command), { stdio: ["pipe", "pipe", "ignore"] });
        children.push(child);
        return child;
    }

    /** How a process ended: what it printed, if it ended by itself. */
    function outcome(child: ChildProcess): Promise<string> {
        let text = "";
        child.stdout?.on("data", (chunk: Buffer) => {
            text += chunk.toString();
        });
        return new Promise((resolve) =>
            child.once("close", (code, signal) => resolve(signal ?? (text || String(code)))),
        );
    }

    const clients = () =>
        nodeProcesses().filter(({ pid }) => {
            const command = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "";
            return command.includes("mount.nfs") && command.includes(`${address}:/export`);
        });

    /** The server's processes, as this machine sees them. */
    function serverPid(): number {
        const found = readdirSync("/proc").find((pid) => {
            try {
                const isGanesha = readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "ganesha.nfsd";
                return isGanesha && readFileSync(`/proc/${pid}/mountinfo`, "utf8").includes(`/${namespace}/disk `);
            } catch {
                return false;
            }
        });
        if (found === undefined) {
            throw new Error("the server does not run");
        }
        return Number(found);
    }

    async function serverReady(): Promise<void> {
        await kube(["rollout", "status", "statefulset/server", "--namespace", namespace, "--timeout=60s"]);
    }

    async function stopServer(): Promise<void> {
        await kube(["scale", "statefulset/server", "--replicas=0", "--namespace", namespace]);
        await kube(["wait", "--for=delete", "pod/server-0", "--namespace", namespace, "--timeout=30s"]);
    }

    async function startServer(): Promise<void> {
        await kube(["scale", "statefulset/server", "--replicas=1", "--namespace", namespace]);
        await serverReady();
    }

    async function unmountAll(): Promise<void> {
        for (const name of ["a", "b", "c"]) {
            await onNode("umount", "--lazy", volumeOf(name));
        }
    }

    before(async function () {
        if (process.getuid?.() !== 0) {
            skip(this, "only root can do what it does");
        }
        this.timeout(300_000);
        await clusterUp();
        await ensureImages(["postgres", "nfs-ganesha"]);
        // The project's own, also where the kernel has one.
        await ensureNfsClient(false);
        node = (await nodePid()) ?? 0;
        await unmountAll();
        await kube(["delete", "namespace", namespace, "--ignore-not-found"]);
        await kube(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: serverObjects() }));
        await serverReady();
        address = await kube([
            "get",
            "service/server",
            "--namespace",
            namespace,
            "--output=jsonpath={.spec.clusterIP}",
        ]);
        await mount("a");
        await mount("b");
    });

    afterEach(() => {
        for (const child of children.splice(0)) {
            child.kill("SIGKILL");
        }
    });

    after(async () => {
        if (node !== 0) {
            await unmountAll();
            await onNode("rm", "-r", directory);
            await kube(["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"]);
        }
    });

    it("shows at once what another mount did", async () => {
        const script = `
            echo one > ${volumeOf("a")}/file && cat ${volumeOf("b")}/file
            exec 3< ${volumeOf("b")}/file && cat <&3 > /dev/null && echo two >> ${volumeOf("a")}/file && cat <&3
            mkdir ${volumeOf("a")}/first ${volumeOf("a")}/second && echo 1 > ${volumeOf("a")}/first/is && echo 2 > ${volumeOf("a")}/second/is
            ln -s first ${volumeOf("a")}/link && cat ${volumeOf("b")}/link/is
            ln -s second ${volumeOf("a")}/new && mv -T ${volumeOf("a")}/new ${volumeOf("a")}/link && cat ${volumeOf("b")}/link/is
            rm ${volumeOf("a")}/link && ls ${volumeOf("b")}/link`;
        const { stdout, stderr } = await shell(script);
        expect(stdout).to.equal("one\ntwo\n1\n2\n");
        expect(stderr).to.include("No such file or directory");
    });

    it("does what programs expect of a file system", async () => {
        const script = `
            set -e; cd ${volumeOf("a")}; mkdir work; cd work
            dd if=/dev/urandom of=data bs=1M count=9 conv=fsync status=none; cp data copy; cmp data copy; cmp data ${volumeOf("b")}/work/copy
            ln data other; stat --format=%h data; truncate --size=5 data; wc --bytes < other
            touch --date=2001-02-03T04:05:06Z data; touch -a data; TZ=UTC stat --format=%y data
            node='${process.execPath}'; $node -e 'fs.openSync("only", "wx", 0o640)'; $node -e 'fs.openSync("only", "wx")' 2> error || grep -o EEXIST error | head -1
            stat --format=%a only; rm only error
            exec 3<> open; echo still there >&3; rm open; cat /proc/self/fd/3; ls -A | sed s/nfs.*/nfs/; exec 3>&-; ls -A | wc -l
            mkdir many; for i in $(seq 1500); do : > many/a-name-that-is-not-short-$i; done; ls many | sort -u | wc -l
            df --output=target . | tail -1; rm -r many; rmdir ../work 2>/dev/null || echo not empty`;
        const { stdout, stderr } = await shell(script);
        expect(stderr).to.equal("");
        expect(stdout.trim().split("\n")).to.deep.equal([
            "2",
            "5",
            "2001-02-03 04:05:06.000000000 +0000",
            "EEXIST",
            "640",
            "still there",
            ".nfs",
            "copy",
            "data",
            "other",
            "3",
            "1500",
            volumeOf("a"),
            "not empty",
        ]);
    });

    it("lets the server judge by uid, gid and the caller's other groups", async () => {
        const own = volumeOf("a/own");
        await shell(`mkdir ${own} && chown 50000:60000 ${own} && chmod 2770 ${own}`);
        const of = (uid: number, ...groups: number[]) => [
            `--reuid=${uid}`,
            `--regid=${uid}`,
            ...(groups.length === 0 ? ["--clear-groups"] : [`--groups=${groups.join(",")}`]),
        ];
        const write = `echo text > ${own}/$(id -u)`;
        expect((await shell(write, ...of(50000))).code).to.equal(0);
        expect((await shell(write, ...of(50001, 7, 60000))).code).to.equal(0);
        expect((await shell(`stat --format=%u:%g ${own}/50001`)).stdout).to.equal("50001:60000\n");
        const denied = await shell(write, ...of(50002, 7));
        expect(denied.code).not.to.equal(0);
        expect(denied.stderr).to.include("Permission denied");
        expect((await shell(`cat ${own}/50000`, ...of(50002, 7))).stderr).to.include("Permission denied");
    });

    it("appends whole lines for several writers on two mounts", async () => {
        const names = ["one", "two", "three", "four", "five", "six"];
        const outcomes = names.map((name, index) =>
            onNode(process.execPath, "-e", manyLines, volumeOf(`${index % 2 === 0 ? "a" : "b"}/appended`), name),
        );
        for (const { code, stderr } of await Promise.all(outcomes)) {
            expect(code, stderr).to.equal(0);
        }
        const expected = names.flatMap((name) =>
            Array.from({ length: 200 }, (_, number) => `${name} ${number} ${"x".repeat((number * 37) % 9000)}`),
        );
        const lines = (await read(volumeOf("b/appended"))).trimEnd().split("\n");
        expect(lines.sort()).to.deep.equal(expected.sort());
    });

    it("goes on with other requests while one waits", async () => {
        // Holds the lock for appending, of all files of this node, so not for long.
        await shell(`: > ${volumeOf("a/waits")}`);
        const holder = spawnOnNode(
            "perl",
            "-e",
            `open(my $file, "+<", "/run/mount.nfs/appends") or die; alarm 10;
             my $lock = pack("s s x![q] q q l x![q]", 1, 0, 0, 0, 0); # F_WRLCK, SEEK_SET, all of it
             fcntl($file, 6, $lock) or die; $| = 1; print "held\\n"; <STDIN>;`,
        );
        await new Promise((resolve) => holder.stdout?.once("data", resolve));
        const waiting = spawnOnNode("sh", "-c", `echo at last >> ${volumeOf("a/waits")}`);
        const waited = outcome(waiting);
        await waitFor(async () => readlinkSync(`/proc/${waiting.pid}/fd/1`).endsWith("/waits"), {
            within: 5_000,
            every: 20,
            what: "the writer to open its file",
        });
        const others = Array.from({ length: 20 }, (_, number) => `echo ${number} > ${volumeOf("a")}/other-${number}`);
        const { code, stderr } = await shell(others.join(" && "));
        expect(code, stderr).to.equal(0);
        expect(await read(volumeOf("a/waits"))).to.equal("");
        holder.stdin?.end("\n");
        expect(await waited).to.equal("0");
        expect(await read(volumeOf("a/waits"))).to.equal("at last\n");
    });

    it("loses no line and waits less than 15 s when the server's pod is killed", async () => {
        const child = spawnOnNode(process.execPath, "-e", writer, volumeOf("a/log"));
        const ended = outcome(child);
        const lineCount = async (path: string) => (await read(path)).split("\n").length - 1;
        await waitFor(async () => (await lineCount(volumeOf("b/log"))) > 10, {
            within: 10_000,
            every: 100,
            what: "lines",
        });
        process.kill(serverPid(), "SIGKILL");
        await kube(["delete", "pod/server-0", "--namespace", namespace, "--grace-period=0", "--force"]);
        const before = await lineCount(volumeOf("b/log"));
        await waitFor(async () => (await lineCount(volumeOf("b/log"))) > before + 10, {
            within: 30_000,
            every: 100,
            what: "more lines",
        });
        child.stdin?.write("end\n");
        const { lines, longest } = JSON.parse(await ended) as { lines: number; longest: number };
        expect(longest).to.be.above(200, "the server was gone for a while").and.below(15_000);
        const expected = Array.from({ length: lines }, (_, number) => `line ${number}\n`).join("");
        expect(await read(volumeOf("b/log"))).to.equal(expected);
    });

    it("lets a process be killed that waits for the server, and gives up by itself with the option soft", async () => {
        await serverReady();
        await mount("c", "soft,timeo=5,retrans=1,ro");
        expect((await shell(`touch ${volumeOf("c/new")}`)).stderr).to.include("Read-only file system");
        const server = serverPid();
        process.kill(server, "SIGSTOP");
        try {
            const child = spawnOnNode("cat", volumeOf("a/log"));
            const ended = outcome(child);
            expect((await onNode("cat", volumeOf("c/log"))).stderr).to.include("Input/output error");
            expect(child.exitCode).to.equal(null);
            child.kill("SIGKILL");
            expect(await Promise.race([ended, delay(3_000)])).to.equal("SIGKILL");
        } finally {
            process.kill(server, "SIGCONT");
        }
        expect(await read(volumeOf("a/log"))).to.include("line 0\n");
        await onNode("umount", volumeOf("c"));
    });

    it("says in one line why it cannot mount", async () => {
        const attempt = async (source: string, options = "hard") => {
            await onNode("mkdir", "-p", volumeOf("c"));
            const begin = Date.now();
            const { code, stderr } = await onNode("mount", "-t", "nfs", "-o", options, source, volumeOf("c"));
            expect(code).to.equal(32);
            expect(Date.now() - begin).to.be.below(20_000);
            expect(stderr.trim().split("\n"), stderr).to.have.lengthOf(1);
            return stderr;
        };
        expect(await attempt(`${address}:/wrong`)).to.match(/mount\.nfs: .*\/wrong/);
        expect(await attempt(`${address}:/export/wrong`)).to.match(/mount\.nfs: .*\/export\/wrong/);
        expect(await attempt("nfs.invalid:/export")).to.include("Failed to resolve server nfs.invalid");
        expect(await attempt(`${address}:/export`, "nosuchoption")).to.include('"nosuchoption"');
        // Nobody has the address; the cluster keeps what is sent there.
        const [refused, nobody] = await Promise.all([
            attempt(`${address}:/export`, "port=1"),
            attempt(`${lastOf(addresses().pods)}:/export`),
        ]);
        expect(refused).to.match(/Connection (refused|timed out)/);
        expect(nobody).to.match(/No route to host|Connection timed out|Invalid argument|unreachable/);
    });

    it("unmounts, and lets pods go, when the server is gone", async () => {
        await kube(["apply", "-f", "-"], JSON.stringify(pod(address)));
        await kube(["wait", "--for=condition=Ready", "pod/client", "--namespace", namespace, "--timeout=30s"]);
        await waitFor(async () => (await read(volumeOf("a/of-a-pod"))).length > 20, {
            within: 10_000,
            every: 100,
            what: "what the pod writes",
        });
        expect(clients(), "what the node ends with itself").to.have.lengthOf(3);
        await stopServer();
        const begin = Date.now();
        expect(await onNode("umount", volumeOf("b"))).to.include({ code: 0 });
        expect(Date.now() - begin).to.be.below(10_000);
        await kube(["delete", "pod/client", "--namespace", namespace, "--timeout=40s"]);
        expect(await onNode("umount", volumeOf("a"))).to.include({ code: 0 });
        await waitFor(async () => clients().length === 0, { within: 15_000, every: 100, what: "the clients to end" });
        await startServer();
        await mount("a");
        expect(await read(volumeOf("a/of-a-pod"))).to.match(/^(line\n)+$/);
    });
});
