import { expect } from "chai";
import { badSettings } from "./deliveries/badSettings";
import { changedInARun } from "./deliveries/changedInARun";
import { byGitBundle, byGitSync, byImage, byVolume, type Delivery } from "./deliveries/deliveries";
import { deliveryCase } from "./deliveries/deliveryCase";
import { Lane, runLanes } from "./deliveries/lane";
import { nfsServer } from "./deliveries/nfsServer";
import { retainedClaims } from "./deliveries/retainedClaims";
import { sharedFiles } from "./deliveries/sharedFiles";
import { surroundings } from "./deliveries/surroundings";
import { Installation, testPrefix } from "./support/installation";
import { removeLeftovers } from "./support/leftovers";
import { startMake } from "./support/make";
import { type GitRepository, TestServers } from "./support/testServers";

/**
 * Every way in which DAGs arrive on every kind of storage. Each storage has an installation of its own, on which the deliveries
 * take turns, as a user would change them; the installations run side by side, because most of the time goes by with waiting.
 * TEST_LANES=server,bad runs some of them only: server, outside, host, around, class, bad.
 */
describe("Deliveries and storages on the local cluster", function () {
    this.timeout(3_000_000);

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
        work = runLanes(lanes, 3);
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

    /** All deliveries on one storage, and what comes after them while it is there. */
    const storage = (
        noun: string,
        what: string,
        values: () => Promise<Readonly<Record<string, unknown>>>,
        further: (lane: Lane, on: Installation, volume: () => Delivery) => void,
    ): void => {
        if (!isAsked(noun)) {
            return;
        }
        const on = installation(noun);
        const lane = new Lane();
        lanes.push(lane);
        lane.step(what, async () => on.configure(await values()));
        const known = new Map<string, Delivery>();
        const once = (name: string, make: () => Delivery) => (): Delivery => {
            const delivery = known.get(name) ?? make();
            known.set(name, delivery);
            return delivery;
        };
        const volume = once("volume", () => byVolume(on));
        deliveryCase(what, lane, on, volume, "volume");
        sharedFiles(what, lane, on);
        deliveryCase(
            what,
            lane,
            on,
            once("gitSync", () => byGitSync(repository(`${noun}-sync`))),
            "gitSync",
        );
        if (noun === "host") {
            changedInARun("gitSync", lane, on, () => repository(`${noun}-sync`));
        }
        deliveryCase(
            what,
            lane,
            on,
            once("gitBundle", () => byGitBundle(repository(`${noun}-bundle`))),
            "gitBundle",
        );
        if (noun === "host") {
            changedInARun("gitBundle", lane, on, () => repository(`${noun}-bundle`));
        }
        deliveryCase(
            what,
            lane,
            on,
            once("image", () => byImage(on, build)),
            "image",
        );
        further(lane, on, volume);
    };

    storage(
        "server",
        "an NFS server in the cluster",
        async () => ({ hosting: "readWriteMany", storage: { kind: "nfsServer" } }),
        nfsServer,
    );
    storage(
        "outside",
        "an NFS server outside",
        async () => ({
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
        let delivery: Delivery | undefined;
        surroundings(
            lane,
            on,
            () => servers,
            () => {
                delivery ??= byVolume(on);
                return delivery;
            },
        );
    }
    if (isAsked("class")) {
        const on = installation("class");
        const lane = new Lane();
        lanes.push(lane);
        let delivery: Delivery | undefined;
        retainedClaims(lane, on, () => {
            delivery ??= byVolume(on);
            return delivery;
        });
    }
    if (isAsked("bad")) {
        const lane = new Lane();
        lanes.push(lane);
        badSettings(lane, installation("bad"), () => servers);
    }
});
