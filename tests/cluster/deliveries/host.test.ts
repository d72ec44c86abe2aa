import { Installation, testPrefix } from "../support/installation";
import { TestServers } from "../support/testServers";
import { changedInARun } from "./changedInARun";
import { byGitBundle, byGitSync, byImage, byVolume } from "./deliveries";
import { deliveryCase } from "./deliveryCase";
import { once } from "./once";
import { sharedFiles } from "./sharedFiles";

/** All deliveries, which take turns on one installation, as a user would change them. */
describe("Deliveries on a directory of the node", () => {
    const storage = "a directory of the node";
    const on = Installation.modest(`${testPrefix}-host`);
    const bySsh = once("a repository reached by ssh", async () =>
        (await TestServers.shared()).repository("host-sync", "ssh"),
    );
    const byHttps = once("a repository reached by https", async () =>
        (await TestServers.shared()).repository("host-bundle", "https"),
    );

    after(() => on.end());

    // An image comes first: changing to one later would start all that runs once more.
    deliveryCase(storage, on, "image", async () => byImage(on));
    deliveryCase(storage, on, "volume", async () => byVolume(on));
    sharedFiles(storage, on, () => on.isUp(), false);
    const gitSync = deliveryCase(storage, on, "gitSync", async () => byGitSync(await bySsh()));
    changedInARun("gitSync", on, bySsh, gitSync);
    const gitBundle = deliveryCase(storage, on, "gitBundle", async () => byGitBundle(await byHttps()));
    changedInARun("gitBundle", on, byHttps, gitBundle);
});
