import { expect } from "chai";
import { welcome } from "../../../local/commands/up";
import type { StackOutputs } from "../../../local/session/session";

const outputs: StackOutputs = {
    url: "http://localhost:8080",
    adminUser: "ada",
    adminPassword: "a password",
    namespaces: { airflow: "airflow", workers: "airflow-workers" },
    openUi: "",
    retained: [],
};

/** The line of the address. */
function urlLine(more: object): string | undefined {
    return welcome({ ...outputs, ...more }, "minikube", "10 s", true)
        .split("\n")
        .find((line) => line.trim().startsWith("URL"));
}

describe("what make up ends with", () => {
    it("says how the address answers: on this machine after make ui", () => {
        expect(urlLine({})).to.equal("  URL       http://localhost:8080   (after: make ui)");
    });

    it("says what the host of a public address has to lead to, where the cluster says it", () => {
        const url = "https://airflow.example.org/team";
        expect(urlLine({ url })).to.equal(`  URL       ${url}`);
        expect(urlLine({ url, publicAddress: "192.0.2.7" })).to.equal(
            `  URL       ${url}   (airflow.example.org has to lead to 192.0.2.7)`,
        );
    });

    it("tells who can log in, and with what", () => {
        expect(welcome(outputs, "minikube", "1 min", true)).to.contain("User      ada\n  Password  a password\n");
        expect(welcome(outputs, "minikube", "1 min", false)).to.not.contain("a password");
    });

    it("tells of no password where there is no first user", () => {
        const told = welcome({ ...outputs, adminUser: "", adminPassword: "" }, "minikube", "1 min", true);
        expect(told).to.contain("whom auth in the stack lets in").and.to.not.contain("Password");
        // Nor of what needs it.
        expect(told).to.not.contain("make run-dag");
        expect(welcome(outputs, "minikube", "1 min", true)).to.contain("make run-dag");
    });
});
