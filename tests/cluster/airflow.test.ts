import { access } from "./airflow/access";
import { brokenConfiguration } from "./airflow/brokenConfiguration";
import { commands } from "./airflow/commands";
import { destroyed } from "./airflow/destroyed";
import { firstRun } from "./airflow/firstRun";
import { interruptedUp } from "./airflow/interruptedUp";
import { lostScheduler } from "./airflow/lostScheduler";
import { managedObjects } from "./airflow/managedObjects";
import { networkPolicies } from "./airflow/networkPolicies";
import { podTemplates } from "./airflow/podTemplates";
import { secondUp } from "./airflow/secondUp";
import { secretsSearch } from "./airflow/secretsSearch";
import { severalNodes } from "./airflow/severalNodes";
import { shell } from "./airflow/shell";
import { userInterface } from "./airflow/userInterface";
import { withoutCluster } from "./airflow/withoutCluster";
import { installation } from "./support/installation";
import { removeLeftovers } from "./support/leftovers";
import { clearOutput } from "./support/processes";

/**
 * Airflow on the local cluster, used as a person uses it: through make, the REST API, the browser, and kubectl. The parts run
 * in this order because each uses what the one before has left, which saves time; each also runs alone, as in
 * `make test-cluster GREP="make up, interrupted"`.
 */
describe("Airflow on the local cluster", () => {
    before("nothing is left of an earlier test run", async () => {
        clearOutput();
        await removeLeftovers();
    });

    after("nothing is left of this one", async () => {
        await installation.close();
        await removeLeftovers();
    });

    withoutCluster();
    brokenConfiguration();
    severalNodes();
    interruptedUp();
    firstRun();
    secondUp();
    shell();
    access();
    networkPolicies();
    commands();
    userInterface();
    lostScheduler();
    managedObjects();
    secretsSearch();
    podTemplates();
    destroyed();
});
