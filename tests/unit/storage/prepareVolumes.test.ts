import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { Hosting } from "../../../components/settings/airflowKubernetesArgs";
import { withDefaults } from "../../../components/settings/airflowKubernetesDefaults";
import type { StorageArgs } from "../../../components/settings/storageArgs";
import { StorageKind } from "../../../components/settings/storageArgs";
import { storageKeys } from "../../../components/storage/storageKeys";
import { folder, removeFolders } from "../../support/folders";
import { skipWithoutPython } from "../../support/python";

/*
 * The scripts that prepare the volumes, run by a real Python. The cluster is played by what is below; what a real kubelet and
 * a real NFS server say is shown by the tests on a cluster.
 */

const directory = join(__dirname, "../../../components/storage/scripts");

/** An event, and the second from which on it is seen. */
interface Said {
    readonly from: number;
    readonly reason: string;
    readonly message: string;
    readonly kind?: string;
    readonly name?: string;
    readonly uid?: string;
    readonly type?: string;
}

interface Scene {
    readonly events?: Said[];
    /** The second at which the pod ends, and how. */
    readonly ends?: number;
    readonly exitCode?: number;
    readonly unscheduled?: string;
    /** What a server says that is asked whether it answers. */
    readonly unreachable?: string;
}

// Time passes only when the script waits. The pod of a run before is there at first.
const cluster = `
import json, os, sys
source = open(sys.argv[1]).read()
script = {"__name__": "script"}
exec(compile(source, sys.argv[1], "exec"), script)
scene = json.loads(os.environ["SCENE"])
class Clock:
    now = 0.0
    def monotonic(self): return self.now
    def sleep(self, seconds): self.now += seconds
clock = Clock()
script["time"] = clock
script["unreachable"] = lambda host: scene.get("unreachable") and print("asked", host) or scene.get("unreachable")
class Api:
    pods = ["stale"]
    made = 0
    def patient(self, method, path, body=None):
        if method == "DELETE":
            gone = None if not self.pods else {}
            self.pods = []
            if gone is not None: print("deleted")
            return gone
        if method == "POST":
            print("made", body["metadata"]["name"])
            self.pods = ["new"]
            Api.made = clock.now
            return {"metadata": {"name": body["metadata"]["name"], "uid": "new"}}
        if path.startswith("persistentvolumeclaims/"): return {"status": {"phase": "Bound"}}
        if "/log?" in path: return "said by the pod\\n"
        if path == "events": return {"items": [self.event(event) for event in scene.get("events", []) if clock.now >= event["from"]]}
        return self.pod()
    def event(self, event):
        about = {"kind": event.get("kind", "Pod"), "name": event.get("name", "prepare"), "uid": event.get("uid", "new")}
        return {"reason": event["reason"], "message": event["message"], "type": event.get("type", "Warning"), "involvedObject": about}
    def pod(self):
        if not self.pods: return None
        pod = {"metadata": {"name": "prepare", "uid": "new"}, "status": {"phase": "Pending"}}
        unscheduled = scene.get("unscheduled")
        pod["status"]["conditions"] = [{"type": "PodScheduled", "status": "False" if unscheduled else "True", "message": unscheduled}]
        if clock.now >= scene.get("ends", 1e9):
            code = scene.get("exitCode", 0)
            pod["status"]["phase"] = "Failed" if code else "Succeeded"
            pod["status"]["containerStatuses"] = [{"name": "write", "state": {"terminated": {"exitCode": code}}}]
        return pod
script["Api"] = Api
try:
    script["main"]()
finally:
    print("left", Api.pods if not hasattr(Api, "last") else "", "after", int(clock.now))
`;

function prepare(scene: Scene, storage: StorageArgs = {}, hosting = Hosting.ReadWriteMany) {
    const settings = withDefaults({ hosting, storage });
    const run = spawnSync("python3", ["-c", cluster, join(directory, "prepare_volumes.py")], {
        encoding: "utf8",
        env: {
            PATH: process.env.PATH,
            POD: JSON.stringify({ metadata: { name: "prepare" } }),
            SETTINGS: JSON.stringify({ claims: ["airflow-shares"], ...storageKeys(settings) }),
            SCENE: JSON.stringify(scene),
        },
    });
    const seconds = Number(/after (\d+)/.exec(run.stdout)?.[1]);
    return { code: run.status, stdout: run.stdout, stderr: run.stderr.trim(), seconds };
}

const nfs: StorageArgs = { kind: StorageKind.Nfs, nfs: { server: "10.0.0.5", path: "/srv" } };

/** An event of a mount that failed, as the kubelet writes it. */
function failedMount(output: string, from = 2): Said {
    const message =
        'MountVolume.SetUp failed for volume "a-shares" : mount failed: exit status 32\nMounting command: mount\n' +
        `Mounting arguments: -t nfs -o hard 10.0.0.5:/srv /var/lib/kubelet/x\nOutput: ${output}\n`;
    return { from, reason: "FailedMount", message };
}

describe("prepare_volumes.py", function () {
    before(skipWithoutPython);
    this.timeout(30_000);

    it("removes the pod of a run before, makes one, hands on what that says, and removes it", () => {
        const { code, stdout, stderr } = prepare({ ends: 3 }, nfs);
        expect(stderr).to.equal("");
        expect(code).to.equal(0);
        expect(stdout.split("\n").slice(0, 4)).to.deep.equal(["deleted", "made prepare", "said by the pod", "deleted"]);
    });

    it("hands on how the pod failed", () => {
        expect(prepare({ ends: 3, exitCode: 65 }, nfs).code).to.equal(65);
        expect(prepare({ ends: 3, exitCode: 1 }, nfs).code).to.equal(1);
    });

    const refusals: Record<string, [Scene, StorageArgs, RegExp]> = {
        "a path that is not exported": [
            { events: [failedMount("mount.nfs: access denied by server while mounting 10.0.0.5:/srv")] },
            nfs,
            /^storage\.nfs\.path is "\/srv": a node could not mount the volume: mount\.nfs: access denied by server while mounting 10\.0\.0\.5:\/srv$/,
        ],
        "a server that refuses": [
            { events: [failedMount("mount.nfs: Connection refused for 10.0.0.5:/srv on /x")] },
            nfs,
            /^storage\.nfs\.server is "10\.0\.0\.5": .*Connection refused/,
        ],
        "a name that the nodes do not know": [
            { events: [failedMount("mount.nfs: Failed to resolve server files: Name or service not known")] },
            nfs,
            /^storage\.nfs\.server is /,
        ],
        "a server that nothing is heard of": [
            { unreachable: "timed out" },
            nfs,
            /^storage\.nfs\.server is "10\.0\.0\.5": no NFS server answers on port 2049: timed out$/,
        ],
        "a server that answers here but cannot be mounted": [
            {},
            nfs,
            /^storage\.nfs\.server is "10\.0\.0\.5": the volume was not mounted in 75 seconds\. /,
        ],
        "a server of another kind": [
            { events: [failedMount("mount.nfs: Protocol error for 10.0.0.5:/srv: is an NFS server running there?")] },
            nfs,
            /^storage\.nfs\.server is /,
        ],
        "an option that the client does not know": [
            { events: [failedMount("mount.nfs: an incorrect mount option was specified for /x")] },
            { ...nfs, mountOptions: ["hart"] },
            /^storage\.mountOptions is \["hart"\]: /,
        ],
        "nodes without an NFS client": [
            { events: [failedMount("mount: /x: bad option; you might need a /sbin/mount.nfs helper program.")] },
            nfs,
            /nfs-common/,
        ],
        "a CSI driver that is missing": [
            {
                events: [
                    {
                        from: 1,
                        reason: "FailedMount",
                        message: "driver name x not found in the list of registered CSI drivers",
                    },
                ],
            },
            { kind: StorageKind.Csi, csi: { driver: "efs.csi.aws.com", volumeHandle: "fs-1:/{volume}" } },
            /^storage\.csi\.driver is "efs\.csi\.aws\.com": /,
        ],
        "a CSI driver that nothing is heard of": [
            {},
            { kind: StorageKind.Csi, csi: { driver: "efs.csi.aws.com", volumeHandle: "fs-1:/{volume}" } },
            /^storage\.csi\.driver is .*kubectl get csidrivers/,
        ],
        "a class that is none, or makes no such volumes": [
            {
                unscheduled: "pod has unbound immediate PersistentVolumeClaims",
                events: [
                    {
                        from: 1,
                        kind: "PersistentVolumeClaim",
                        name: "airflow-shares",
                        reason: "ProvisioningFailed",
                        message: 'storageclass.storage.k8s.io "fast" not found',
                    },
                ],
            },
            { kind: StorageKind.StorageClass, storageClass: "fast" },
            /^storage\.storageClass is "fast": no ReadWriteMany volume could be made: storageclass\.storage\.k8s\.io "fast" not found$/,
        ],
        "a claim of before that is gone": [
            { unscheduled: '0/1 nodes are available: persistentvolumeclaim "airflow-dags" not found.' },
            { kind: StorageKind.StorageClass, storageClass: "fast", existingNamespace: "kept" },
            /^storage\.existingNamespace is "kept": persistentvolumeclaim "airflow-dags" not found$/,
        ],
    };
    for (const [what, [scene, storage, says]] of Object.entries(refusals)) {
        it(`refuses ${what}, within two minutes, in one line that names the setting`, () => {
            const { code, stderr, stdout, seconds } = prepare(scene, storage);
            expect(stderr).to.match(says);
            expect(stderr.split("\n")).to.have.lengthOf(1);
            expect(code).to.equal(65);
            expect(seconds).to.be.lessThan(120);
            expect(stdout.match(/deleted/g), "the stale pod and its own").to.have.lengthOf(2);
        });
    }

    it("bears with a mount that fails at first", () => {
        const events = [failedMount("mount.nfs: Connection refused"), { from: 8, reason: "Pulled", message: "" }];
        expect(prepare({ events, ends: 60 }, nfs).code).to.equal(0);
    });

    it("bears with an image that takes minutes to pull", () => {
        const events = [{ from: 2, reason: "Pulling", message: "" }];
        expect(prepare({ events, ends: 600, unreachable: "timed out" }, nfs).code).to.equal(0);
    });

    it("bears with a class that takes minutes to make a volume", () => {
        const storage = { kind: StorageKind.StorageClass, storageClass: "slow" };
        expect(prepare({ unscheduled: "unbound", ends: 600 }, storage).code).to.equal(0);
    });

    it("takes no notice of what is said of other pods and claims", () => {
        const events = [
            { ...failedMount("no"), uid: "stale" },
            { from: 0, reason: "ProvisioningFailed", message: "no", kind: "PersistentVolumeClaim", name: "another" },
        ];
        expect(prepare({ events, ends: 40 }, nfs).code).to.equal(0);
    });
});

describe("prepare_directories.py", () => {
    before(skipWithoutPython);
    afterEach(removeFolders);

    const uid = process.getuid?.() ?? 0;
    const gid = process.getgid?.() ?? 0;

    function run(action: string, directories: object[], installation = "airflow") {
        const { status, stdout, stderr } = spawnSync("python3", [join(directory, "prepare_directories.py"), action], {
            encoding: "utf8",
            env: {
                PATH: process.env.PATH,
                DIRECTORIES: JSON.stringify(directories),
                INSTALLATION: installation,
            },
        });
        return { code: status, stdout, stderr: stderr.trim() };
    }

    const one = (path: string, owner = { uid, gid }) => ({
        path,
        place: "the directory /srv/dags of files",
        ...owner,
        mode: "2775",
        key: 'storage.nfs.path is "/srv"',
    });

    it("makes what is missing, with owner and mode, again and again", () => {
        const path = join(folder({}), "dags");
        for (const _ of [1, 2]) {
            expect(run("give", [one(path)])).to.deep.include({ code: 0, stderr: "" });
        }
        const mode = spawnSync("stat", ["-c", "%a %u:%g", path], { encoding: "utf8" }).stdout.trim();
        expect(mode).to.equal(`2775 ${uid}:${gid}`);
        expect(run("write", [one(path)])).to.deep.include({ code: 0, stderr: "" });
        expect(spawnSync("ls", ["-A", path], { encoding: "utf8" }).stdout).to.equal(".installation\n");
    });

    it("changes nothing in a directory of another installation, and says whose it is", () => {
        const root = folder({});
        const [theirs, free] = [join(root, "dags"), join(root, "logs")];
        expect(run("give", [one(theirs)], "team-a").code).to.equal(0);
        for (const action of ["give", "write"]) {
            const { code, stderr } = run(action, [one(free), one(theirs)], "team-b");
            expect(code).to.equal(65);
            expect(stderr).to.match(
                /^storage\.nfs\.path is "\/srv": .* belongs to the installation in the namespace "team-a"/,
            );
        }
        expect(existsSync(free)).to.equal(false);
        expect(run("give", [one(theirs)], "team-a").code).to.equal(0);
    });

    it("says what cannot be made, with setting and remedy, and that no other try helps", () => {
        const file = join(folder({ dags: "" }), "dags");
        const { code, stderr } = run("give", [one(join(file, "below"))]);
        expect(code).to.equal(65);
        expect(stderr).to.match(/^storage\.nfs\.path is "\/srv": the directory \/srv\/dags of files cannot be made: /);
        expect(stderr).to.match(new RegExp(`Make it by hand: owner ${uid}:${gid}, mode 2775\\.$`));
    });

    it("leaves to the others what belongs to another user", () => {
        expect(run("write", [one("/nowhere/at/all", { uid: uid + 1, gid })])).to.deep.equal({
            code: 0,
            stdout: "",
            stderr: "",
        });
    });

    it("is Python that needs no package", () => {
        for (const name of ["prepare_directories.py", "prepare_volumes.py"]) {
            const source = readFileSync(join(directory, name), "utf8");
            const check = spawnSync("python3", ["-I", "-S", "-c", `${source.split("if __name__")[0]}`], {
                encoding: "utf8",
            });
            expect(check.stderr.replace(/KeyError.*/s, ""), name).to.equal("");
        }
    });
});
