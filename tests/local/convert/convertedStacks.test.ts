import { expect } from "chai";
import { parseValues } from "../../../local/convert/chartValues";
import { convert } from "../../../local/convert/conversion";
import { kindOf, metadata, objects, pods } from "../../support/objects";
import { type ProgramRun, runProgram } from "../../support/program";
import { secretValues } from "../../support/randomConfigurations";
import { structuralFaults } from "../../support/structure";
import { teams, valuesText } from "./valuesFiles";

/** The installation of a converted stack, once a person has set what the converter says is missing. */
async function installed(team: string): Promise<ProgramRun> {
    const { stack, missing, secrets } = convert(parseValues(valuesText(team)));
    const database = stack.database as { external: object };
    const asked = missing.map((text) => text.split(":")[0]);
    const keys = new Set([...secrets.map(({ key }) => key), ...asked.filter((key) => key in secretValues)]);
    const values = {
        ...stack,
        ...(asked.includes("storage.nfsServer.image") && { storage: { nfsServer: { image: "r.example.org/nfs:1" } } }),
        ...(asked.includes("database.external.host") && {
            database: { external: { ...database.external, host: "database.example.org" } },
        }),
        ...Object.fromEntries([...keys].map((key) => [key, secretValues[key]])),
    };
    return await runProgram(values, { stack: team });
}

describe("stacks of converted values", () => {
    const runs = new Map<string, ProgramRun>();
    before(async () => {
        for (const team of teams) {
            runs.set(team, await installed(team));
        }
    });

    for (const team of teams) {
        it(`of the team ${team} become an installation, with what the converter says is missing`, () => {
            const run = runs.get(team) as ProgramRun;
            expect(run.error).to.equal(undefined);
            expect(structuralFaults(run.registrations)).to.deep.equal([]);
            const kinds = objects(run.registrations).map((object) => `${kindOf(object.type)} ${metadata(object).name}`);
            expect(kinds).to.include("Deployment airflow-scheduler");
            // The database is outside.
            expect(kinds.filter((kind) => kind.includes("postgres"))).to.deep.equal([]);
        });
    }

    it("put every pod of the team harbour where it may be, Jobs and git-sync too", () => {
        const all = pods((runs.get("harbour") as ProgramRun).registrations);
        expect(all.length).to.be.greaterThan(6);
        for (const { metadata: { name, labels } = {}, spec } of all) {
            expect(spec.nodeSelector, name).to.include({ "kubernetes.io/os": "linux" });
            expect(labels, name).to.include({ "example.org/team": "harbour" });
        }
    });

    it("give roles of a cloud to the ServiceAccounts of the team orders", () => {
        const { registrations } = runs.get("orders") as ProgramRun;
        const accounts = objects(registrations, "ServiceAccount").map(metadata);
        expect(accounts.find(({ name }) => name === "airflow-scheduler")?.annotations).to.include({
            "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/orders-scheduler",
        });
    });
});
