import { expect } from "chai";
import { badSettings, rightSettings } from "./deliveries/badSettings";
import { changedInARun } from "./deliveries/changedInARun";
import { byGitBundle, byGitSync, byImage, byVolume, type Delivery } from "./deliveries/deliveries";
import { deliveryCase } from "./deliveries/deliveryCase";
import { Lane, runLanes } from "./deliveries/lane";
import { nfsServer, nfsServerSettings } from "./deliveries/nfsServer";
import { sharedFiles } from "./deliveries/sharedFiles";
import { surroundings } from "./deliveries/surroundings";
import { Installation, testPrefix } from "./support/installation";
import { removeLeftovers } from "./support/leftovers";
import { startMake } from "./support/make";
import { type GitRepository, TestServers } from "./support/testServers";

/** More at once would leave a machine of two cores no time to answer. */
const lanesAtOnce = 2;

/** How long all lanes may take, in milliseconds: several times what they take on two idle cores. */
const lanesEnd = 50 * 60_000;

/**
 * Every way in which DAGs arrive on every kind of storage. Each storage has an installation of its own, on which the deliveries
 * take turns, as a user would change them; two installations run side by side, because much of the time goes by with waiting.
 * TEST_LANES=server,host runs some of them only: server, outside, host, around.
 */
describe("Deliveries and storages on the local cluster", function () {
    this.timeout(lanesEnd + 20 * 60_000);

    let servers: TestServers;
    let work: Promise<void> | undefined;
    const lanes: Lane[] = [];
    const installations: Installation[] = [];
    const repositories = new Map<string, GitRepository>();

    const asked = process.env.TEST_LANES?.split(",");
    const isAsked = (name: string): boolean => asked?.includes(name) ?? true;
    const installation = (name: string): Installation => {
        const made = new Installation(`${testPrefix}-${name}`);
        made.beModest();
        installations.push(made);
        return made;
    };
    const repository = (name: string): GitRepository => {
        const made = repositories.get(name);
        if (made === undefined) {
            throw new Error(`there is no repository ${name}`);
        }
        return made;
    };
    const builds = new Map<string, Promise<void>>();
    let lastBuild: Promise<unknown> = Promise.resolve();
    const build = (folder: string, image: string): Promise<void> => {
        const known = builds.get(image);
        if (known !== undefined) {
            return known;
        }
        // One at a time: builds share one store.
        const made = lastBuild.then(async () => {
            const { code, all } = await startMake("image", process.env, { FOLDER: folder, IMAGE: image }).ended;
            expect(code, all).to.equal(0);
        });
        lastBuild = made.catch(() => undefined);
        builds.set(image, made);
        return made;
    };

    before("the servers run, and nothing is left of an earlier test run", async () => {
        await removeLeftovers();
        servers = await TestServers.start();
        for (const { name, way } of ways) {
            repositories.set(name, await servers.repository(name, way));
        }
        // The tests look at what the lanes find, as they find it.
        work = runLanes(lanes, lanesAtOnce, lanesEnd);
    });

    afterEach("a failure is told at once", function () {
        if (this.currentTest?.state === "failed") {
            console.log(this.currentTest.err?.message);
        }
    });

    after("nothing is left of this one", async () => {
        await work;
        await Promise.all(installations.map((one) => one.close()));
        await servers?.stop();
        await removeLeftovers();
    });

    const ways = [
        { name: "host-sync", way: "ssh" },
        { name: "host-bundle", way: "https" },
        { name: "server-sync", way: "https" },
        { name: "server-bundle", way: "ssh" },
        { name: "outside-sync", way: "public" },
        { name: "outside-bundle", way: "https" },
    ] as const;

    /** Makes a delivery when it is first asked for: the servers are not there yet when lanes are put together. */
    const once = (make: () => Delivery): (() => Delivery) => {
        let made: Delivery | undefined;
        return () => {
            made ??= make();
            return made;
        };
    };

    /** All deliveries on one storage, with what comes before and after them on the same installation. */
    const storage = (
        noun: string,
        what: string,
        values: () => Promise<Readonly<Record<string, unknown>>>,
        last: (lane: Lane, on: Installation) => void,
        first: (lane: Lane, on: Installation) => void = () => undefined,
    ): void => {
        if (!isAsked(noun)) {
            return;
        }
        const on = installation(noun);
        const lane = new Lane();
        lanes.push(lane);
        first(lane, on);
        lane.step(what, async () => on.configure(await values()));
        const git = (kind: "sync" | "bundle") => () => repository(`${noun}-${kind}`);
        // An image comes first: changing to one later would start all that runs once more.
        const image = once(() => byImage(on, build));
        const volume = once(() => byVolume(on));
        const gitSync = once(() => byGitSync(git("sync")()));
        const gitBundle = once(() => byGitBundle(git("bundle")()));
        deliveryCase(what, lane, on, image, "image");
        deliveryCase(what, lane, on, volume, "volume");
        sharedFiles(what, lane, on);
        deliveryCase(what, lane, on, gitSync, "gitSync");
        if (noun === "host") {
            changedInARun("gitSync", lane, on, git("sync"));
        }
        deliveryCase(what, lane, on, gitBundle, "gitBundle");
        if (noun === "host") {
            changedInARun("gitBundle", lane, on, git("bundle"));
        }
        last(lane, on);
    };

    storage(
        "server",
        "an NFS server in the cluster",
        async () => nfsServerSettings,
        (lane, on) => nfsServer(lane, on, async (files) => void (await repository("server-bundle").commit(files))),
    );
    storage(
        "outside",
        "an NFS server outside",
        async () => ({
            ...rightSettings,
            hosting: "readWriteMany",
            storage: {
                kind: "nfs",
                nfs: { server: servers.nfsAddress, path: await servers.exportedDirectory("outside") },
            },
        }),
        (lane, on) => {
            const left = lane.step("what is left outside", async () => {
                await on.down();
                return await servers.onNfsServer("find", "/disk/export/outside", "-maxdepth", "2");
            });
            describe("a destroyed installation on an NFS server outside", () => {
                it("leaves DAGs and logs there", async () => {
                    expect(await left()).to.match(/outside\/logs\/dag_id=versions_image/);
                    expect(await left()).to.match(/outside\/dags\/current/);
                });
            });
        },
        (lane, on) => badSettings(lane, on, () => servers),
    );
    storage(
        "host",
        "a directory of the node",
        async () => ({}),
        (lane, on) => {
            lane.step("the end", async () => await on.down());
        },
    );

    if (isAsked("around")) {
        const on = installation("around");
        const lane = new Lane();
        lanes.push(lane);
        surroundings(
            lane,
            on,
            () => servers,
            once(() => byVolume(on)),
        );
    }
});
