import { expect } from "chai";
import { parse } from "yaml";
import {
    mark,
    redactor,
    type SecretObject,
    secretTexts,
    stackFileWithoutSecrets,
} from "../../../local/report/redaction";
import { secretForms } from "../../support/secretForms";

const secret = (data: Record<string, string>, type = "Opaque"): SecretObject => ({
    metadata: { name: "a", namespace: "airflow" },
    type,
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString("base64")])),
});
const cleaned = (text: string, data: Record<string, string>, type?: string) =>
    redactor(secretTexts([secret(data, type)])).redact(text);

const hostile = 'p@ss "word"/+=%&\\ ü-and-more\tof it';
const key = `-----BEGIN KEY-----\n${"A1b2".repeat(16)}\n${"C3d4".repeat(16)}\n-----END KEY-----\n`;

describe("The redaction of a report", () => {
    for (const value of [hostile, "plain-password-1", key]) {
        it(`leaves no form of a value in which it may lie open: ${JSON.stringify(value).slice(0, 24)}`, () => {
            for (const form of secretForms(value)) {
                const text = `before ${form} after {"a": "${form}"}`;
                const { redact, finds } = redactor(secretTexts([secret({ password: value })]));
                expect(finds(text), form).to.equal(true);
                expect(redact(text), form).to.not.contain(form);
                expect(redact(text), form).to.match(/^before .*after/s);
                expect(finds(redact(text)), form).to.equal(false);
            }
        });
    }

    it("takes out what is secret within a value: the password of a URL, both keys of a rotation, texts of an object", () => {
        const url = { connection: "postgresql://ada:s%40cret-word@db:5432/airflow" };
        expect(cleaned("login of ada with s@cret-word", url)).to.equal(`login of ada with ${mark}`);
        expect(cleaned("with s%40cret-word", url)).to.equal(`with ${mark}`);
        expect(cleaned("host db:5432", url)).to.equal("host db:5432");
        const keys = { key: "new-key-00000000,old-key-11111111" };
        expect(cleaned("old-key-11111111 or new-key-00000000", keys)).to.equal(`${mark} or ${mark}`);
        const object = {
            objects: JSON.stringify({
                connections: {
                    warehouse: { host: "db.example.org", password: "inner-word", extra: '{"token": "abc-12"}' },
                },
            }),
        };
        expect(cleaned("db.example.org inner-word abc-12", object)).to.equal(`db.example.org ${mark} ${mark}`);
        const variables = { objects: JSON.stringify({ variable: { careless: "a-long-word", region: "true" } }) };
        expect(cleaned("true: a-long-word", variables)).to.equal(`true: ${mark}`);
        const docker = {
            ".dockerconfigjson": JSON.stringify({ auths: { r: { password: "pull-word", auth: "cm9ib3Q6cHVsbA==" } } }),
        };
        expect(cleaned("pull-word cm9ib3Q6cHVsbA==", docker)).to.equal(`${mark} ${mark}`);
    });

    it("takes short values out as words, and leaves words of which they are a part", () => {
        expect(cleaned("pin=4711; port 47110; 'abc' abcde", { a: "4711", b: "abc" })).to.equal(
            `pin=${mark}; port 47110; '${mark}' abcde`,
        );
    });

    it("leaves what everybody knows of a token of Kubernetes's", () => {
        const token = { token: "eyJhbGciOiJSUzI1NiJ9.e30.c2ln", namespace: "airflow", "ca.crt": "a certificate" };
        const text = "namespace airflow, a certificate, eyJhbGciOiJSUzI1NiJ9.e30.c2ln";
        expect(cleaned(text, token, "kubernetes.io/service-account-token")).to.equal(
            `namespace airflow, a certificate, ${mark}`,
        );
    });

    it("is nothing without Secrets, and minds neither empty ones nor binary ones", () => {
        const binary: SecretObject = {
            metadata: { name: "a" },
            data: { file: Buffer.from([0xff, 0xfe, 0, 1]).toString("base64"), none: "" },
        };
        expect(redactor(secretTexts([{ metadata: { name: "a" }, data: null }, binary])).redact("text")).to.equal(
            "text",
        );
    });
});

describe("The stack file of a report", () => {
    const text = `# a comment
encryptionsalt: v1:abc
config:
  kubernetes:context: prod
  airflow-kubernetes:fernetKey:
    secure: v1:def
  airflow-kubernetes:adminPassword: in-plain-text
  airflow-kubernetes:connections: { a: { secure: v1:ghi }, b: plain }
  airflow-kubernetes:airflow:
    env: [{ name: A, value: b }]
    nested: { deep: { secure: v1:jkl } }
`;

    it("has its settings, and nothing of what is encrypted or under a key for a secret", () => {
        const left = stackFileWithoutSecrets(text, ["fernetKey", "adminPassword", "connections"]);
        expect(left).to.not.match(/v1:|in-plain-text|plain/);
        expect(parse(left)).to.deep.equal({
            config: {
                "kubernetes:context": "prod",
                "airflow-kubernetes:fernetKey": mark,
                "airflow-kubernetes:adminPassword": mark,
                "airflow-kubernetes:connections": mark,
                "airflow-kubernetes:airflow": { env: [{ name: "A", value: "b" }], nested: { deep: { secure: mark } } },
            },
        });
    });

    it("is refused where it cannot be read", () => {
        expect(() => stackFileWithoutSecrets("a: [", [])).to.throw(/no valid YAML/);
    });
});
