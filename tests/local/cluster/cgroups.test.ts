import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import {
    cgroupProblem,
    delegateControllers,
    hierarchies,
    limitingHierarchies,
    makeRoom,
    trackingHierarchy,
} from "../../../local/cluster/cgroups";
import { endProcesses, processRecord } from "../../../local/cluster/processes";
import { UserError } from "../../../local/support/errors";
import { skip } from "../../support/skip";

const first = (controllers: string, options = "rw") =>
    `50 40 0:30 / /sys/fs/cgroup/${controllers} ${options},relatime - cgroup cgroup rw,${controllers}`;
const secondAt = (mountPoint: string, options = "rw") => `60 40 0:31 / ${mountPoint} ${options} - cgroup2 cgroup2 rw`;

describe("local/cluster: cgroups", () => {
    it("limits by version 1 when both versions are mounted, and tracks by the group that limits nothing", () => {
        const all = hierarchies([first("cpu,cpuacct"), first("pids"), secondAt("/sys/fs/cgroup/unified")].join("\n"));
        expect(all).to.have.lengthOf(3);
        expect(limitingHierarchies(all).map(({ controllers }) => controllers)).to.deep.equal([
            ["cpu", "cpuacct"],
            ["pids"],
        ]);
        expect(trackingHierarchy(all).mountPoint).to.equal("/sys/fs/cgroup/pids");
    });

    it("uses version 2 when it is alone", () => {
        const all = hierarchies(secondAt("/sys/fs/cgroup"));
        expect(limitingHierarchies(all)).to.deep.equal(all);
        expect(trackingHierarchy(all).version).to.equal(2);
        expect(() => trackingHierarchy([])).to.throw("cgroup");
    });
});

describe("local/cluster: what cgroups must be", () => {
    let directory: string;
    const file = (name: string, text: string) => {
        mkdirSync(join(directory, name, ".."), { recursive: true });
        writeFileSync(join(directory, name), text);
    };

    beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), "cgroups-"));
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    it("is fine with all controllers, of whichever version", () => {
        file("cgroup.controllers", "cpuset cpu io memory pids\n");
        expect(cgroupProblem(hierarchies(secondAt(directory)))).to.equal(undefined);
        const both = ["cpu,cpuacct", "cpuset", "memory", "pids"].map((name) => first(name)).join("\n");
        expect(cgroupProblem(hierarchies(both))).to.equal(undefined);
    });

    it("names what is missing, and what to do in a container", () => {
        file("cgroup.controllers", "cpu memory\n");
        const few = cgroupProblem(hierarchies(secondAt(directory)));
        expect(few?.what).to.equal("the control groups lack cpuset, pids");
        const readOnly = cgroupProblem(hierarchies(secondAt(directory, "ro,nosuid")));
        expect(readOnly?.what).to.equal(`the control groups in ${directory} cannot be written to`);
        expect(cgroupProblem([])?.what).to.include("no control groups are mounted");
        for (const problem of [few, readOnly, cgroupProblem([])]) {
            expect(problem?.remedy).to.include("--privileged");
        }
        expect(cgroupProblem(hierarchies(first("cpu,cpuacct")))?.what).to.equal(
            "the control groups lack cpuset, memory, pids",
        );
    });

    it("moves the processes of a container's root below it, and leaves the machine's own root alone", () => {
        file("cgroup.procs", "7\n");
        makeRoom(directory);
        expect(existsSync(join(directory, "init")), "the machine's own root has no type").to.equal(false);
        file("cgroup.type", "domain\n");
        makeRoom(directory);
        expect(readFileSync(join(directory, "init", "cgroup.procs"), "utf8")).to.equal("7");
    });

    it("hands down what the kubelet needs of what there is", () => {
        file("cgroup.controllers", "cpu io pids\n");
        delegateControllers(directory);
        expect(readFileSync(join(directory, "cgroup.subtree_control"), "utf8")).to.equal("+pids");
    });
});

/** With the kernel's own version 2, in a group of the test's own; with any controller that this machine has there. */
describe("local/cluster: a group of version 2 that has processes", () => {
    const mount = hierarchies(readFileSyncOr("/proc/self/mountinfo")).find(({ version }) => version === 2)?.mountPoint;
    const group = join(mount ?? "", "airflow-kubernetes-test");
    let delegated: string[];
    let controller: string;

    before(function () {
        const offered = mount === undefined ? [] : words(join(mount, "cgroup.controllers"));
        if (mount === undefined || process.getuid?.() !== 0 || offered[0] === undefined) {
            skip(this, "it needs root and a hierarchy of version 2 with a controller");
        }
        controller = offered[0];
        delegated = words(join(mount, "cgroup.subtree_control"));
        try {
            writeFileSync(join(mount, "cgroup.subtree_control"), `+${controller}`);
        } catch {
            skip(this, "this machine does not hand controllers down");
        }
        mkdirSync(group);
    });

    after(() => {
        if (existsSync(group)) {
            rmdirSync(group);
        }
        if (mount !== undefined && controller !== undefined && !delegated.includes(controller)) {
            writeFileSync(join(mount, "cgroup.subtree_control"), `-${controller}`);
        }
    });

    it("hands controllers down only when they are moved", async () => {
        const child = spawn("sleep", ["60"], { stdio: "ignore" });
        const record = processRecord(child.pid ?? 0);
        if (record === undefined) {
            throw new Error("sleep does not run");
        }
        try {
            writeFileSync(join(group, "cgroup.procs"), `${record.pid}`);
            expect(() => delegateControllers(group, [controller]))
                .to.throw(UserError)
                .with.property("message")
                .that.includes(group)
                .and.includes("--privileged");
            makeRoom(group);
            delegateControllers(group, [controller]);
            expect(words(join(group, "cgroup.subtree_control"))).to.deep.equal([controller]);
            expect(words(join(group, "init", "cgroup.procs"))).to.deep.equal([`${record.pid}`]);
        } finally {
            await endProcesses([record], 2000);
            rmdirSync(join(group, "init"));
        }
    });
});

function words(path: string): string[] {
    return readFileSync(path, "utf8").split(/\s+/).filter(Boolean);
}

function readFileSyncOr(path: string): string {
    return existsSync(path) ? readFileSync(path, "utf8") : "";
}
