import { join } from "node:path";
import { certificate, credential } from "./certificates";
import { etcdSocket, paths } from "./layout";
import type { Part } from "./processes";
import { addresses } from "./ranges";

/** The parts that run on the machine itself, in the order they are stopped in. */
export const controlPlaneParts = [
    "kube-scheduler",
    "kube-controller-manager",
    "kube-apiserver",
    "etcd",
    "log-keeper",
] as const;

/** Bytes after which a log is begun anew; the one before is kept. */
const longestLog = 20 * 1024 ** 2;

/** Keeps the parts' logs from filling the disk. They are opened for appending, so one can be cut while it is written to. */
export function logKeeperPart(directory: string = paths.log, longest: number = longestLog, seconds = 60): Part {
    const script = [
        "while :; do",
        '  for log in "$1"/*.log; do',
        '    [ "$(stat --format %s "$log" 2>/dev/null || echo 0)" -le "$2" ] || { cp "$log" "$log.1"; : > "$log"; }',
        "  done",
        '  sleep "$3"',
        "done",
    ].join("\n");
    return { name: "log-keeper", command: ["sh", "-c", script, "log-keeper", directory, `${longest}`, `${seconds}`] };
}

function part(name: string, flags: Record<string, string>): Part {
    return {
        name,
        command: [join(paths.binaries, name), ...Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`)],
    };
}

/** etcd, which only root reaches, by a socket. */
export function etcdPart(): Part {
    // There are no peers; yet etcd wants to hear an address with a port.
    const peer = "http://localhost:2380";
    return part("etcd", {
        "data-dir": join(paths.etcd, "data"),
        name: "local",
        "listen-client-urls": `unix://${etcdSocket}`,
        "advertise-client-urls": "http://localhost:2379",
        "listen-peer-urls": `unix://${join(paths.etcd, "peer.sock")}`,
        "initial-advertise-peer-urls": peer,
        "initial-cluster": `local=${peer}`,
        // What a power failure may cost is a cluster that is made again in minutes.
        "unsafe-no-fsync": "true",
        "log-level": "warn",
    });
}

/** The API server, on the node's address alone. */
export function apiServerPart(): Part {
    return part("kube-apiserver", {
        "etcd-servers": `unix://${etcdSocket}`,
        "advertise-address": addresses().node,
        "bind-address": addresses().node,
        "secure-port": "6443",
        "service-cluster-ip-range": addresses().services,
        "client-ca-file": certificate("ca.crt"),
        "tls-cert-file": certificate("apiserver.crt"),
        "tls-private-key-file": certificate("apiserver.key"),
        "kubelet-client-certificate": certificate("apiserver-kubelet-client.crt"),
        "kubelet-client-key": certificate("apiserver-kubelet-client.key"),
        // By default it would look up the node's name in DNS, which does not know it.
        "kubelet-preferred-address-types": "InternalIP",
        "service-account-key-file": certificate("sa.pub"),
        "service-account-signing-key-file": certificate("sa.key"),
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "proxy-client-cert-file": certificate("front-proxy-client.crt"),
        "proxy-client-key-file": certificate("front-proxy-client.key"),
        "requestheader-client-ca-file": certificate("front-proxy-ca.crt"),
        "requestheader-allowed-names": "front-proxy-client",
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "enable-bootstrap-token-auth": "true",
        "allow-privileged": "true",
        profiling: "false",
    });
}

/** The controller manager. */
export function controllerManagerPart(): Part {
    return part("kube-controller-manager", {
        kubeconfig: credential("controller-manager"),
        "authentication-kubeconfig": credential("controller-manager"),
        "authorization-kubeconfig": credential("controller-manager"),
        "bind-address": addresses().node,
        "service-account-private-key-file": certificate("sa.key"),
        "root-ca-file": certificate("ca.crt"),
        "client-ca-file": certificate("ca.crt"),
        "requestheader-client-ca-file": certificate("front-proxy-ca.crt"),
        "cluster-signing-cert-file": certificate("ca.crt"),
        "cluster-signing-key-file": certificate("ca.key"),
        "cluster-name": "airflow-kubernetes",
        "use-service-account-credentials": "true",
        controllers: "*,bootstrapsigner,tokencleaner",
        // It makes the directory if it is missing, by default under /usr.
        "flex-volume-plugin-dir": join(paths.kubelet, "volume-plugins"),
        "leader-elect": "false",
        "allocate-node-cidrs": "true",
        "cluster-cidr": addresses().pods,
        "service-cluster-ip-range": addresses().services,
        profiling: "false",
    });
}

/** The scheduler. */
export function schedulerPart(): Part {
    return part("kube-scheduler", {
        kubeconfig: credential("scheduler"),
        "authentication-kubeconfig": credential("scheduler"),
        "authorization-kubeconfig": credential("scheduler"),
        "bind-address": addresses().node,
        "leader-elect": "false",
        profiling: "false",
    });
}
