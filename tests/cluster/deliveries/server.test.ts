import { Installation, testPrefix } from "../support/installation";
import { TestServers } from "../support/testServers";
import { byGitBundle, byGitSync, byVolume } from "./deliveries";
import { deliveryCase } from "./deliveryCase";
import { nfsServer, nfsServerSettings } from "./nfsServer";
import { once } from "./once";
import { sharedFiles } from "./sharedFiles";

describe("Deliveries on an NFS server in the cluster", () => {
    const storage = "an NFS server in the cluster";
    const on = Installation.modest(`${testPrefix}-server`);
    const byHttps = once("a repository reached by https", async () =>
        (await TestServers.shared()).repository("server-sync", "https"),
    );
    const bySsh = once("a repository reached by ssh", async () =>
        (await TestServers.shared()).repository("server-bundle", "ssh"),
    );

    before(() => on.configure(nfsServerSettings));
    after(() => on.end());

    deliveryCase(storage, on, "volume", async () => byVolume(on));
    sharedFiles(storage, on, () => on.isUp());
    const gitSync = deliveryCase(storage, on, "gitSync", async () => byGitSync(await byHttps()));
    nfsServer(on, {
        installed: gitSync,
        publish: async (files) => void (await (await byHttps()).commit(files)),
        next: async () => byGitBundle(await bySsh()),
    });
});
