import { expect } from "chai";
import type { PodTemplatePatch } from "../../components/kubernetes/podTemplatePatch";
import { mergePodTemplate, type PodTemplate } from "../../components/pods/podTemplate";
import { clusterPodFields, knownPodFields } from "../../local/development/podFields";
import { kube } from "./support/kubernetes";

const restricted = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

const ours: PodTemplate = {
    metadata: { labels: { app: "airflow", tier: "tasks" }, annotations: { note: "ours" } },
    spec: {
        restartPolicy: "Never",
        nodeSelector: { pool: "a" },
        tolerations: [{ key: "a", operator: "Exists" }],
        imagePullSecrets: [{ name: "ours" }],
        hostAliases: [{ ip: "10.0.0.1", hostnames: ["a"] }],
        securityContext: { runAsUser: 50000, fsGroup: 0 },
        topologySpreadConstraints: [
            { maxSkew: 1, topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
        ],
        initContainers: [{ name: "copy", image: "copy:1", securityContext: restricted }],
        containers: [
            {
                name: "base",
                image: "airflow:1",
                env: [
                    { name: "A", value: "ours" },
                    { name: "B", value: "ours" },
                ],
                envFrom: [{ configMapRef: { name: "ours" } }],
                ports: [{ name: "http", containerPort: 8080 }],
                resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { cpu: "2" } },
                securityContext: restricted,
                volumeMounts: [
                    { name: "tmp", mountPath: "/tmp" },
                    { name: "logs", mountPath: "/logs", readOnly: true },
                ],
            },
        ],
        volumes: [
            { name: "tmp", emptyDir: { sizeLimit: "4Gi" } },
            { name: "logs", persistentVolumeClaim: { claimName: "logs" } },
        ],
    },
};

const none = null as never;
const base = (fields: object): PodTemplatePatch => ({ spec: { containers: [{ name: "base", ...fields }] } });

const patches: Record<string, PodTemplatePatch> = {
    "labels and annotations": { metadata: { labels: { app: "b", team: "data" }, annotations: { note: none } } },
    placement: {
        spec: {
            nodeSelector: { disk: "ssd", pool: none },
            tolerations: [{ key: "b", operator: "Exists" }],
            priorityClassName: "high",
            affinity: { podAntiAffinity: {} },
            topologySpreadConstraints: [
                { maxSkew: 2, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule" },
            ],
        },
    },
    "lists of names": {
        spec: {
            imagePullSecrets: [{ name: "theirs" }],
            hostAliases: [
                { ip: "10.0.0.1", hostnames: ["b"] },
                { ip: "10.0.0.2", hostnames: ["c"] },
            ],
        },
    },
    security: { spec: { securityContext: { fsGroup: none, supplementalGroups: [7] } } },
    variables: base({
        env: [
            { name: "B", value: "theirs" },
            { name: "C", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
        ],
        envFrom: [{ secretRef: { name: "theirs" } }],
    }),
    resources: base({ resources: { requests: { memory: none }, limits: { "example.org/gpu": "1" } } }),
    "mounts and ports": {
        spec: {
            containers: [
                {
                    name: "base",
                    ports: [
                        { containerPort: 8080, name: "web" },
                        { containerPort: 9090, name: "metrics" },
                    ],
                    volumeMounts: [
                        { name: "logs", mountPath: "/logs", readOnly: none },
                        { name: "ca", mountPath: "/ca" },
                    ],
                },
            ],
            volumes: [
                { name: "ca", configMap: { name: "ca" } },
                { name: "tmp", emptyDir: { sizeLimit: "8Gi" } },
            ],
        },
    },
    "further containers": {
        spec: {
            initContainers: [{ name: "proxy", image: "proxy:1", restartPolicy: "Always", securityContext: restricted }],
            containers: [{ name: "shipper", image: "shipper:1", securityContext: restricted }],
        },
    },
};

/** Fields by which lists are put in one order: kubectl puts what is new before the rest, and the component behind it. */
const keys = ["mountPath", "containerPort", "topologyKey", "ip", "name"] as const;

function ordered(value: unknown): unknown {
    if (Array.isArray(value)) {
        const key = keys.find((field) =>
            value.every((each) => typeof each === "object" && each !== null && field in each),
        );
        const elements = value.map(ordered);
        return key === undefined
            ? elements
            : elements.sort((a, b) => (String((a as never)[key]) < String((b as never)[key]) ? -1 : 1));
    }
    return typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, ordered(part)]))
        : value;
}

/** What kubectl makes of a pod and a patch. */
async function patched(patch: PodTemplatePatch): Promise<unknown> {
    const pod = JSON.stringify({ apiVersion: "v1", kind: "Pod", ...ours });
    const answer = await kube(
        [
            "patch",
            "--local",
            "--type",
            "strategic",
            "--patch",
            JSON.stringify(patch),
            "--output",
            "json",
            "--filename",
            "-",
        ],
        pod,
    );
    const { metadata, spec } = JSON.parse(answer) as PodTemplate;
    return { metadata, spec };
}

describe("A podTemplate is merged as kubectl patch does", () => {
    for (const [what, patch] of Object.entries(patches)) {
        it(what, async () => {
            expect(ordered(mergePodTemplate(ours, [patch]))).to.deep.equal(ordered(await patched(patch)));
        });
    }

    it("with the fields that the API server has: local/development/podFields.ts writes them anew", async () => {
        expect(knownPodFields()).to.deep.equal(await clusterPodFields());
    });

    it("several, one after the other", async () => {
        const all = Object.values(patches);
        let pod: PodTemplate = ours;
        for (const patch of all) {
            pod = mergePodTemplate(pod, [patch]);
        }
        expect(mergePodTemplate(ours, all)).to.deep.equal(pod);
    });
});
