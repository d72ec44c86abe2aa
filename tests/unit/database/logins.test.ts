import { expect } from "chai";
import { keptLogin, loginOf, loginsFile } from "../../../components/database/logins";

describe("logins of the component's own Postgres", () => {
    it("are one for each password, of names that are roles of Postgres as they stand", () => {
        const logins = ["a-password", "another-password"].map(loginOf);
        expect(new Set([...logins, keptLogin]).size).to.equal(3);
        for (const login of logins) {
            expect(login).to.match(/^airflow_[0-9a-f]{8}$/);
        }
        expect(loginOf("a-password")).to.equal(logins[0]);
    });

    it("are told to Postgres with the new password and the old one", () => {
        expect(loginsFile("new-password,old-password")).to.equal(
            `${loginOf("new-password")}\nnew-password\n${loginOf("old-password")}\nold-password\n`,
        );
    });
});
