import { join } from "node:path";
import { stringify } from "yaml";
import { certificate, credential } from "./certificates";
import { rootCgroup } from "./cgroups";
import { writeConfiguration } from "./configuration";
import { containerdSocket, networkName, nodeName, paths } from "./layout";
import { onNode } from "./node";
import { policyQueue } from "./policyQueue";
import type { Part } from "./processes";
import { addresses } from "./ranges";

/** The kubelet's configuration. */
export function kubeletConfiguration(files: { clientCa: string; resolvConf: string }): string {
    return stringify({
        apiVersion: "kubelet.config.k8s.io/v1beta1",
        kind: "KubeletConfiguration",
        address: addresses().node,
        healthzBindAddress: addresses().node,
        containerRuntimeEndpoint: `unix://${containerdSocket}`,
        cgroupDriver: "cgroupfs",
        cgroupRoot: rootCgroup,
        failCgroupV1: false,
        failSwapOn: false,
        maxPods: 200,
        maxOpenFiles: 20_000,
        clusterDNS: [addresses().dns],
        clusterDomain: "cluster.local",
        // Pods that use the node's DNS get none; CoreDNS is told whom to ask.
        resolvConf: files.resolvConf,
        authentication: {
            anonymous: { enabled: false },
            webhook: { enabled: true },
            x509: { clientCAFile: files.clientCa },
        },
        authorization: { mode: "Webhook" },
        // An image that is deleted cannot be pulled again, so neither age nor a full disk may delete one.
        imageGCHighThresholdPercent: 100,
        imageMaximumGCAge: "0s",
        evictionHard: {
            "memory.available": "200Mi",
            "nodefs.available": "0%",
            "nodefs.inodesFree": "0%",
            "imagefs.available": "0%",
        },
        // An image that was loaded is for all, also when the same one was pulled from a registry that asks for a login.
        imagePullCredentialsVerificationPolicy: "NeverVerify",
        // Several pods at once is the usual case here: do not queue them behind each other.
        serializeImagePulls: false,
        registryPullQPS: 0,
        makeIPTablesUtilChains: false,
        // The default lies under /usr, and the kubelet would make it.
        volumePluginDir: "/var/lib/kubelet/volume-plugins",
        shutdownGracePeriod: "0s",
    });
}

/** Writes the kubelet's configuration and describes how it is started. */
export async function kubeletPart(node: number): Promise<Part> {
    const resolvConf = await writeConfiguration("resolv.conf", "");
    const text = kubeletConfiguration({ clientCa: certificate("ca.crt"), resolvConf });
    const file = await writeConfiguration("kubelet.yaml", text);
    return onNode(node, {
        name: "kubelet",
        command: [
            join(paths.binaries, "kubelet"),
            `--config=${file}`,
            `--kubeconfig=${credential("kubelet")}`,
            `--hostname-override=${nodeName}`,
            `--node-ip=${addresses().node}`,
        ],
        configuration: [text],
    });
}

/** kube-proxy's configuration. */
export function proxyConfiguration(kubeconfig: string): string {
    return stringify({
        apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
        kind: "KubeProxyConfiguration",
        mode: "nftables",
        clusterCIDR: addresses().pods,
        clientConnection: { kubeconfig },
        hostnameOverride: nodeName,
        healthzBindAddress: `${addresses().node}:10256`,
        metricsBindAddress: `${addresses().node}:10249`,
        // The machine's own limits stay as they are.
        conntrack: { maxPerCore: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    });
}

/** Writes kube-proxy's configuration and describes how it is started. */
export async function proxyPart(node: number): Promise<Part> {
    const text = proxyConfiguration(credential("kube-proxy"));
    const file = await writeConfiguration("kube-proxy.yaml", text);
    return onNode(node, {
        name: "kube-proxy",
        command: [join(paths.binaries, "kube-proxy"), `--config=${file}`],
        configuration: [text],
    });
}

/** Describes how the program is started that makes the directories of the default StorageClass. */
export function storageProvisionerPart(node: number): Part {
    return onNode(node, {
        name: "storage-provisioner",
        command: [
            join(paths.binaries, "storage-provisioner"),
            `--kubeconfig=${credential("storage-provisioner")}`,
            "--root=/tmp/hostpath-provisioner",
        ],
    });
}

/** Describes how the program is started that says which packets of pods may pass. */
export function networkPoliciesPart(node: number): Part {
    return onNode(node, {
        name: "network-policies",
        command: [
            join(paths.binaries, "network-policies"),
            `--kubeconfig=${credential("network-policies")}`,
            `--hostname-override=${nodeName}`,
            `--nfqueue-id=${policyQueue}`,
            `--table=${networkName}`,
        ],
    });
}
