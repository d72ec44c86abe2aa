import { expect } from "chai";
import { noFirstUser, readConf, taskName } from "../../../local/commands/runDag";
import { readPort } from "../../../local/commands/ui";
import { isYes, readOptions } from "../../../local/session/options";
import { UserError } from "../../../local/support/errors";

describe("The settings of a command", () => {
    it("have defaults, and empty counts as not given", () => {
        const options = readOptions({ STACK: "", CONFIG: "", ENGINE: " ", CLUSTER: "" });
        expect(options).to.deep.include({
            stack: "minikube",
            cluster: "local",
            engine: undefined,
            yes: false,
            overrides: [],
        });
        expect(options.stackFile).to.match(/\/Pulumi\.minikube\.yaml$/);
    });

    it("are refused all at once", () => {
        const read = () => readOptions({ STACK: "a/b", ENGINE: "helm", CONFIG: "x y" });
        expect(read)
            .to.throw(UserError)
            .with.property("message")
            .that.matches(/CONFIG: "x"[\s\S]*CONFIG: "y"[\s\S]*STACK[\s\S]*ENGINE/);
    });

    it("know a yes", () => {
        expect(["1", "true", "YES", "y"].every(isYes)).to.equal(true);
        expect(["", "0", "no", undefined].some(isYes)).to.equal(false);
    });

    it("take a run's configuration as a JSON object only", () => {
        expect(readConf(undefined)).to.deep.equal({});
        expect(readConf('{"seconds": 5}')).to.deep.equal({ seconds: 5 });
        for (const wrong of ["5", "[1]", "{", "null"]) {
            expect(() => readConf(wrong), wrong).to.throw(UserError, "CONF is no JSON object");
        }
    });

    it("tell what to do where there is nobody to trigger a DAG as", () => {
        const of = (auth: string) => noFirstUser(`config:\n    airflow-kubernetes:auth: ${auth}\n`);
        expect(of("")).to.contain("admin.enabled");
        expect(of("{ ldap: {} }")).to.contain("admin.enabled");
        expect(of("{ manager: keycloak }")).to.contain("Keycloak has the users").and.to.not.contain("admin.enabled");
    });

    it("take a port from 1 to 65535", () => {
        expect(readPort(undefined)).to.equal(8080);
        expect(readPort("9000", "http://localhost:7000")).to.equal(9000);
        expect(readPort(undefined, "http://localhost:7000/x")).to.equal(7000);
        expect(readPort(undefined, "https://airflow.example.org:8443")).to.equal(8080);
        for (const wrong of ["0", "65536", "http", "1.5"]) {
            expect(() => readPort(wrong), wrong).to.throw(UserError, "PORT");
        }
    });

    it("name a mapped task with its index", () => {
        const task = {
            task_id: "square",
            try_number: 1,
            state: null,
            start_date: null,
            end_date: null,
            hostname: null,
        };
        expect(taskName({ ...task, map_index: -1 })).to.equal("square");
        expect(taskName({ ...task, map_index: 3 })).to.equal("square[3]");
    });
});
