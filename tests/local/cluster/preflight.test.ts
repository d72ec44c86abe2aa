import { expect } from "chai";
import { parseOsRelease } from "../../../local/cluster/distribution";
import {
    foreignRoutes,
    isOlder,
    type MachineFacts,
    machineFacts,
    problemMessage,
    problems,
} from "../../../local/cluster/preflight";
import { addresses } from "../../../local/cluster/ranges";

const gibibyte = 1024 ** 3;
const debian = parseOsRelease('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n');

const goodMachine: MachineFacts = {
    platform: "linux",
    distribution: debian,
    architecture: "x64",
    kernel: "6.1.0-18-amd64",
    isRoot: true,
    elsewhere: { hasMinikube: false },
    goVersion: "go1.26.8",
    goToolchain: "auto",
    goNeeded: "1.26.0",
    memory: 8 * gibibyte,
    disks: [{ directories: ["/cache", "/cluster"], free: 20 * gibibyte, needed: 10 * gibibyte }],
    routes: [{ dst: "192.168.1.0/24", dev: "eth0" }],
    occupied: [],
};

function found(changes: Partial<MachineFacts>): string[] {
    return problems({ ...goodMachine, ...changes }).map(({ what, remedy }) => `${what}; ${remedy}`);
}

/** The one problem, as a person reads it. */
function only(changes: Partial<MachineFacts>): string {
    const all = problems({ ...goodMachine, ...changes });
    expect(all).to.have.lengthOf(1);
    const message = problemMessage(all);
    expect(message, "one sentence on one line").to.match(/^The local cluster cannot run here: [^\n]+[^.\n]\.$/);
    return message;
}

describe("local/cluster: preflight", () => {
    it("has nothing to say about a good machine", () => {
        expect(problems(goodMachine)).to.deep.equal([]);
    });

    it("says all problems at once, each with what to do", () => {
        const all = problems({
            ...goodMachine,
            goVersion: undefined,
            memory: 4 * gibibyte,
            disks: [{ directories: ["/x"], free: gibibyte, needed: 10 * gibibyte }],
        });
        expect(all.map(({ what }) => what)).to.deep.equal([
            "Go is not installed (no `go` on the PATH)",
            "there is too little memory: 4.0 GiB, needed are 6.0 GiB",
            "there is too little disk for /x: 1.0 GiB free, needed are 10.0 GiB",
        ]);
        for (const { what, remedy } of all) {
            expect(remedy).not.to.equal("");
            expect(problemMessage(all)).to.include(`  - ${what}; ${remedy}.`);
        }
    });

    it("takes a machine with 6 GiB, of which the kernel keeps some", () => {
        expect(found({ memory: 5.7 * gibibyte })).to.deep.equal([]);
    });

    it("tells an ordinary user nothing but how to go on: as root, or with a cluster that is there", () => {
        const other = { isRoot: false, goVersion: undefined, memory: 0 };
        expect(only(other)).to.include("minikube.sigs.k8s.io").and.include('sudo env "PATH=$PATH" make up');
        const withMinikube = only({ ...other, elsewhere: { hasMinikube: true } });
        expect(withMinikube).to.include("minikube, which is installed: make up CLUSTER=minikube");
        expect(withMinikube).to.include('sudo env "PATH=$PATH" make up');
        expect(only({ ...other, elsewhere: { hasMinikube: false, context: "work" } })).to.include("CLUSTER=work");
    });

    it("sends away at once who can never run it, with what to use instead", () => {
        const fedora = parseOsRelease('PRETTY_NAME="Fedora Linux 42"\nID=fedora\nVERSION_ID=42\n');
        for (const [changes, named] of [
            [{ platform: "darwin" }, "darwin"],
            [{ distribution: fedora }, "Fedora Linux 42"],
            [{ distribution: undefined }, "unknown Linux"],
            [{ architecture: "riscv64" }, "riscv64"],
            [{ kernel: "5.10.0-28-amd64" }, "5.10.0-28-amd64"],
        ] as const) {
            const message = only({ ...changes, isRoot: false, memory: 0 });
            expect(message).to.include(named).and.include("make up CLUSTER=minikube").and.not.include("sudo");
        }
    });

    it("accepts an older Go that may fetch a newer one, and refuses it otherwise", () => {
        expect(found({ goVersion: "go1.22.3" })).to.deep.equal([]);
        expect(only({ goVersion: "go1.22.3", goToolchain: "local" })).to.include("go1.22.3, needed is 1.26.0");
        expect(only({ goVersion: "go1.19.8", goToolchain: "" })).to.include("too old: go1.19.8");
    });

    it("refuses networks that lie in the cluster's own, and no wide ones around them", () => {
        const { pods, services, dns, node } = addresses();
        for (const dst of [pods, services, dns, node]) {
            expect(only({ routes: [{ dst, dev: "tun0" }] }))
                .to.include(`${dst} (tun0)`)
                .and.include("CLUSTER_RANGE=");
        }
        for (const dst of ["10.0.0.0/8", "0.0.0.0/1", "198.51.100.0/24"]) {
            expect(found({ routes: [{ dst, dev: "tun0" }] }), dst).to.deep.equal([]);
        }
    });

    it("hands on what is wrong with control groups, and refuses to share names with another Kubernetes", () => {
        expect(only({ cgroups: { what: "no cgroups", remedy: "mount them" } })).to.include("no cgroups; mount them.");
        expect(only({ occupied: ['the nftables table "ip kube-proxy"'] })).to.include('"ip kube-proxy"');
    });

    it("compares versions by their numbers", () => {
        expect(isOlder("go1.9.1", "1.26.0")).to.equal(true);
        expect(isOlder("1.26.0", "go1.26")).to.equal(false);
        expect(isOlder("go1.26rc1", "1.26.0")).to.equal(false);
        expect(isOlder("1.26.0", "1.26.1")).to.equal(true);
        expect(isOlder("6.18.44-fc-v769", "5.13.0")).to.equal(false);
    });

    it("does not take its own routes for others'", () => {
        const routes = [
            { dst: "default", gateway: "192.0.2.1", dev: "eth0" },
            { dst: addresses().services, dev: "kube0" },
            { type: "blackhole", dst: addresses().pods },
            { dst: addresses().pods.split("/")[0], dev: "veth1234" },
            { dst: "192.0.2.0/24", dev: "eth0" },
        ];
        expect(foreignRoutes(JSON.stringify(routes)).map(({ dst }) => dst)).to.deep.equal(["192.0.2.0/24"]);
        expect(foreignRoutes("")).to.deep.equal([]);
    });

    it("finds what it asks about this machine", async () => {
        const facts = await machineFacts();
        expect(facts.memory).to.be.above(0);
        expect(facts.goNeeded).to.match(/^1\.\d+/);
        expect(facts.disks.flatMap(({ directories }) => directories)).to.include("/var/lib/airflow-kubernetes");
        for (const { free, needed } of facts.disks) {
            expect(free).to.be.above(0);
            expect(needed).to.be.above(0);
        }
    });
});
