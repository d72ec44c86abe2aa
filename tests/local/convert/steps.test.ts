import { expect } from "chai";
import { below, isWithin, partsOf, valueAt } from "../../../local/convert/chartValues";
import { holdsSecret, mayBeSecret } from "../../../local/convert/secretTexts";
import { hasPartIn, merged } from "../../../local/convert/steps";

describe("paths of values", () => {
    it("lead to what has dots, places and quotes in its name", () => {
        const path = below(below(below("a", 'x.y"z'), 1), "b");
        expect(partsOf(path)).to.deep.equal(["a", 'x.y"z', "1", "b"]);
        expect(valueAt({ a: { 'x.y"z': [0, { b: "found" }] } }, path)).to.equal("found");
    });

    it("end where a name ends", () => {
        expect([isWithin("a.b", "a"), isWithin("a[0]", "a"), isWithin("a", "a"), isWithin("ab", "a")]).to.deep.equal([
            true,
            true,
            true,
            false,
        ]);
    });
});

describe("merging what keys say", () => {
    it("joins maps, lists of names, and the parts of one container", () => {
        const one = { containers: [{ name: "base", env: [{ name: "A", value: "1" }] }], volumes: [{ name: "v" }] };
        const other = {
            containers: [{ name: "base", volumeMounts: [{ name: "v", mountPath: "/v" }] }],
            volumes: [{ name: "v" }, { name: "w" }],
        };
        expect(merged(one, other)).to.deep.equal({
            containers: [
                { name: "base", env: [{ name: "A", value: "1" }], volumeMounts: [{ name: "v", mountPath: "/v" }] },
            ],
            volumes: [{ name: "v" }, { name: "w" }],
        });
    });

    it("is not possible where they contradict each other", () => {
        expect(merged({ a: 1 }, { a: 2 })).to.equal(undefined);
        expect(merged({ env: [{ name: "A", value: "1" }] }, { env: [{ name: "A", value: "2" }] })).to.equal(undefined);
        expect(merged({ tolerations: [{ key: "a" }] }, { tolerations: [{ key: "b" }] })).to.equal(undefined);
        expect(merged({ tolerations: [{ key: "a" }] }, { tolerations: [{ key: "a" }] })).to.deep.equal({
            tolerations: [{ key: "a" }],
        });
    });

    it("keeps in mind who said what", () => {
        const mine = { env: [{ name: "B" }], labels: { "a.b/c": "x" } };
        const all = { env: [{ name: "A" }, { name: "B" }], labels: { "a.b/c": "x", d: "y" } };
        const said = ["env[0].name", "env[1].name", "labels.a.b/c", "labels.d", "env", "other"];
        expect(said.filter((path) => hasPartIn(mine, all, path))).to.deep.equal(["env[1].name", "labels.a.b/c", "env"]);
    });
});

describe("texts that may be secrets", () => {
    for (const [name, value] of [
        ["DB_PASSWORD", "hush"],
        ["GITHUB_TOKEN", "hush"],
        ["AIRFLOW_CONN_DB", "postgresql://h/d"],
        ["AWS_SECRET_ACCESS_KEY", "hush"],
        ["AIRFLOW__CORE__FERNET_KEY", "hush"],
        ["AIRFLOW__SENTRY__SENTRY_DSN", "hush"],
        ["ANY_URL", "https://me:hush@example.org"],
        ["AIRFLOW__CELERY__BROKER_URL", "redis://h"],
    ]) {
        it(`${name}=${value}`, () => {
            expect(mayBeSecret(name, value)).to.equal(true);
            expect(holdsSecret([{ env: [{ name, value }] }])).to.equal(true);
        });
    }

    for (const [name, value] of [
        ["AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID", "aws"],
        ["AIRFLOW__SECRETS__BACKEND", "a.b.C"],
        ["KEYCLOAK_CLIENT_ID", "datafier"],
        ["HIDE_SECRET", "True"],
        ["MONKEY", "a"],
        ["ANY_URL", "https://example.org/a:b@c"],
        ["AIRFLOW__CORE__AUTH_MANAGER", "a.b.C"],
    ]) {
        it(`are not ${name}=${value}`, () => {
            expect(mayBeSecret(name, value)).to.equal(false);
        });
    }
});
