import { expect } from "chai";
import { airflowOptions, type FoundOptions, knownAirflowOptions } from "../../local/development/airflowOptions";
import type { PythonWithAirflow } from "../../local/development/localPython";

/** What the component knows of Airflow's options, compared with what an Airflow says itself. */
export function airflowOptionsCases(python: PythonWithAirflow): void {
    const known = knownAirflowOptions();
    let found: FoundOptions;

    before("ask Airflow for its options", async () => {
        found = await airflowOptions(python);
    });

    it("knows every option that this Airflow or a provider of it marks as sensitive", () => {
        expect(found.sensitive).to.include("core.fernet_key");
        expect(known.sensitive).to.include.members([...found.sensitive]);
    });

    it("takes none for sensitive that it describes without marking it", () => {
        expect(found.open).to.include("core.executor").and.have.length.greaterThan(200);
        expect(known.sensitive.filter((option) => found.open.includes(option))).to.deep.equal([]);
    });

    it("knows the old names, and the names that Airflow masks", () => {
        expect({ airflow: known.airflow, renamed: known.renamed, secretNames: known.secretNames }).to.deep.equal({
            airflow: found.airflow,
            renamed: found.renamed,
            secretNames: found.secretNames,
        });
    });
}
