import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { requiredVersion } from "../support/goProgram";
import { credential } from "./certificates";
import { kubectl } from "./kubectl";
import { paths } from "./layout";
import { addresses } from "./ranges";
import { resolvers } from "./resolvers";

/** The image of CoreDNS, in the version that `go/coredns` builds. */
export async function corednsImage(): Promise<string> {
    const goMod = await readFile(join(__dirname, "go", "coredns", "go.mod"), "utf8");
    return `registry.k8s.io/coredns/coredns:${requiredVersion(goMod, "github.com/coredns/coredns")}`;
}

/**
 * CoreDNS's configuration. In this format a block must not stand on one line, where it would be read as arguments. Names outside
 * of the cluster are asked for where there is somebody to ask. Its plugins are those that `go/coredns` builds in.
 */
export function corefile(upstreams: readonly string[]): string {
    const forward = upstreams.length === 0 ? "" : `    cache 30\n    forward . ${upstreams.join(" ")}\n`;
    return `.:53 {
    errors
    health
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        ttl 5
    }
${forward}    loadbalance
    reload
}
`;
}

function sha256(text: string): string {
    return createHash("sha256").update(text).digest("hex");
}

const recommendedLabels = (name: string) => ({
    "app.kubernetes.io/name": name,
    "app.kubernetes.io/part-of": "local-cluster",
});

/** What every cluster of this kind has in it, as one YAML text to apply: the image of CoreDNS, and whom it asks. */
export function addonManifests(coredns: string, upstreams: readonly string[]): string {
    const dnsLabels = { "k8s-app": "kube-dns", ...recommendedLabels("coredns") };
    const dnsMeta = (name: string) => ({ name, namespace: "kube-system", labels: dnsLabels });
    const clusterRoleBinding = (name: string, role: string, subject: Record<string, string>) => ({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "ClusterRoleBinding",
        metadata: { name },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
        subjects: [subject],
    });
    const group = "rbac.authorization.k8s.io";
    const objects = [
        clusterRoleBinding("kubeadm:cluster-admins", "cluster-admin", {
            apiGroup: group,
            kind: "Group",
            name: "kubeadm:cluster-admins",
        }),
        clusterRoleBinding("local:storage-provisioner", "system:persistent-volume-provisioner", {
            apiGroup: group,
            kind: "User",
            name: "system:storage-provisioner",
        }),
        {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "ClusterRole",
            metadata: { name: "local:network-policies" },
            rules: [
                { apiGroups: [""], resources: ["namespaces", "pods"], verbs: ["list", "watch"] },
                { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: ["list", "watch"] },
            ],
        },
        clusterRoleBinding("local:network-policies", "local:network-policies", {
            apiGroup: group,
            kind: "User",
            name: "system:network-policies",
        }),
        {
            apiVersion: "storage.k8s.io/v1",
            kind: "StorageClass",
            metadata: {
                name: "standard",
                annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
            },
            provisioner: "k8s.io/minikube-hostpath",
            reclaimPolicy: "Delete",
            volumeBindingMode: "Immediate",
        },
        { apiVersion: "v1", kind: "ServiceAccount", metadata: dnsMeta("coredns") },
        {
            apiVersion: "rbac.authorization.k8s.io/v1",
            kind: "ClusterRole",
            metadata: { name: "system:coredns" },
            rules: [
                {
                    apiGroups: [""],
                    resources: ["endpoints", "services", "pods", "namespaces"],
                    verbs: ["list", "watch"],
                },
                { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
            ],
        },
        clusterRoleBinding("system:coredns", "system:coredns", {
            kind: "ServiceAccount",
            name: "coredns",
            namespace: "kube-system",
        }),
        { apiVersion: "v1", kind: "ConfigMap", metadata: dnsMeta("coredns"), data: { Corefile: corefile(upstreams) } },
        {
            apiVersion: "v1",
            kind: "Service",
            metadata: dnsMeta("kube-dns"),
            spec: {
                clusterIP: addresses().dns,
                selector: { "k8s-app": "kube-dns" },
                ports: [
                    { name: "dns", port: 53, protocol: "UDP" },
                    { name: "dns-tcp", port: 53, protocol: "TCP" },
                ],
            },
        },
        {
            apiVersion: "apps/v1",
            kind: "Deployment",
            metadata: dnsMeta("coredns"),
            spec: {
                replicas: 1,
                selector: { matchLabels: { "k8s-app": "kube-dns" } },
                template: {
                    metadata: {
                        labels: dnsLabels,
                        // Another configuration starts it anew: by itself it would find out minutes later.
                        annotations: { "checksum/corefile": sha256(corefile(upstreams)) },
                    },
                    spec: {
                        serviceAccountName: "coredns",
                        priorityClassName: "system-cluster-critical",
                        dnsPolicy: "Default",
                        // It listens on port 53 without a capability.
                        securityContext: {
                            sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
                            seccompProfile: { type: "RuntimeDefault" },
                        },
                        terminationGracePeriodSeconds: 5,
                        containers: [
                            {
                                name: "coredns",
                                image: coredns,
                                imagePullPolicy: "IfNotPresent",
                                args: ["-conf", "/etc/coredns/Corefile"],
                                resources: { requests: { cpu: "20m", memory: "32Mi" }, limits: { memory: "170Mi" } },
                                readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 2 },
                                livenessProbe: {
                                    httpGet: { path: "/health", port: 8080 },
                                    initialDelaySeconds: 30,
                                    failureThreshold: 5,
                                },
                                securityContext: {
                                    allowPrivilegeEscalation: false,
                                    capabilities: { drop: ["ALL"] },
                                    readOnlyRootFilesystem: true,
                                },
                                volumeMounts: [{ name: "configuration", mountPath: "/etc/coredns", readOnly: true }],
                            },
                        ],
                        volumes: [{ name: "configuration", configMap: { name: "coredns" } }],
                    },
                },
            },
        },
    ];
    return objects.map((object) => stringify(object)).join("---\n");
}

async function manifestsAndHash(): Promise<{ manifests: string; hash: string }> {
    const manifests = addonManifests(await corednsImage(), resolvers());
    return { manifests, hash: sha256(manifests) };
}

/** Whether just these addons were applied to this cluster before. */
export async function addonsAreApplied(): Promise<boolean> {
    const { hash } = await manifestsAndHash();
    return existsSync(paths.addonsApplied) && (await readFile(paths.addonsApplied, "utf8")) === hash;
}

/** Applies the addons unless just these were applied to this cluster before. */
export async function ensureAddons(): Promise<void> {
    if (await addonsAreApplied()) {
        return;
    }
    const { manifests, hash } = await manifestsAndHash();
    await rm(paths.addonsApplied, { force: true });
    // The usual administrators get their rights with this very step.
    const kubeconfig = credential("super-admin");
    await kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], { input: manifests, kubeconfig });
    await writeFile(paths.addonsApplied, hash);
}
