import { expect } from "chai";
import {
    foreignRoutes,
    isOlder,
    type MachineFacts,
    machineFacts,
    overlap,
    problemMessage,
    problems,
} from "../../../local/cluster/preflight";

const gibibyte = 1024 ** 3;

const goodMachine: MachineFacts = {
    platform: "linux",
    architecture: "x64",
    isRoot: true,
    goVersion: "go1.26.8",
    goToolchain: "auto",
    goNeeded: "1.26.0",
    memory: 8 * gibibyte,
    isBuilt: false,
    free: { "/var/lib/airflow-kubernetes": 20 * gibibyte },
    missingPackages: [],
    hasApt: true,
    hasCgroups: true,
    routes: [{ dst: "192.168.1.0/24", dev: "eth0" }],
};

function found(changes: Partial<MachineFacts>): string[] {
    return problems({ ...goodMachine, ...changes }).map(({ what }) => what);
}

describe("local/cluster: preflight", () => {
    it("has nothing to say about a good machine", () => {
        expect(problems(goodMachine)).to.deep.equal([]);
    });

    it("says all problems at once, each with what to do", () => {
        const all = problems({
            ...goodMachine,
            isRoot: false,
            goVersion: undefined,
            memory: 4 * gibibyte,
            free: { "/x": gibibyte },
        });
        expect(all.map(({ what }) => what)).to.deep.equal([
            "Not root: containers, network devices and mounts need it.",
            "Go is not installed (no `go` on the PATH).",
            "Too little memory: 4.0 GiB, needed are 6.0 GiB.",
            "Too little disk: 1.0 GiB free for /x, needed are 10.0 GiB.",
        ]);
        for (const { what, remedy } of all) {
            expect(remedy).not.to.equal("");
            expect(problemMessage(all)).to.include(what).and.to.include(remedy);
        }
    });

    it("asks for less disk when everything is built", () => {
        const free = { "/x": 3 * gibibyte };
        expect(found({ free })[0]).to.include("needed are 10.0 GiB");
        expect(found({ free, isBuilt: true })).to.deep.equal([]);
    });

    it("points to minikube where there is no Linux, and asks for nothing else there", () => {
        const [only, ...others] = problems({ ...goodMachine, platform: "darwin", isRoot: false, memory: 0 });
        expect(others).to.deep.equal([]);
        expect(only?.what).to.include("darwin");
        expect(only?.remedy).to.include("minikube");
    });

    it("accepts an older Go that may fetch a newer one, and refuses it otherwise", () => {
        expect(found({ goVersion: "go1.22.3" })).to.deep.equal([]);
        expect(found({ goVersion: "go1.22.3", goToolchain: "local" })[0]).to.include(
            "too old: go1.22.3, needed is 1.26.0",
        );
        expect(found({ goVersion: "go1.19.8", goToolchain: "" })[0]).to.include("too old: go1.19.8");
    });

    it("minds missing programs only where it cannot install them", () => {
        expect(found({ missingPackages: ["containerd"] })).to.deep.equal([]);
        expect(found({ missingPackages: ["containerd"], hasApt: false })[0]).to.include("containerd");
    });

    it("refuses a machine whose networks are the cluster's, and one without cgroups", () => {
        expect(found({ routes: [{ dst: "10.100.4.0/24", dev: "tun0" }] })[0])
            .to.include("10.100.4.0/24 (tun0)")
            .and.include("10.96.0.0/12");
        expect(found({ hasCgroups: false })[0]).to.include("cgroups");
        expect(found({ architecture: "riscv64" })[0]).to.include("riscv64");
    });

    it("compares versions by their numbers", () => {
        expect(isOlder("go1.9.1", "1.26.0")).to.equal(true);
        expect(isOlder("1.26.0", "go1.26")).to.equal(false);
        expect(isOlder("go1.26rc1", "1.26.0")).to.equal(false);
        expect(isOlder("1.26.0", "1.26.1")).to.equal(true);
    });

    it("knows when two address ranges overlap", () => {
        expect(overlap("10.96.0.0/12", "10.111.255.255")).to.equal(true);
        expect(overlap("10.96.0.0/12", "10.112.0.0/16")).to.equal(false);
        expect(overlap("10.0.0.0/8", "10.244.0.0/16")).to.equal(true);
    });

    it("does not take its own routes for others'", () => {
        const routes = [
            { dst: "default", gateway: "192.0.2.1", dev: "eth0" },
            { dst: "10.96.0.0/12", dev: "kube0" },
            { type: "blackhole", dst: "10.244.0.0/16" },
            { dst: "10.244.0.2", dev: "veth1234" },
            { dst: "192.0.2.0/24", dev: "eth0" },
        ];
        expect(foreignRoutes(JSON.stringify(routes)).map(({ dst }) => dst)).to.deep.equal(["192.0.2.0/24"]);
        expect(foreignRoutes("")).to.deep.equal([]);
    });

    it("looks at this machine without changing it", async () => {
        const facts = await machineFacts();
        expect(facts.memory).to.be.above(0);
        expect(facts.goNeeded).to.match(/^1\.\d+/);
    });
});
