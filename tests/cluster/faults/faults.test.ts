import { setting } from "../../../local/session/options";
import { removeLeftovers } from "../support/leftovers";
import { TestServers } from "../support/testServers";
import { clusterFaults } from "./clusterFaults";
import { explainFaulty, faulty } from "./faultInstallation";
import { fullVolume } from "./fullVolume";
import { hurtful } from "./hurtful";
import { load } from "./load";
import { outages } from "./outages";
import { secondPostgres } from "./secondPostgres";
import { soak } from "./soak";
import { taskFaults } from "./taskFaults";

/** Minutes from which on all faults are tried. Two hundred pods alone are a quarter of an hour of two CPUs. */
const long = 10;
const leftOut =
    "two minutes without api-server or database, a cluster in trouble, a full volume, and many tasks at once";

/** How long parts are killed. `make test-soak` takes ten minutes, as part of `make test` two. */
const minutes = Number(setting(process.env, "MINUTES") ?? 10);

/** Airflow under which things are killed, taken away and filled: one installation, whose parts use what is up already. */
describe("Airflow under faults", function () {
    this.timeout(3_600_000);

    before("nothing is left of an earlier test run", async () => {
        TestServers.forget();
        await removeLeftovers();
    });

    afterEach("explain a failure", async function () {
        if (this.currentTest?.state === "failed") {
            console.log(await explainFaulty());
        }
    });

    after("nothing is left of this one", async () => {
        await faulty.end();
        TestServers.forget();
        await removeLeftovers();
    });

    taskFaults();
    hurtful();
    secondPostgres();
    soak(minutes);
    if (minutes >= long) {
        outages();
        clusterFaults();
        fullVolume();
        load(200);
    } else {
        console.log(`  MINUTES=${minutes}: ${leftOut} are left to make test-soak`);
    }
});
