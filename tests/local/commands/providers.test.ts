import { expect } from "chai";
import { providerTable, readProviders } from "../../../local/commands/providers";
import { UserError } from "../../../local/support/errors";

const listed = [
    { package_name: "apache-airflow-providers-standard", description: "Standard", version: "1.19.0" },
    { package_name: "apache-airflow-providers-fab", description: "FAB [auth]", version: "3.9.0" },
];

describe("make providers", () => {
    it("finds the list behind what Airflow logs before it", () => {
        const text = `[2026-11-21T13:00:00] {settings.py:1} WARNING - old\n/x.py:1 RemovedIn4: soon\n${JSON.stringify(listed)}\n`;
        expect(readProviders(text).map(({ package_name }) => package_name)).to.deep.equal([
            "apache-airflow-providers-fab",
            "apache-airflow-providers-standard",
        ]);
    });

    it("takes a list over several lines", () => {
        expect(readProviders(JSON.stringify(listed, undefined, 2))).to.have.length(2);
    });

    it("shows what Airflow said in place of a list", () => {
        expect(() => readProviders("no such command\n")).to.throw(UserError, "no such command");
        expect(() => readProviders("[2026] failed")).to.throw(UserError, "failed");
    });

    it("prints names and versions in columns", () => {
        expect(providerTable(readProviders(JSON.stringify(listed)))).to.equal(
            "apache-airflow-providers-fab       3.9.0\napache-airflow-providers-standard  1.19.0\n",
        );
    });
});
