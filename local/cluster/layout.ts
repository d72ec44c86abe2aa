import { join } from "node:path";
import { clusterDirectory } from "../support/paths";

/** The context that the local cluster's kubeconfig has, and nothing else does. */
export const contextName = "airflow-kubernetes-local";

/** The name of the cluster's pod network, and of its own tables of rules. */
export const networkName = "airflow-kubernetes";

/** How the one node is called. */
export const nodeName = "local";

/** The bridge that carries the node's address (a kernel without the `dummy` device has bridges still). */
export const nodeDevice = "kube0";

/** The kubeconfig to use the cluster with. */
export const kubeconfigPath: string = join(clusterDirectory, "kubeconfig");

/** Names below the cluster's directory. What lies in `node` belongs to the node, as its disks would. */
export const paths = {
    binaries: join(clusterDirectory, "bin"),
    /** Laid over the node's /sbin, where mount(8) looks for what mounts a type of file system: the NFS client, once a stack needs it. */
    mountHelpers: join(clusterDirectory, "sbin"),
    lock: join(clusterDirectory, "lock"),
    /** The range of addresses that the cluster was made with. */
    range: join(clusterDirectory, "range"),
    /** Services of the machine that were switched off, for `reset` to switch on again. */
    disabledServices: join(clusterDirectory, "disabled-services"),
    log: join(clusterDirectory, "log"),
    parts: join(clusterDirectory, "parts"),
    machine: join(clusterDirectory, "machine.json"),
    certificates: join(clusterDirectory, "certificates"),
    configuration: join(clusterDirectory, "configuration"),
    etcd: join(clusterDirectory, "etcd"),
    addonsApplied: join(clusterDirectory, "addons.applied"),
    containerd: join(clusterDirectory, "containerd"),
    node: join(clusterDirectory, "node"),
    data: join(clusterDirectory, "node", "data"),
    volumes: join(clusterDirectory, "node", "hostpath-provisioner"),
    kubelet: join(clusterDirectory, "node", "kubelet"),
    cni: join(clusterDirectory, "node", "cni"),
    podLogs: join(clusterDirectory, "node", "log", "pods"),
    containerLogs: join(clusterDirectory, "node", "log", "containers"),
    run: join(clusterDirectory, "node", "run"),
} as const;

/** etcd listens on a socket only root can open: on a port, every user of the machine could read the Secrets. */
export const etcdSocket: string = join(paths.etcd, "client.sock");

/** containerd's socket, as seen in the node's mount namespace. */
export const containerdSocket = "/run/containerd/containerd.sock";
