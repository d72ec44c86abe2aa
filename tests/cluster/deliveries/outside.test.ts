import { expect } from "chai";
import { Installation, testPrefix } from "../support/installation";
import { TestServers } from "../support/testServers";
import { badSettings, rightSettings } from "./badSettings";
import { byVolume } from "./deliveries";
import { deliveryCase } from "./deliveryCase";
import { gitFaults } from "./gitFaults";
import { once } from "./once";
import { sharedFiles } from "./sharedFiles";

describe("Deliveries on an NFS server outside", () => {
    const storage = "an NFS server outside";
    const on = Installation.modest(`${testPrefix}-outside`);
    const configured = once("the settings of an NFS server outside", async () => {
        const servers = await TestServers.shared();
        const nfs = { server: servers.nfsAddress, path: await servers.exportedDirectory("outside") };
        on.configure({ ...rightSettings, hosting: "readWriteMany", storage: { kind: "nfs", nfs } });
    });

    after(() => on.end());

    gitFaults();
    badSettings(on);
    const volume = deliveryCase(storage, on, "volume", async () => {
        await configured();
        return byVolume(on);
    });
    sharedFiles(storage, on, volume);

    describe("a destroyed installation on an NFS server outside", () => {
        it("leaves DAGs and logs there", async () => {
            await volume();
            await on.down();
            const servers = await TestServers.shared();
            const left = await servers.onNfsServer("find", "/disk/export/outside", "-maxdepth", "2");
            expect(left).to.match(/outside\/logs\/dag_id=versions_volume/);
            expect(left).to.match(/outside\/dags\/current/);
        });
    });
});
