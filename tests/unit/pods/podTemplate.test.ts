import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import type { PodTemplatePatch } from "../../../components/kubernetes/podTemplatePatch";
import { leavesLostNode, lostNodeTolerations } from "../../../components/pods/placement";
import { mergePodTemplate, type PodTemplate } from "../../../components/pods/podTemplate";

/** A pod of the component, with one container of each kind. */
const ours: PodTemplate = {
    metadata: { labels: { app: "airflow" } },
    spec: {
        terminationGracePeriodSeconds: 30,
        initContainers: [{ name: "copy", image: "copy:1" }],
        containers: [
            {
                name: "base",
                image: "airflow:1",
                env: [
                    { name: "A", value: "ours" },
                    { name: "B", value: "ours" },
                ],
                resources: { requests: { cpu: "1" }, limits: { cpu: "2" } },
                volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
            },
        ],
        volumes: [{ name: "tmp", emptyDir: { sizeLimit: "4Gi" } }],
    },
};

/** What becomes of it, as plain values. */
function merged(...patches: PodTemplatePatch[]) {
    return mergePodTemplate(ours, patches) as unknown as {
        metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
        spec: Record<string, unknown> & {
            containers: Record<string, unknown>[];
            initContainers: Record<string, unknown>[];
            volumes: unknown[];
        };
    };
}

function known<T>(value: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> {
    return new Promise((resolve) => pulumi.output(value).apply(resolve));
}

describe("mergePodTemplate: a user's changes of a pod", () => {
    it("leaves a pod alone of which nothing is said", () => {
        expect(mergePodTemplate(ours, [])).to.equal(ours);
        expect(mergePodTemplate(ours, [undefined, undefined])).to.equal(ours);
    });

    it("merges maps by key, lists by name or path, and replaces all else", () => {
        const { metadata, spec } = merged({
            metadata: { labels: { team: "data" }, annotations: { note: "x" } },
            spec: {
                terminationGracePeriodSeconds: 90,
                tolerations: [{ operator: "Exists" }],
                volumes: [{ name: "ca", configMap: { name: "ca" } }],
                containers: [
                    {
                        name: "base",
                        env: [
                            { name: "B", value: "theirs" },
                            { name: "C", value: "theirs" },
                        ],
                        resources: { limits: { memory: "1Gi" } },
                        volumeMounts: [{ name: "ca", mountPath: "/ca" }],
                    },
                ],
            },
        });
        expect(metadata).to.deep.equal({ labels: { app: "airflow", team: "data" }, annotations: { note: "x" } });
        expect(spec.terminationGracePeriodSeconds).to.equal(90);
        expect(spec.tolerations).to.deep.equal([{ operator: "Exists" }]);
        expect(spec.volumes).to.deep.equal([
            { name: "tmp", emptyDir: { sizeLimit: "4Gi" } },
            { name: "ca", configMap: { name: "ca" } },
        ]);
        const [base] = spec.containers;
        expect(base.image).to.equal("airflow:1");
        expect(base.env).to.deep.equal([
            { name: "A", value: "ours" },
            { name: "B", value: "theirs" },
            { name: "C", value: "theirs" },
        ]);
        expect(base.resources).to.deep.equal({ requests: { cpu: "1" }, limits: { cpu: "2", memory: "1Gi" } });
        expect(base.volumeMounts).to.deep.equal([
            { name: "tmp", mountPath: "/tmp" },
            { name: "ca", mountPath: "/ca" },
        ]);
    });

    it("merges one patch after the other, the last of which wins", () => {
        const wait = (seconds: number) => ({ spec: { terminationGracePeriodSeconds: seconds } });
        expect(merged(wait(60), wait(90)).spec.terminationGracePeriodSeconds).to.equal(90);
    });

    it("unsets what is null, also below what is new", () => {
        const nothing = null as unknown as undefined;
        const { spec } = merged({
            spec: {
                terminationGracePeriodSeconds: nothing,
                securityContext: { fsGroup: nothing, runAsUser: 7 },
                containers: [{ name: "base", resources: { limits: nothing } }],
            },
        });
        expect(spec).to.not.have.property("terminationGracePeriodSeconds");
        expect(spec.securityContext).to.deep.equal({ runAsUser: 7 });
        expect(spec.containers[0].resources).to.deep.equal({ requests: { cpu: "1" } });
    });

    it("replaces a variable and a volume as a whole: two values or two sources would be none", () => {
        const reference = { name: "B", valueFrom: { secretKeyRef: { name: "s", key: "k" } } };
        const { spec } = merged(
            { spec: { volumes: [{ name: "ca", configMap: { name: "ca" } }] } },
            {
                spec: {
                    containers: [{ name: "base", env: [reference] }],
                    volumes: [{ name: "ca", secret: { secretName: "ca" } }],
                },
            },
        );
        expect(spec.containers[0].env).to.deep.equal([{ name: "A", value: "ours" }, reference]);
        expect(spec.volumes[1]).to.deep.equal({ name: "ca", secret: { secretName: "ca" } });
    });

    it("puts what is new behind what is there, and lets it comply with the restricted standard", () => {
        const { spec } = merged({
            spec: {
                initContainers: [{ name: "proxy", image: "proxy:1", restartPolicy: "Always" }],
                containers: [
                    { name: "shipper", image: "shipper:1" },
                    { name: "root", image: "root:1", securityContext: { allowPrivilegeEscalation: true } },
                ],
            },
        });
        expect(spec.containers.map(({ name }) => name)).to.deep.equal(["base", "shipper", "root"]);
        expect(spec.initContainers.map(({ name }) => name)).to.deep.equal(["copy", "proxy"]);
        const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
        expect(spec.containers[1].securityContext).to.deep.equal(restricted);
        expect(spec.initContainers[1].securityContext).to.deep.equal(restricted);
        expect(spec.containers[2].securityContext).to.deep.equal({ ...restricted, allowPrivilegeEscalation: true });
    });

    it("takes * for each container of the component, and for none of the user's", () => {
        const everyone = { name: "*", env: [{ name: "PROXY", value: "p" }] };
        const { spec } = merged(
            { spec: { containers: [{ name: "shipper", image: "shipper:1" }] } },
            { spec: { containers: [everyone], initContainers: [everyone] } },
        );
        const variables = (list: readonly Record<string, unknown>[]) =>
            list.map(({ name, env }) => [name, ((env ?? []) as { name: string }[]).map((each) => each.name)]);
        expect(variables(spec.containers)).to.deep.equal([
            ["base", ["A", "B", "PROXY"]],
            ["shipper", []],
        ]);
        expect(variables(spec.initContainers)).to.deep.equal([["copy", ["PROXY"]]]);
    });

    it("makes an Output of what is one, and leaves the rest as it is for a preview", async () => {
        const { metadata, spec } = mergePodTemplate(ours, [
            {
                metadata: { labels: { team: pulumi.output("data") } },
                spec: {
                    volumes: pulumi.output([{ name: "ca", configMap: { name: "ca" } }]),
                    containers: [{ name: "base", image: pulumi.output("airflow:2") }],
                },
            },
        ]);
        const [base] = spec.containers as unknown as Record<string, unknown>[];
        expect(base.name).to.equal("base");
        expect(pulumi.Output.isInstance(base.image)).to.equal(true);
        expect(pulumi.Output.isInstance(spec.volumes)).to.equal(true);
        const pod = await known({ metadata, spec });
        expect(pod.metadata.labels).to.deep.equal({ app: "airflow", team: "data" });
        expect(pod.spec.containers[0].image).to.equal("airflow:2");
        expect(pod.spec.volumes?.map(({ name }) => name)).to.deep.equal(["tmp", "ca"]);
    });

    it("merges by a name that is an Output", async () => {
        const { spec } = mergePodTemplate(ours, [
            { spec: { containers: [{ name: pulumi.output("base"), image: "airflow:2" }] } },
        ]);
        const containers = await known(spec.containers);
        expect(containers.map(({ name, image }) => `${name} ${image}`)).to.deep.equal(["base airflow:2"]);
    });
});

describe("leavesLostNode: a pod whose node is lost", () => {
    const taint = (tolerations: unknown) => (tolerations as { key: string }[]).map(({ key }) => key);

    it("keeps the user's tolerations, and adds its own", () => {
        const pod = mergePodTemplate(ours, [{ spec: { tolerations: [{ key: "batch", operator: "Exists" }] } }]);
        expect(taint(leavesLostNode(pod).spec.tolerations)).to.deep.equal([
            "batch",
            "node.kubernetes.io/not-ready",
            "node.kubernetes.io/unreachable",
        ]);
    });

    it("adds them to Outputs, too", async () => {
        const pod = mergePodTemplate(ours, [{ spec: { tolerations: pulumi.output([{ key: "batch" }]) } }]);
        expect(taint(await known(leavesLostNode(pod).spec.tolerations ?? []))[0]).to.equal("batch");
    });

    it("adds none where the user tolerates everything", () => {
        const everything = [{ operator: "Exists" }];
        expect(lostNodeTolerations(everything)).to.deep.equal(everything);
    });
});
