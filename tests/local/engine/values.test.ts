import { expect } from "chai";
import fc from "fast-check";
import { SecretCipher } from "../../../local/engine/configuration/secretCipher";
import { resourceUrn, urnName, urnType } from "../../../local/engine/deployment/urn";
import { changeText, formatSeconds, summary } from "../../../local/engine/display/stepText";
import { readableFailure } from "../../../local/engine/protocol/programLog";
import { seconds } from "../../../local/engine/protocol/resourceGoal";
import { generators } from "../../../local/engine/random/generators";
import { openSecrets, sealSecrets } from "../../../local/engine/state/stateCodec";
import { differences } from "../../../local/engine/values/difference";
import { maskText, shown } from "../../../local/engine/values/masking";
import { formatPropertyPath, keepOldAt, parsePropertyPath } from "../../../local/engine/values/propertyPath";
import {
    containsUnknown,
    type PropertyMap,
    type PropertyValue,
    plain,
    secret,
    unknownValue,
    withSecretsOf,
} from "../../../local/engine/values/propertyValue";

const anyValue = fc.letrec((tie) => ({
    value: fc.oneof(
        { depthSize: "small" },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie("value")),
        fc.dictionary(fc.string(), tie("value")),
        tie("value").map((value) => secret(value as PropertyValue)),
    ),
})).value as fc.Arbitrary<PropertyValue>;

describe("property paths", () => {
    it("are read and written as Pulumi does", () => {
        for (const text of ["spec.template.spec.containers[0].image", 'metadata.annotations["a.b/c"]', "data"]) {
            expect(formatPropertyPath(parsePropertyPath(text))).to.equal(text);
        }
        expect(parsePropertyPath("a[*].b")).to.deep.equal(["a", "*", "b"]);
        expect(() => parsePropertyPath("a[")).to.throw("is not a property path");
    });

    it("keep the old value where they point, whatever was added or taken away there", () => {
        const keep = (inputs: PropertyMap, old: PropertyMap, path: string): PropertyMap =>
            keepOldAt(inputs, old, [parsePropertyPath(path)]);
        expect(keep({ a: { b: 1, c: 2 } }, { a: { b: 3 } }, "a.b")).to.deep.equal({ a: { b: 3, c: 2 } });
        expect(keep({ a: { b: 1 } }, { a: {} }, "a.b")).to.deep.equal({ a: {} });
        expect(keep({}, { a: { b: 3 } }, "a.b")).to.deep.equal({ a: { b: 3 } });
        expect(keep({ a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 3 }, { b: 4 }] }, "a[*].b")).to.deep.equal({
            a: [{ b: 3 }, { b: 4 }],
        });
    });
});

describe("property values", () => {
    it("come back from the state as they were", async function () {
        this.timeout(10_000);
        const cipher = await SecretCipher.create("password");
        fc.assert(
            fc.property(anyValue, (value) => {
                const sealed = JSON.parse(JSON.stringify(sealSecrets(value, cipher))) as PropertyValue;
                expect(plain(openSecrets(sealed, cipher))).to.deep.equal(plain(value));
            }),
            { numRuns: 50 },
        );
    });

    it("differ in nothing from themselves, and show no secret in their differences", () => {
        fc.assert(fc.property(anyValue, (value) => void expect(differences(value, value)).to.deep.equal([])));
        const changes = differences({ a: secret("old"), b: [1, 2] }, { a: secret("new"), b: [1, 3, 4], c: "d" });
        expect(changes.map(changeText)).to.deep.equal([
            "a: [secret] => [secret]",
            "b[1]: 2 => 3",
            "+ b[2]: 4",
            '+ c: "d"',
        ]);
    });

    it("take over the marks of secrecy of what they were made from", () => {
        const marked = withSecretsOf({ a: "x", b: { c: "y", d: "z" } }, { a: secret("x"), b: { c: secret("y") } });
        expect(shown(marked)).to.deep.equal({ a: "[secret]", b: { c: "[secret]", d: "z" } });
    });

    it("know what is unknown, inside of secrets too", () => {
        expect(containsUnknown({ a: [secret(unknownValue)] })).to.equal(true);
        expect(containsUnknown({ a: [secret("known")] })).to.equal(false);
    });
});

describe("what is shown", () => {
    it("has secrets masked, but not every short word that is one", () => {
        expect(maskText("the password is hunter22, a is a letter", ["hunter22", "a"])).to.equal(
            "the password is [secret], a is a letter",
        );
    });

    it("ends with one line of counts", () => {
        const counts = new Map([
            ["create", 3],
            ["update", 2],
            ["replace", 1],
            ["same", 41],
        ] as const);
        expect(summary("Resources", counts, false, 12)).to.equal(
            "Resources: 3 created, 2 updated, 1 replaced, 41 unchanged, 12s",
        );
        expect(summary("Resources", new Map([["same", 57]]), false, 9)).to.equal("Resources: 57 unchanged, 9s");
        expect(summary("Plan", new Map([["create", 1]]), true, 2)).to.equal("Plan: 1 to create, 2s");
        expect(formatSeconds(184)).to.equal("3m04s");
    });

    it("is the whole message of an error that a program throws, without a stack", () => {
        const report = (text: string): string =>
            readableFailure(`Running program '/x/' failed with an unhandled exception:\n${text}`);
        expect(report("Error: first\nsecond\n    at new Thing (/x/index.ts:1:2)\n    at main")).to.equal(
            "first\nsecond",
        );
        expect(report("TypeError: no\n    at new Thing (/x/index.ts:1:2)")).to.include("index.ts:1:2");
        expect(readableFailure("said by pulumi.log.error")).to.equal("said by pulumi.log.error");
    });
});

describe("names and durations", () => {
    it("are those of Pulumi", () => {
        const stack = "urn:pulumi:test::demo::pulumi:pulumi:Stack::demo-test";
        const group = resourceUrn("test", "demo", stack, "demo:index:Group", "group");
        expect(group).to.equal("urn:pulumi:test::demo::demo:index:Group::group");
        const child = resourceUrn("test", "demo", group, "a:b:C", "child::of");
        expect(child).to.equal("urn:pulumi:test::demo::demo:index:Group$a:b:C::child::of");
        expect([urnType(child), urnName(child)]).to.deep.equal(["a:b:C", "child::of"]);
    });

    it("are read as Go writes them", () => {
        expect(["90s", "1h30m", "500ms", ""].map(seconds)).to.deep.equal([90, 5400, 0.5, undefined]);
        expect(() => seconds("soon")).to.throw('"soon" is not a duration');
    });
});

describe("random resources", () => {
    const make = (type: string, inputs: PropertyMap): PropertyMap =>
        plain(generators[`random:index/random${type}:Random${type}`]?.(inputs) ?? null) as PropertyMap;

    it("have the length and the letters that were asked for", () => {
        fc.assert(
            fc.property(fc.integer({ min: 4, max: 60 }), (length) => {
                const result = String(
                    make("Password", { length, special: false, minLower: 1, minUpper: 1, minNumeric: 1 }).result,
                );
                expect(result).to.have.length(length);
                expect(result)
                    .to.match(/^[A-Za-z0-9]+$/)
                    .and.match(/[a-z]/)
                    .and.match(/[A-Z]/)
                    .and.match(/[0-9]/);
            }),
        );
        const own = make("Password", { length: 200, overrideSpecial: "_", minSpecial: 5, upper: false, lower: false });
        expect(own.result).to.match(/^[0-9_]{200}$/);
    });

    it("are bytes in base64 and hexadecimal", () => {
        const bytes = make("Bytes", { length: 32 });
        const { base64, hex } = bytes as { base64: string; hex: string };
        expect(Buffer.from(base64, "base64").toString("hex")).to.equal(hex);
        expect(hex).to.have.length(64);
    });

    it("are ids, numbers, pets and UUIDs", () => {
        expect(make("Id", { byteLength: 4, prefix: "x-" }).hex).to.match(/^x-[0-9a-f]{8}$/);
        expect(make("Integer", { min: 3, max: 3 }).result).to.equal(3);
        expect(make("Pet", { length: 3, separator: "_", prefix: "my" }).id).to.match(/^my_[a-z]+_[a-z]+_[a-z]+$/);
        expect(make("Uuid", {}).result).to.match(/^[0-9a-f-]{36}$/);
        expect(make("String", { length: 8, special: false }).id).to.have.length(8);
    });

    it("refuse what can't be", () => {
        expect(() => make("Password", { length: 2, minLower: 3 })).to.throw("add up to 3");
        expect(() => make("Password", { length: 0 })).to.throw("length must be a whole number of 1 or more");
        expect(() =>
            make("String", { length: 3, lower: false, upper: false, numeric: false, special: false }),
        ).to.throw("no kind of letter is allowed");
    });
});
