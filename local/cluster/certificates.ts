import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { output } from "../support/execution";
import { contextName, kubeconfigPath, nodeName, paths } from "./layout";
import { addresses } from "./ranges";

/** Who gets a kubeconfig besides those that kubeadm makes one for. */
const users = {
    "kube-proxy": "system:kube-proxy",
    "storage-provisioner": "system:storage-provisioner",
    "network-policies": "system:network-policies",
} as const;

/** kubeadm's configuration for the certificates in a directory. */
export function kubeadmConfiguration(version: string, certificates: string): string {
    const documents = [
        {
            apiVersion: "kubeadm.k8s.io/v1beta4",
            kind: "InitConfiguration",
            localAPIEndpoint: { advertiseAddress: addresses().node, bindPort: 6443 },
            nodeRegistration: { name: nodeName },
        },
        {
            apiVersion: "kubeadm.k8s.io/v1beta4",
            kind: "ClusterConfiguration",
            kubernetesVersion: version,
            certificatesDir: certificates,
            controlPlaneEndpoint: `${addresses().node}:6443`,
            networking: { podSubnet: addresses().pods, serviceSubnet: addresses().services },
            apiServer: { certSANs: ["127.0.0.1", "localhost"] },
            // etcd is reached by a socket: kubeadm shall make no certificates for it.
            etcd: { external: { endpoints: ["http://127.0.0.1:2379"] } },
            // Nobody renews the certificates of a cluster that is put away for a year.
            certificateValidityPeriod: "87600h",
            encryptionAlgorithm: "ECDSA-P256",
        },
    ];
    return documents.map((document) => stringify(document)).join("---\n");
}

interface Kubeconfig {
    clusters: { name: string; cluster: Record<string, unknown> }[];
    users: { name: string; user: Record<string, unknown> }[];
}

/** The name by which stack files and guides call a laptop's cluster. */
const laptopContext = "minikube";

/**
 * The administrator's kubeconfig with names of this cluster's own, so that it can stand beside others, and a context by which
 * what is written for minikube works here as it stands.
 */
export function namedKubeconfig(text: string): string {
    const { clusters, users: credentials } = parse(text) as Kubeconfig;
    const context = { cluster: contextName, user: contextName };
    return stringify(
        {
            apiVersion: "v1",
            kind: "Config",
            clusters: [{ name: contextName, cluster: clusters[0]?.cluster }],
            users: [{ name: contextName, user: credentials[0]?.user }],
            contexts: [contextName, laptopContext].map((name) => ({ name, context })),
            "current-context": contextName,
        },
        { lineWidth: 0, aliasDuplicateObjects: false },
    );
}

/** Makes the certificates and kubeconfigs, all or none, unless they are there. */
export async function ensureCertificates(version: string): Promise<void> {
    if (!existsSync(paths.certificates)) {
        await makeCertificates(version);
    }
    await makeCredentials(version);
    const text = namedKubeconfig(await readFile(join(paths.certificates, "credentials", "admin.conf"), "utf8"));
    if (!existsSync(kubeconfigPath) || (await readFile(kubeconfigPath, "utf8")) !== text) {
        await writeFile(`${kubeconfigPath}.tmp`, text, { mode: 0o600 });
        await rename(`${kubeconfigPath}.tmp`, kubeconfigPath);
    }
}

async function makeCertificates(version: string): Promise<void> {
    const directory = `${paths.certificates}.tmp`;
    const credentials = join(directory, "credentials");
    const configuration = join(directory, "kubeadm.yaml");
    const kubeadm = join(paths.binaries, "kubeadm");
    await rm(directory, { recursive: true, force: true });
    await mkdir(credentials, { recursive: true, mode: 0o700 });
    await writeFile(configuration, kubeadmConfiguration(version, directory));
    await output([kubeadm, "init", "phase", "certs", "all", "--config", configuration]);
    const phase = ["init", "phase", "kubeconfig", "all", "--config", configuration, "--kubeconfig-dir", credentials];
    await output([kubeadm, ...phase]);
    await rename(directory, paths.certificates);
}

/** Makes the kubeconfigs that are missing: a cluster that was made before may know fewer users. */
async function makeCredentials(version: string): Promise<void> {
    const missing = Object.entries(users).filter(([name]) => !existsSync(credential(name)));
    if (missing.length === 0) {
        return;
    }
    const configuration = certificate("kubeadm.yaml");
    await writeFile(configuration, kubeadmConfiguration(version, paths.certificates));
    for (const [name, user] of missing) {
        const text = await output([
            join(paths.binaries, "kubeadm"),
            "kubeconfig",
            "user",
            "--client-name",
            user,
            "--config",
            configuration,
        ]);
        await writeFile(`${credential(name)}.tmp`, text, { mode: 0o600 });
        await rename(`${credential(name)}.tmp`, credential(name));
    }
}

/** The path of a certificate or key. */
export function certificate(name: string): string {
    return join(paths.certificates, name);
}

/** The path of a component's kubeconfig. */
export function credential(name: string): string {
    return join(paths.certificates, "credentials", `${name}.conf`);
}
