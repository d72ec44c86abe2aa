/**
 * Airflow on the local cluster, used as a person uses it: through make, the REST API, the browser, and kubectl. The parts run
 * in this order because each uses what the one before has left, which saves time; each also runs alone
 * (`npx mocha --config .mocharc.cluster.json --spec tests/cluster/airflow.test.ts --grep "<part>"`).
 */
import { installation } from "./support/installation";
import { removeLeftovers } from "./support/leftovers";

before("nothing is left of an earlier test run", async () => {
    await removeLeftovers();
});

after("nothing is left of this one", async () => {
    await installation.close();
    await removeLeftovers();
});

import "./airflow/withoutCluster";
import "./airflow/brokenConfiguration";
import "./airflow/interruptedUp";
import "./airflow/firstRun";
import "./airflow/secondUp";
import "./airflow/access";
import "./airflow/commands";
import "./airflow/userInterface";
import "./airflow/lostScheduler";
import "./airflow/destroyed";
import "./airflow/retained";
