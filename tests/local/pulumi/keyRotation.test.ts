import { expect } from "chai";
import { askedKey, nextStep, rotatedKeys } from "../../../local/pulumi/keyRotation";
import { projectName } from "../../../local/pulumi/stackFile";
import { UserError } from "../../../local/support/errors";

const config = (group: string, text: string) => `config:\n  ${projectName}:${group}:\n    ${text}\n`;

describe("the rotation of a key", () => {
    it("sets a new key before the old one, then the new one alone", () => {
        for (const setting of ["fernetKey", "databasePassword", "jwtKey"]) {
            const key = askedKey(setting, "");
            const first = nextStep(key, "the-old-key");
            const [newer, older, ...others] = first.value.split(",");
            expect([older, others, first.last], setting).to.deep.equal(["the-old-key", [], false]);
            expect(newer, setting).to.have.length.greaterThan(30);
            expect(nextStep(key, first.value), setting).to.deep.equal({ value: newer, last: true });
        }
    });

    it("sets another key at once where two cannot be known, or where there was none", () => {
        for (const [setting, current] of [
            ["apiSecretKey", "the-old-key"],
            ["jwtKey", undefined],
        ] as const) {
            const { value, last } = nextStep(askedKey(setting, ""), current);
            expect(last).to.equal(true);
            expect(value).to.match(/^[0-9a-f]{64}$/);
        }
    });

    it("finds the key that the stack has made for itself", () => {
        const resources = [
            {
                type: "random:index/randomPassword:RandomPassword",
                urn: "urn:pulumi:minikube::airflow-kubernetes::random:index/randomPassword:RandomPassword::airflow-jwt-secret",
                outputs: { result: "made-by-the-stack" },
            },
        ];
        const found = rotatedKeys.map(({ setting, find }) => [setting, find(resources as never)]);
        expect(Object.fromEntries(found)).to.deep.equal({
            fernetKey: undefined,
            databasePassword: undefined,
            jwtKey: "made-by-the-stack",
            apiSecretKey: undefined,
        });
    });

    it("refuses a key that there is not, and one that somebody else keeps, in a sentence", () => {
        const refused = (name: string | undefined, stackFile = "") => {
            try {
                askedKey(name, stackFile);
            } catch (error) {
                expect(error).to.be.instanceOf(UserError);
                return (error as UserError).message;
            }
            return "";
        };
        expect(refused(undefined)).to.contain("KEY is not set").and.contain("jwtKey: the key that signs tokens");
        expect(refused("gitToken")).to.contain('KEY is "gitToken"');
        expect(refused("jwtKey", config("airflow", "jwtKeySecret: {name: a, key: b}"))).to.contain(
            "airflow.jwtKeySecret names the Secret",
        );
        expect(refused("databasePassword", config("database", "external: {host: db}"))).to.contain("one that exists");
    });
});
