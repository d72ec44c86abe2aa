import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { corefile } from "../../../local/cluster/addons";
import { kubernetesVersionFlags } from "../../../local/cluster/binaries";
import { namedKubeconfig } from "../../../local/cluster/certificates";
import { findDigest } from "../../../local/cluster/containerd";
import { apiServerPart, controllerManagerPart, etcdPart, schedulerPart } from "../../../local/cluster/controlPlane";
import { missingDirectories } from "../../../local/cluster/machine";
import {
    forwardingDevices,
    isBareTable,
    masqueradeRules,
    podConnection,
    podDevices,
    portMappingRemoval,
} from "../../../local/cluster/network";
import { isNodeMountTable } from "../../../local/cluster/node";
import { isTaken, policyQueue } from "../../../local/cluster/policyQueue";
import { addresses } from "../../../local/cluster/ranges";
import { isNodeReady } from "../../../local/cluster/status";
import { buildKey } from "../../../local/support/buildKey";
import { repositoryDirectory } from "../../../local/support/paths";
import { elapsed } from "../../../local/support/progress";

describe("local/cluster: builds", () => {
    it("stamps the version that clients compare", () => {
        const flags = kubernetesVersionFlags("v1.35.4");
        for (const where of ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"]) {
            expect(flags).to.include(`-X ${where}.gitVersion=v1.35.4`).and.include(`-X ${where}.gitMinor=35`);
        }
    });

    it("names a build by its sources, compiler and flags, whatever their order", () => {
        const key = buildKey({ a: "1", b: "2" }, "go1.26", "-s");
        expect(buildKey({ b: "2", a: "1" }, "go1.26", "-s")).to.equal(key);
        expect(buildKey({ a: "1", b: "3" }, "go1.26", "-s")).not.to.equal(key);
        expect(buildKey({ a: "1", b: "2" }, "go1.27", "-s")).not.to.equal(key);
        expect(buildKey({ a: "1", b: "2" }, "go1.26", "")).not.to.equal(key);
    });
});

describe("local/cluster: configuration", () => {
    it("keeps the API server to the node's address and etcd to a socket", () => {
        expect(apiServerPart().command)
            .to.include(`--bind-address=${addresses().node}`)
            .and.include("--authorization-mode=Node,RBAC");
        const listening = etcdPart().command.filter((argument) => argument.startsWith("--listen"));
        expect(listening).to.have.lengthOf(2);
        for (const flag of listening) {
            expect(flag).to.include("=unix:///");
        }
        for (const part of [controllerManagerPart(), schedulerPart()]) {
            expect(part.command).to.include("--leader-elect=false").and.include(`--bind-address=${addresses().node}`);
        }
    });

    it("names everything in the kubeconfig after this cluster", () => {
        const text = `
apiVersion: v1
clusters: [{name: kubernetes, cluster: {server: "https://10.90.0.1:6443", certificate-authority-data: QQ==}}]
users: [{name: kubernetes-admin, user: {client-key-data: Qg==}}]
contexts: [{name: kubernetes-admin@kubernetes, context: {cluster: kubernetes, user: kubernetes-admin}}]
current-context: kubernetes-admin@kubernetes
`;
        const named = parse(namedKubeconfig(text));
        expect(named["current-context"]).to.equal("airflow-kubernetes-local");
        const context = { cluster: "airflow-kubernetes-local", user: "airflow-kubernetes-local" };
        expect(named.contexts).to.deep.equal([
            { name: "airflow-kubernetes-local", context },
            { name: "minikube", context },
        ]);
        expect(named.clusters[0].cluster.server).to.equal("https://10.90.0.1:6443");
        expect(named.users[0].user["client-key-data"]).to.equal("Qg==");
    });

    it("lets DNS ask those that the machine asks, and nobody where there is nobody", () => {
        expect(corefile([])).to.include("kubernetes cluster.local").and.not.include("forward");
        expect(corefile(["192.0.2.1", "192.0.2.2"])).to.include("\n    forward . 192.0.2.1 192.0.2.2\n");
        for (const text of [corefile([]), corefile(["192.0.2.1"])]) {
            expect(text, "a block on one line is read as arguments").not.to.match(/\{[^\n]+\}/);
        }
    });

    it("names no plugin in CoreDNS's configuration that is not built in", () => {
        const main = readFileSync(join(repositoryDirectory, "local/cluster/go/coredns/main.go"), "utf8");
        const built = [...main.matchAll(/"github.com\/coredns\/coredns\/plugin\/(\w+)"/g)].map(([, name]) => name);
        const named = [...corefile(["192.0.2.1"]).matchAll(/^ {4}(\w+)/gm)].map(([, name]) => name);
        expect(named).to.include.members(["kubernetes", "forward"]);
        expect(built).to.include.members(named);
    });
});

describe("local/cluster: the node", () => {
    it("finds its own mount table among others", () => {
        const other =
            "31 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n40 31 0:30 / /run rw,nosuid shared:5 - tmpfs tmpfs rw\n";
        const own = `${other}90 31 0:50 / /run rw,nosuid,nodev,relatime shared:9 - tmpfs airflow-kubernetes rw,mode=755\n`;
        expect(isNodeMountTable(other)).to.equal(false);
        expect(isNodeMountTable(own)).to.equal(true);
    });

    it("knows which directories it has to make", () => {
        const exists = (path: string) => ["/", "/var", "/var/lib"].includes(path);
        expect(missingDirectories("/var/lib/a/b", exists)).to.deep.equal(["/var/lib/a", "/var/lib/a/b"]);
        expect(missingDirectories("/var/lib", exists)).to.deep.equal([]);
    });

    it("believes in a ready node only since its kubelet was started", () => {
        const node = (status: string, time: string) => ({
            kind: "Node",
            status: { conditions: [{ type: "Ready", status, lastHeartbeatTime: time }] },
        });
        const started = Date.parse("2026-01-01T10:00:00.900Z");
        expect(isNodeReady(node("True", "2026-01-01T10:00:00Z"), started)).to.equal(true);
        expect(isNodeReady(node("True", "2026-01-01T09:59:58Z"), started)).to.equal(false);
        expect(isNodeReady(node("False", "2026-01-01T10:00:05Z"), started)).to.equal(false);
        expect(isNodeReady(undefined, started)).to.equal(false);
    });

    it("finds an image's digest by its whole name", () => {
        const list =
            "REF TYPE DIGEST SIZE\npostgres:17 application/x sha256:aa 1 MiB\npostgres:170 application/x sha256:bb 1 MiB\n";
        expect(findDigest(list, "postgres:17")).to.equal("sha256:aa");
        expect(findDigest(list, "postgres:1")).to.equal(undefined);
    });
});

describe("local/cluster: NetworkPolicies", () => {
    it("finds its queue among others'", () => {
        const others = "  100   5821     0 2   128     0     0       14  1\n";
        expect(isTaken(others)).to.equal(false);
        expect(isTaken(`${others}${policyQueue}   5822     0 2   128     0     0       14  1\n`)).to.equal(true);
        expect(isTaken("")).to.equal(false);
    });
});

describe("local/cluster: network", () => {
    it("masquerades only what leaves the cluster", () => {
        const { pods, services, node } = addresses();
        expect(masqueradeRules()).to.include(
            `ip saddr ${pods} ip daddr != { ${pods}, ${services}, ${node} } masquerade`,
        );
    });

    const result = (networkName: string, device: string) =>
        JSON.stringify({
            networkName,
            cniArgs: [
                ["K8S_POD_NAMESPACE", "kube-system"],
                ["K8S_POD_NAME", "coredns-1"],
            ],
            result: {
                interfaces: [
                    { name: device, mac: "3a:72:27:3f:07:93" },
                    { name: "eth0", sandbox: "/var/run/netns/cni-1" },
                ],
            },
        });

    it("reads which pod the plugins have connected, and by which device", () => {
        expect(podConnection(result("airflow-kubernetes", "veth1"))).to.deep.equal({
            namespace: "kube-system",
            pod: "coredns-1",
            device: "veth1",
            networkNamespace: "cni-1",
        });
        expect(podConnection(result("podman", "veth1")), "another network").to.equal(undefined);
        expect(podConnection("{"), "cut short").to.equal(undefined);
    });

    it("takes no device for a pod's that the plugins have not made", () => {
        const veth = { linkinfo: { info_kind: "veth" } };
        const bridge = { linkinfo: { info_kind: "bridge" } };
        const recorded = ["veth1", "veth2", "cni0"].map((device) => ({
            namespace: "",
            pod: "",
            device,
            networkNamespace: "",
        }));
        const present = [
            { ifname: "eth0" },
            { ifname: "veth1", ...veth },
            { ifname: "veth3", ...veth },
            { ifname: "cni0", ...bridge },
        ];
        expect(podDevices(present, recorded)).to.deep.equal(["veth1"]);
    });

    it("sees by their devices that others forward packets", () => {
        const kind = (ifname: string, info_kind: string) => ({ ifname, linkinfo: { info_kind } });
        expect(forwardingDevices([{ ifname: "eth0" }, kind("ifb0", "ifb"), kind("kube0", "bridge")])).to.deep.equal([]);
        const others = [kind("docker0", "bridge"), kind("virbr0", "bridge"), kind("wg0", "wireguard")];
        expect(forwardingDevices(others)).to.deep.equal(["docker0", "virbr0", "wg0"]);
    });

    const mapping = (chain: string, network: string) =>
        `-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"${network}\\" id: \\"12\\"" -m multiport --dports 80 -j ${chain}`;
    const table = (...rules: string[]) =>
        [
            "*nat",
            ":PREROUTING ACCEPT [0:0]",
            ":CNI-HOSTPORT-DNAT - [0:0]",
            ":CNI-DN-aa - [0:0]",
            ":CNI-DN-bb - [0:0]",
            "-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
            ...rules,
            "COMMIT",
        ].join("\n");

    it("removes the port mappings with their chains when no other network has some", () => {
        const removal = portMappingRemoval(table(mapping("CNI-DN-aa", "airflow-kubernetes")));
        expect(removal).to.include("-D PREROUTING").and.include("-X CNI-DN-aa").and.include("-X CNI-HOSTPORT-DNAT");
    });

    it("leaves the port mappings of other networks", () => {
        const removal = portMappingRemoval(
            table(mapping("CNI-DN-aa", "airflow-kubernetes"), mapping("CNI-DN-bb", "podman")),
        );
        expect(removal).to.include("-D CNI-HOSTPORT-DNAT").and.include("-X CNI-DN-aa");
        expect(removal)
            .not.to.include("CNI-DN-bb")
            .and.not.include("PREROUTING")
            .and.not.include("-X CNI-HOSTPORT-DNAT");
        expect(portMappingRemoval("*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n")).to.equal("");
    });
});

describe("local/cluster: tables of iptables", () => {
    const base =
        "table ip nat {\n\tchain PREROUTING {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n\t}";

    it("are bare with base chains only", () => {
        expect(isBareTable(`${base}\n}\n`)).to.equal(true);
        expect(isBareTable(`# Warning: managed by iptables-nft\n${base}\n}\n`)).to.equal(true);
    });

    it("are not bare with a chain or a rule of others", () => {
        expect(isBareTable(`${base}\n\tchain DOCKER {\n\t}\n}\n`)).to.equal(false);
        expect(isBareTable(base.replace("accept;", "accept;\n\t\tcounter packets 0 bytes 0 jump DOCKER"))).to.equal(
            false,
        );
    });
});

describe("local/cluster: words", () => {
    it("says times as people read them", () => {
        expect([900, 59_999, 60_000, 185_000].map(elapsed)).to.deep.equal(["0 s", "59 s", "1 min 00 s", "3 min 05 s"]);
    });
});
