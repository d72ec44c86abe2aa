import { randomBytes } from "node:crypto";
import { expect } from "chai";
import type { Installation } from "../support/installation";
import { kube, objects } from "../support/kubernetes";
import { versionDag } from "./dags";
import type { Delivery } from "./deliveries";
import type { Lane } from "./lane";

/** Volumes that a StorageClass makes, and a database that outlives its stack: what is left of them, and how it is taken up again. */
export function retainedClaims(lane: Lane, installation: Installation, delivery: () => Delivery): void {
    const group = "volumes of a StorageClass, and a retained database";
    const dagId = "versions_class";
    const pinned = {
        fernetKey: randomBytes(32).toString("base64").replaceAll("+", "-").replaceAll("/", "_"),
        databasePassword: randomBytes(18).toString("base64url"),
    };
    const storage = { kind: "storageClass", storageClass: "standard" };

    const logOf = async (runId: string): Promise<string> => {
        const api = await installation.api();
        const [task] = await api.tasks(dagId, runId);
        return await api.log(dagId, runId, task);
    };

    const first = lane.step(group, async () => {
        await delivery().publish({ "versions.py": versionDag(dagId, 1) });
        installation.configure({
            hosting: "readWriteMany",
            storage,
            database: { retain: true, resources: { cpuRequest: "10m" } },
            ...pinned,
            ...delivery().settings(),
        });
        await installation.up();
        const runId = await installation.trigger(dagId);
        return { runId, state: await installation.runEnds(dagId, runId), log: await logOf(runId) };
    });
    const destroyed = lane.step(group, async () => {
        const { retained } = await installation.outputs();
        await installation.down();
        const places = retained.filter(({ namespace }) => namespace !== undefined);
        const left = await Promise.all(
            places.map(async ({ namespace = "", claim = "" }) => {
                const [found] = await objects("persistentvolumeclaim", claim, "--namespace", namespace);
                return found?.status?.phase;
            }),
        );
        return { places, left };
    });
    const again = lane.step(group, async () => {
        const { places } = await destroyed();
        const of = (noun: string) => places.find(({ data }) => data === noun);
        installation.configure({
            storage: { ...storage, existingNamespace: of("logs")?.namespace },
            database: {
                retain: true,
                resources: { cpuRequest: "10m" },
                existingClaim: { namespace: of("database")?.namespace, name: of("database")?.claim },
            },
        });
        await installation.up();
        const log = await logOf((await first()).runId);
        await installation.down();
        for (const { namespace = "" } of places) {
            await kube(["delete", "namespace", namespace, "--ignore-not-found", "--wait=false"]);
        }
        return log;
    });

    describe(group, () => {
        it("are shared by all namespaces: a DAG runs, and its log is read", async () => {
            const { state, log } = await first();
            expect(state).to.equal("success");
            expect(log).to.contain("version 1 of the code");
        });

        it("are left with their claims when the installation is destroyed", async () => {
            const { places, left } = await destroyed();
            expect(places.map(({ data }) => data)).to.have.members(["dags", "logs", "database"]);
            expect(left).to.deep.equal(places.map(() => "Bound"));
        });

        it("are taken up again by the settings that the output retained names: the run is known, and its log is read", async () => {
            expect(await again()).to.contain("version 1 of the code");
        });
    });
}
