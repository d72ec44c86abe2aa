import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { fillings, needsByFileSystem } from "../../../local/cluster/disk";
import { hasNfs } from "../../../local/cluster/nfs";
import { clusterNeeds, cniDirectories, packagesFor } from "../../../local/cluster/packages";
import { type Plan, planLines, plannedChanges } from "../../../local/cluster/plan";
import { imagePackages, recipes } from "../../../local/images";
import { packagesToBuild } from "../../../local/images/archives";

const gibibyte = 1024 ** 3;
const allMade = { programs: true, images: true, cluster: true };
const nothing: Plan = { packages: [], settings: [], network: false, made: allMade, images: [], disk: gibibyte };

describe("local/cluster: what a start is going to do", () => {
    it("is not told where there is nothing to do", () => {
        expect(planLines(nothing)).to.deep.equal([]);
    });

    it("names packages, settings, network, what is built, and how much disk it takes", () => {
        const lines = planLines({
            packages: ["containerd", "runc"],
            settings: ["net.ipv4.ip_forward"],
            network: true,
            made: { programs: false, images: false, cluster: false },
            images: ["airflow", "postgres"],
            disk: 11 * gibibyte,
        });
        for (const told of [
            "installs the Debian packages containerd, runc",
            "switches off the service containerd",
            "the network device kube0",
            "changes the kernel settings net.ipv4.ip_forward",
            "builds Kubernetes",
            "builds the images airflow, postgres",
            "11.0 GiB",
        ]) {
            expect(
                lines.filter((line) => line.includes(told)),
                told,
            ).to.have.lengthOf(1);
        }
        expect(lines.join("\n")).to.match(/\d+ minutes/);
    });

    it("speaks of disk only when something is built", () => {
        expect(planLines({ ...nothing, network: true, settings: ["kernel.panic"] }).join()).not.to.include("GiB");
    });

    it("is found on this machine", async () => {
        for (const line of await plannedChanges(["airflow"], true)) {
            expect(line).to.match(/^(installs|switches|makes|changes|builds|writes) /);
        }
    });
});

describe("local/cluster: needs", () => {
    it("are packages of what is missing, each once", () => {
        expect(packagesFor(clusterNeeds, () => true)).to.deep.equal([]);
        expect(packagesFor(clusterNeeds, ({ name }) => !["ctr", "containerd", "ptp"].includes(name))).to.deep.equal([
            "containerd",
            "containernetworking-plugins",
        ]);
    });

    it("are looked for where Debian, Fedora and everybody else put CNI plugins", () => {
        expect(cniDirectories).to.have.members(["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"]);
        expect(clusterNeeds.find(({ name }) => name === "ptp")?.directories).to.equal(cniDirectories);
    });

    it("of an image whose root is a Debian have the keys of Debian", () => {
        expect(packagesToBuild(recipes.postgres)).to.include.members(["mmdebstrap", "debian-archive-keyring"]);
        expect(packagesToBuild(recipes.pause)).not.to.include("debian-archive-keyring");
        expect(imagePackages([])).to.deep.equal([]);
    });

    it("know a kernel that can mount NFS", () => {
        expect(hasNfs("nodev\tsysfs\n\text4\nnodev\tnfs\nnodev\tnfs4\n")).to.equal(true);
        expect(hasNfs("nodev\tsysfs\nnodev\tnfsd\n\text4\n")).to.equal(false);
    });
});

describe("local/cluster: disk", () => {
    const all = (made: typeof allMade) =>
        fillings(made, ["/modules", "/builds"]).reduce((sum, { needed }) => sum + needed, 0);

    it("is needed less, the more was made", () => {
        const first = all({ programs: false, images: false, cluster: false });
        expect(first).to.be.above(all({ ...allMade, programs: false }));
        expect(all({ ...allMade, programs: false })).to.be.above(all(allMade));
        expect(all(allMade)).to.be.above(0);
    });

    it("is added up for each file system, also of folders that are not there yet", async () => {
        const directory = mkdtempSync(join(tmpdir(), "disk-"));
        try {
            const [one, other] = [join(directory, "a", "b"), join(directory, "c")];
            const found = await needsByFileSystem([
                { directory: one, needed: 1 },
                { directory: other, needed: 2 },
                { directory: "/proc", needed: 4 },
                { directory: "/sys", needed: 0 },
            ]);
            expect(found.map(({ directories, needed }) => ({ directories, needed }))).to.deep.equal([
                { directories: [one, other], needed: 3 },
                { directories: ["/proc"], needed: 4 },
            ]);
            expect(found[0]?.free).to.be.above(0);
        } finally {
            rmSync(directory, { recursive: true });
        }
    });
});
