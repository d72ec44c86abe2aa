import { expect } from "chai";
import fc from "fast-check";
import { apiServerRules, schedulerRules } from "../../../components/access/podRules";
import { shortHash } from "../../../components/kubernetes/hash";
import { objectLabels, selectorLabels } from "../../../components/kubernetes/labels";
import { names } from "../../../components/kubernetes/names";
import {
    airflowUser,
    PodSecurityLevel,
    PodUser,
    podSecurityLabels,
    postgresUser,
    restrictedContainer,
    restrictedPod,
} from "../../../components/kubernetes/podSecurity";
import { httpCheck, livenessProbe, readinessProbe, startupProbe } from "../../../components/kubernetes/probes";
import { parseQuantity } from "../../../components/kubernetes/quantity";

describe("labels", () => {
    it("selects by name, instance and component only: a selector cannot be changed by an upgrade", () => {
        expect(selectorLabels("mine", "scheduler")).to.deep.equal({
            "app.kubernetes.io/name": "airflow",
            "app.kubernetes.io/instance": "mine",
            "app.kubernetes.io/component": "scheduler",
        });
    });

    it("adds to objects what they belong to and who made them, and nothing that an upgrade changes", () => {
        expect(objectLabels("mine", "scheduler")).to.deep.equal({
            ...selectorLabels("mine", "scheduler"),
            "app.kubernetes.io/part-of": "airflow-kubernetes",
            "app.kubernetes.io/managed-by": "pulumi",
        });
    });
});

describe("names", () => {
    it("leaves room in 63 characters for what controllers add, and has each name once", () => {
        const all = Object.values(names);
        expect(new Set(all).size).to.equal(all.length);
        for (const name of all) {
            expect(name).to.match(/^[a-z][-a-z0-9]{0,40}[a-z0-9]$/);
        }
    });
});

describe("shortHash", () => {
    it("is ten hexadecimal digits, whatever is hashed", () => {
        fc.assert(fc.property(fc.jsonValue(), (value) => /^[0-9a-f]{10}$/.test(shortHash(value))));
    });

    it("does not depend on the order of keys, at any depth", () => {
        const reversed = (value: unknown): unknown => {
            if (Array.isArray(value)) {
                return value.map(reversed);
            }
            if (typeof value === "object" && value !== null) {
                const entries = Object.entries(value).reverse();
                return Object.fromEntries(entries.map(([key, part]) => [key, reversed(part)]));
            }
            return value;
        };
        const objects = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue());
        fc.assert(fc.property(objects, (value) => shortHash(value) === shortHash(reversed(value))));
        expect(shortHash({ a: 1, b: { c: 2, d: 3 } })).to.equal(shortHash({ b: { d: 3, c: 2 }, a: 1 }));
    });

    it("changes with every value and with the order of lists", () => {
        const hashes = [{ a: 1 }, { a: 2 }, { a: "1" }, { b: 1 }, { a: [1, 2] }, { a: [2, 1] }, [], {}, "", null].map(
            shortHash,
        );
        expect(new Set(hashes).size).to.equal(hashes.length);
    });

    it("takes no account of what is not set", () => {
        expect(shortHash({ a: 1, b: undefined })).to.equal(shortHash({ a: 1 }));
    });
});

describe("parseQuantity", () => {
    const factors = { m: 1e-3, "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 };
    const binary = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50 };

    it("reads whole numbers with every suffix", () => {
        const suffixes = fc.constantFrom(
            ...Object.entries(factors),
            ...Object.entries(binary).map(([suffix, power]) => [suffix, 2 ** power] as [string, number]),
        );
        fc.assert(
            fc.property(fc.nat(100_000), suffixes, (number, [suffix, factor]) => {
                expect(parseQuantity(`${number}${suffix}`)).to.equal(number * factor);
            }),
        );
    });

    it("reads fractions", () => {
        expect(parseQuantity("0.5")).to.equal(0.5);
        expect(parseQuantity("1.5Gi")).to.equal(1.5 * 2 ** 30);
    });

    it("grows with its number", () => {
        fc.assert(
            fc.property(fc.nat(10_000), fc.nat(10_000), (a, b) => {
                const [left, right] = [parseQuantity(`${a}Mi`) ?? -1, parseQuantity(`${b}Mi`) ?? -1];
                return Math.sign(left - right) === Math.sign(a - b);
            }),
        );
    });

    for (const text of [
        "",
        " ",
        "1 Gi",
        "1GB",
        "1gi",
        "1mi",
        "-1",
        "+1",
        "one",
        "1.",
        ".5",
        "1e",
        "0x10",
        "1Gi ",
        "Gi",
        "1,5Gi",
    ]) {
        it(`does not read ${JSON.stringify(text)}`, () => {
            expect(parseQuantity(text)).to.equal(undefined);
        });
    }
});

describe("podRules", () => {
    it("grants the scheduler six verbs on pods, and reading of logs and events, and nothing else", () => {
        expect(schedulerRules).to.have.lengthOf(3);
        const [onPods, onLogs, onEvents] = schedulerRules;
        expect(onEvents).to.deep.equal({ apiGroups: [""], resources: ["events"], verbs: ["list"] });
        expect(onPods.apiGroups).to.deep.equal([""]);
        expect(onPods.resources).to.deep.equal(["pods"]);
        expect(onPods.verbs).to.have.members(["create", "delete", "get", "list", "patch", "watch"]);
        expect(onLogs).to.deep.equal({ apiGroups: [""], resources: ["pods/log"], verbs: ["get"] });
    });

    it("grants the api-server reading of pods and logs, and nothing else", () => {
        expect(apiServerRules).to.have.lengthOf(2);
        const [onPods, onLogs] = apiServerRules;
        expect(onPods.apiGroups).to.deep.equal([""]);
        expect(onPods.resources).to.deep.equal(["pods"]);
        expect(onPods.verbs).to.have.members(["get", "list"]);
        expect(onLogs).to.deep.equal({ apiGroups: [""], resources: ["pods/log"], verbs: ["get"] });
    });
});

describe("podSecurity", () => {
    it("enforces one level, and warns and audits at the other", () => {
        for (const level of Object.values(PodSecurityLevel)) {
            expect(podSecurityLabels(level, PodSecurityLevel.Restricted)).to.deep.equal({
                "pod-security.kubernetes.io/enforce": level,
                "pod-security.kubernetes.io/warn": "restricted",
                "pod-security.kubernetes.io/audit": "restricted",
            });
        }
    });

    it("makes pods of a user that is not root, with the runtime's seccomp profile", () => {
        expect(restrictedPod(PodUser.Image, { uid: 7, gid: 8 })).to.deep.equal({
            runAsNonRoot: true,
            runAsUser: 7,
            runAsGroup: 8,
            fsGroup: 8,
            fsGroupChangePolicy: "OnRootMismatch",
            seccompProfile: { type: "RuntimeDefault" },
        });
    });

    it("makes containers without privileges, capabilities or a root file system to write to", () => {
        expect(restrictedContainer()).to.deep.equal({
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
            readOnlyRootFilesystem: true,
        });
    });

    it("uses the users of the official images", () => {
        expect(airflowUser).to.deep.equal({ uid: 50000, gid: 0 });
        expect(postgresUser).to.deep.equal({ uid: 999, gid: 999 });
    });
});

describe("probes", () => {
    const check = httpCheck(8080, "/health");

    it("give a start ten minutes, however often they ask", () => {
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 60 }), (period) => {
                const { failureThreshold, periodSeconds } = startupProbe(check, period);
                return periodSeconds === period && Number(failureThreshold) * period >= 600;
            }),
        );
    });

    it("ask what they were told to ask", () => {
        for (const probe of [startupProbe(check), livenessProbe(check), readinessProbe(check)]) {
            expect(probe).to.deep.include({ httpGet: { port: 8080, path: "/health" } });
        }
    });
});
