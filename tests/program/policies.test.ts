import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { PolicyResource } from "@pulumi/policy";
import { expect } from "chai";
import { rules } from "../../policies/rules";
import type { Recording } from "../support/mocks";
import { policyResource, policyResources, urnOf, violations } from "../support/policies";
import { hostedValues, root, runProgram, type StackValues, stackValues } from "../support/program";

const pod = {
    metadata: { labels: { "app.kubernetes.io/component": "made-up" } },
    spec: {
        securityContext: { seccompProfile: { type: "RuntimeDefault" } },
        containers: [
            {
                name: "main",
                image: "registry.example.org/tool:1.2",
                env: [{ name: "PASSWORD", valueFrom: { secretKeyRef: { name: "login", key: "password" } } }],
                resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1", memory: "1Gi" } },
                securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            },
        ],
    },
};

/** A Deployment whose container differs in some fields from one that keeps all rules, and its pod in others. */
function deployment(container: object = {}, spec: object = {}): PolicyResource {
    const template = {
        ...pod,
        spec: { ...pod.spec, containers: [{ ...pod.spec.containers[0], ...container }], ...spec },
    };
    return policyResource("kubernetes:apps/v1:Deployment", "made-up", {
        props: { metadata: { namespace: "airflow" }, spec: { template } },
    });
}

const policy = (podSelector: object, namespace = "airflow", policyTypes = ["Ingress"]): PolicyResource =>
    policyResource("kubernetes:networking.k8s.io/v1:NetworkPolicy", "doors", {
        props: { metadata: { namespace }, spec: { podSelector, policyTypes } },
    });

const service = (spec: object): PolicyResource =>
    policyResource("kubernetes:core/v1:Service", "door", { props: { spec } });

const component = (url: string): PolicyResource =>
    policyResource("airflow-kubernetes:index:AirflowKubernetes", "airflow", { props: { airflow: { url } } });

const claimType = "kubernetes:core/v1:PersistentVolumeClaim";
const claim = (spec: object, args: { protect?: boolean; urn?: string } = {}): PolicyResource =>
    policyResource(claimType, "disk", { props: { spec }, ...args });

const volume = (persistentVolumeReclaimPolicy: string): PolicyResource =>
    policyResource("kubernetes:core/v1:PersistentVolume", "volume", {
        props: { metadata: { name: "here" }, spec: { persistentVolumeReclaimPolicy } },
    });

const key = (args: { protect?: boolean; urn?: string } = {}): PolicyResource =>
    policyResource("random:index/randomBytes:RandomBytes", "airflow-fernet-key", { props: { length: 32 }, ...args });

const login = policyResource("kubernetes:core/v1:Secret", "login", {
    props: {
        stringData: { password: "correct-horse-battery", user: "airflow", ca: "-----BEGIN CERTIFICATE-----\nabc" },
    },
});
const config = (data: object): PolicyResource =>
    policyResource("kubernetes:core/v1:ConfigMap", "settings", { props: { data } });

/** What breaks each rule, and what is close to it and keeps it. */
const cases: Readonly<Record<string, { readonly broken: PolicyResource[][]; readonly kept: PolicyResource[][] }>> = {
    "secret-variables-are-references": {
        broken: [
            [deployment({ env: [{ name: "ADMIN_PASSWORD", value: "1234" }] })],
            [deployment({ env: [{ name: "AIRFLOW__CORE__FERNET_KEY", value: "1234" }] })],
            [deployment({ env: [{ name: "AIRFLOW_CONN_LAKE", value: "s3://" }] })],
        ],
        kept: [[deployment()], [deployment({ env: [{ name: "SECRET_DIRECTORY", value: "/etc/git" }] })]],
    },
    "secrets-stay-in-secrets": {
        broken: [
            [login, config({ url: "postgresql://airflow:correct-horse-battery@db" })],
            [login, config({ encoded: Buffer.from("correct-horse-battery").toString("base64") })],
            [login, deployment({ args: ["--password=correct-horse-battery"] })],
            [
                policyResource("random:index/randomPassword:RandomPassword", "made", {
                    props: { result: "generated-one" },
                }),
                config({ password: "generated-one" }),
            ],
        ],
        kept: [
            [login, config({ user: "airflow", ca: "-----BEGIN CERTIFICATE-----\nabc" })],
            [login, deployment()],
        ],
    },
    "containers-have-limits": {
        broken: [
            [deployment({ resources: {} })],
            [deployment({ resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "1" } } })],
            [deployment({}, { initContainers: [{ name: "first", image: "tool:1" }] })],
        ],
        kept: [[deployment()]],
    },
    "containers-stay-confined": {
        broken: [
            [deployment({ securityContext: {} })],
            [deployment({ securityContext: { ...pod.spec.containers[0]?.securityContext, privileged: true } })],
            [deployment({}, { securityContext: { seccompProfile: { type: "Unconfined" } } })],
            [deployment({}, { hostNetwork: true })],
        ],
        kept: [[deployment()]],
    },
    "images-have-a-version": {
        broken: ["tool", "tool:latest", "registry.example.org:5000/tool"].map((image) => [deployment({ image })]),
        kept: ["tool:1", `tool@sha256:${"0".repeat(64)}`, "registry.example.org:5000/tool:v2"].map((image) => [
            deployment({ image }),
        ]),
    },
    "data-outlive-the-stack": {
        broken: [[claim({})], [claim({ volumeName: "here" }), volume("Delete")]],
        kept: [
            [claim({}, { protect: true })],
            [claim({ volumeName: "here" }), volume("Retain")],
            [claim({}, { urn: urnOf("hosted", `airflow-kubernetes:index:RetainedClaims$${claimType}`, "disk") })],
            [claim({}, { urn: urnOf("minikube", claimType, "disk") })],
        ],
    },
    "keys-stay": {
        broken: [[key()]],
        kept: [[key({ protect: true })], [key({ urn: urnOf("minikube", "random", "airflow-fernet-key") })]],
    },
    "load-balancers-are-closed": {
        broken: [
            [service({ type: "LoadBalancer" })],
            [service({ type: "LoadBalancer", loadBalancerSourceRanges: ["0.0.0.0/0"] })],
            [service({ type: "LoadBalancer" }), component("http://airflow.example.org")],
        ],
        kept: [
            [service({ type: "ClusterIP" })],
            [service({ type: "LoadBalancer", loadBalancerSourceRanges: ["10.0.0.0/8"] })],
            [service({ type: "LoadBalancer" }), component("https://airflow.example.org")],
        ],
    },
    "pods-have-network-policies": {
        broken: [
            [deployment()],
            [deployment(), policy({}, "elsewhere")],
            [deployment(), policy({}, "airflow", ["Egress"])],
            [deployment(), policy({ matchLabels: { "app.kubernetes.io/component": "other" } })],
        ],
        kept: [
            [deployment(), policy({})],
            [deployment(), policy({ matchLabels: { "app.kubernetes.io/component": "made-up" } })],
        ],
    },
};

describe("the policy pack", () => {
    const stacks: Readonly<Record<string, StackValues>> = {
        minikube: stackValues("minikube"),
        hosted: { ...hostedValues(), fernetKey: `${"f".repeat(43)}=`, databasePassword: "database-secret" },
    };
    for (const [stack, values] of Object.entries(stacks)) {
        for (const preview of [true, false]) {
            it(`has nothing to say of the stack ${stack} in ${preview ? "a preview" : "an update"}`, async () => {
                const run: Recording = await runProgram(values, { stack, preview });
                expect(run.error).to.equal(undefined);
                expect(violations(rules, policyResources(run.registrations))).to.deep.equal([]);
            });
        }
    }

    it("asks for the keys of the stack hosted", async () => {
        const run = await runProgram(hostedValues(), { stack: "hosted", preview: true });
        const found = violations(rules, policyResources(run.registrations));
        expect(found.map(({ rule, resource }) => `${rule} ${resource}`)).to.have.members([
            "keys-stay airflow-fernet-key",
            "keys-stay airflow-database-password",
        ]);
    });

    it("notices what settings and a podTemplate of a stack do", async () => {
        const sidecar = { name: "sidecar", image: "registry.example.org/tool:latest" };
        const run = await runProgram({
            ...stackValues("minikube"),
            networkPolicies: { enabled: false },
            apiServer: { externalService: { type: "LoadBalancer" } },
            scheduler: { podTemplate: { spec: { containers: [sidecar] } } },
        });
        expect(run.error).to.equal(undefined);
        const found = violations(rules, policyResources(run.registrations)).map(({ rule }) => rule);
        expect([...new Set(found)]).to.have.members([
            "containers-have-limits",
            "images-have-a-version",
            "load-balancers-are-closed",
            "pods-have-network-policies",
        ]);
    });

    it("is described in its guide as it describes itself", () => {
        const guide = readFileSync(join(root, "docs/policies.md"), "utf8");
        const rows = [...guide.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, name, text]) => [name, text]);
        expect(rows).to.deep.equal(rules.map(({ name, description }) => [name, description]));
    });

    it("names the versions of packages that the tests run with", () => {
        const manifest = (path: string) =>
            JSON.parse(readFileSync(join(root, path), "utf8")) as Record<string, Record<string, string>>;
        const { dependencies, devDependencies } = manifest("package.json");
        expect({ ...dependencies, ...devDependencies }).to.include(manifest("policies/package.json").dependencies);
    });

    it("has a case for each rule", () => {
        expect(Object.keys(cases)).to.have.members(rules.map(({ name }) => name));
    });

    for (const rule of rules) {
        it(`tells who breaks ${rule.name}, and never what is secret`, () => {
            for (const resources of cases[rule.name]?.broken ?? []) {
                const found = violations([rule], resources);
                expect(found, JSON.stringify(resources.map(({ name, props }) => ({ name, props })))).to.not.be.empty;
                expect(JSON.stringify(found)).to.not.match(/correct-horse|generated-one|1234/);
            }
        });

        it(`leaves alone what keeps ${rule.name}`, () => {
            for (const resources of cases[rule.name]?.kept ?? []) {
                expect(violations([rule], resources)).to.deep.equal([]);
            }
        });
    }
});
