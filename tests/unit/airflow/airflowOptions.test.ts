import { localPython } from "../../../local/development/localPython";
import { airflowOptionsCases } from "../../support/airflowOptions";
import { requireLocalAirflow } from "../../support/localAirflow";

describe("options, by what an Airflow on this machine says of them", function () {
    this.timeout(120_000);

    before(async function () {
        await requireLocalAirflow(this);
    });

    airflowOptionsCases(localPython);
});
