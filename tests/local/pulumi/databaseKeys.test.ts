import { expect } from "chai";
import { keys, keysFor, pinned } from "../../../local/pulumi/databaseKeys";
import { parseState, resourcesOf } from "../../../local/pulumi/stackState";

const exported = JSON.stringify({
    version: 3,
    deployment: {
        resources: [
            {
                urn: "urn:pulumi:minikube::airflow-kubernetes::random:index/randomPassword:RandomPassword::airflow-admin-password",
                type: "random:index/randomPassword:RandomPassword",
                outputs: { result: "not this one" },
            },
            {
                urn: "urn:pulumi:minikube::airflow-kubernetes::a$random:index/randomPassword:RandomPassword::airflow-database-password",
                type: "random:index/randomPassword:RandomPassword",
                outputs: {
                    result: {
                        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
                        plaintext: '"s3cret"',
                    },
                },
            },
            {
                urn: "urn:pulumi:minikube::airflow-kubernetes::a$random:index/randomBytes:RandomBytes::airflow-fernet-key",
                type: "random:index/randomBytes:RandomBytes",
                outputs: { base64: "+/+/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" },
            },
        ],
    },
});

describe("The keys that a retained database needs", () => {
    const [fernetKey, databasePassword] = keys;

    it("are found in the state of the stack that made them", () => {
        const resources = resourcesOf(parseState(exported));
        expect(fernetKey?.find(resources)).to.equal("-_-_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        expect(databasePassword?.find(resources)).to.equal("s3cret");
    });

    it("are not found in a stack without resources", () => {
        for (const empty of [
            "{}",
            '{"deployment": null}',
            '{"deployment": {"resources": null}}',
            '{"deployment": {}}',
        ]) {
            expect(keys.map((key) => key.find(resourcesOf(parseState(empty))))).to.deep.equal([undefined, undefined]);
        }
    });

    it("are made in the form that Airflow and Postgres take, each time another", () => {
        expect(fernetKey?.make()).to.match(/^[A-Za-z0-9_-]{43}=$/);
        expect(databasePassword?.make()).to.match(/^[A-Za-z0-9]{32}$/);
        expect(fernetKey?.make()).to.not.equal(fernetKey?.make());
    });

    it("count as pinned whether encrypted or not", () => {
        const file =
            "config:\n  airflow-kubernetes:fernetKey:\n    secure: v1:abc\n  airflow-kubernetes:hosting: minikube\n";
        expect(pinned(file)).to.deep.equal(["fernetKey"]);
        expect(pinned("config:\n")).to.deep.equal([]);
        expect(pinned("")).to.deep.equal([]);
    });

    it("leave out the password of a database that exists, which is not for us to make", () => {
        const settings = (stackFile: string) => keysFor(stackFile).map(({ setting }) => setting);
        const both = ["fernetKey", "databasePassword"];
        expect(settings("")).to.deep.equal(both);
        expect(settings("config:\n  airflow-kubernetes:database:\n    retain: true\n")).to.deep.equal(both);
        const external = "config:\n  airflow-kubernetes:database:\n    external:\n      host: db.example.org\n";
        expect(settings(external)).to.deep.equal(["fernetKey"]);
    });
});
