import { addresses, kernelHasNfs } from "../cluster";
import { referenceOf } from "../images";
import type { Override } from "../pulumi/overrides";
import { projectName, stackStorageKind, stackValue } from "../pulumi/stackFile";
import { capture } from "../support/execution";
import { say } from "../support/progress";
import { type Cluster, clusterEnvironment, kubectl } from "./targetCluster";

const key = `${projectName}:storage`;

/** The part of a node that tells by which addresses it reaches pods. */
interface Node {
    readonly metadata?: { readonly annotations?: Record<string, string> };
    readonly spec?: { readonly podCIDR?: string; readonly podCIDRs?: readonly string[] };
    readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

/** By which network plugins tell the address that a node has among pods. */
const annotation =
    /^(projectcalico\.org\/IPv[46](IPIP|VXLAN)?.*Addr(ess)?|(io\.cilium\.network|network\.cilium\.io)[./]ipv[46]-cilium-host)$/;

/**
 * The addresses from which nodes, and no pods, reach the NFS server: their own, and those that they have on the network of pods.
 * The latter are told by annotations of the network plugin; without any, they are the first two of the node's range of pods, which
 * bridge and tunnel have.
 */
export function clientsOf(nodes: readonly Node[]): string[] {
    const found = nodes.flatMap(({ metadata, spec, status }) => {
        const own = (status?.addresses ?? [])
            .filter(({ type }) => type === "InternalIP" || type === "ExternalIP")
            .map(({ address }) => address);
        const told = Object.entries(metadata?.annotations ?? {})
            .filter(([name]) => annotation.test(name))
            .map(([, address]) => address.replace(/\/\d+$/, ""));
        const ranges = spec?.podCIDRs ?? (spec?.podCIDR === undefined ? [] : [spec.podCIDR]);
        return [...own, ...(told.length > 0 ? told : ranges.flatMap(firstTwo))];
    });
    return [...new Set(found)].sort();
}

/** The addresses of the tunnel and of the bridge; none of a range of IPv6, whose gateways are link-local. */
function firstTwo(range: string): string[] {
    const match = /^(\d+\.\d+\.\d+\.)(\d+)\/\d+$/.exec(range);
    return match === null ? [] : [`${match[1]}${match[2]}`, `${match[1]}${Number(match[2]) + 1}`];
}

/** What the file of a stack that makes an NFS server in the cluster says of the volumes; undefined for any other. */
function storageOf(stackFile: string): Record<string, unknown> | undefined {
    const isMade = stackStorageKind(stackFile) === "nfsServer";
    return isMade ? ((stackValue(stackFile, key) ?? {}) as Record<string, unknown>) : undefined;
}

/**
 * Settings of the NFS server that make knows better than a stack file, as far as that leaves them open: on the local cluster its
 * image, the node's address, and version 3 of NFS where the kernel has no client.
 */
export async function localNfsSettings(cluster: Cluster, stackFile: string): Promise<Override[]> {
    const storage = storageOf(stackFile);
    if (storage === undefined || cluster.kind !== "local") {
        return [];
    }
    const server = (storage.nfsServer ?? {}) as Record<string, unknown>;
    const set = (path: string[], value: Override["value"]): Override => ({ key, path, value });
    return [
        ...(server.image === undefined ? [set(["nfsServer", "image"], referenceOf("nfs-ganesha"))] : []),
        ...(server.clients === undefined ? [set(["nfsServer", "clients"], localClients())] : []),
        ...(storage.mountOptions === undefined && !(await kernelHasNfs())
            ? [set(["mountOptions"], ["nfsvers=3", "hard", "noatime"])]
            : []),
    ];
}

function localClients(): string[] {
    const { node, pods } = addresses();
    return clientsOf([{ spec: { podCIDR: pods }, status: { addresses: [{ type: "InternalIP", address: node }] } }]);
}

/**
 * The addresses of the nodes of any other cluster, where the stack file leaves open whom the NFS server serves. Says which, or that
 * they are not known.
 */
export async function nfsClients(cluster: Cluster, stackFile: string): Promise<Override[]> {
    const storage = storageOf(stackFile);
    const server = (storage?.nfsServer ?? {}) as Record<string, unknown>;
    if (storage === undefined || server.clients !== undefined) {
        return [];
    }
    const listed = await capture(
        [...kubectl(cluster), "get", "nodes", "--output", "json", "--request-timeout", "10s"],
        {
            env: clusterEnvironment(cluster),
            timeout: 30_000,
        },
    );
    const clients = listed.code === 0 ? clientsOf((JSON.parse(listed.stdout) as { items: Node[] }).items) : [];
    if (clients.length === 0) {
        say(
            "The addresses of the nodes could not be listed, so the NFS server serves everybody: set storage.nfsServer.clients.",
        );
        return [];
    }
    say(
        `The NFS server serves the nodes alone: ${clients.join(", ")}. A node that joins later is served after the next make up; ` +
            "set storage.nfsServer.clients to their network, and it is at once.",
    );
    return [{ key, path: ["nfsServer", "clients"], value: clients }];
}
