import { localPython } from "../../../local/development/localPython";
import { requireLocalAirflow } from "../../support/localAirflow";
import { managedObjectsCases } from "../../support/managedObjects";

describe("connections, variables and pools, by the models of an Airflow on this machine", function () {
    this.timeout(120_000);

    before(async function () {
        await requireLocalAirflow(this);
    });

    managedObjectsCases(localPython);
});
