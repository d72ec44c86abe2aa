import { chooseCluster, clusterEnvironment, kubectl } from "../../../local/session/targetCluster";
import { output } from "../../../local/support/execution";

/** The local cluster, on which all these tests run. */
export const cluster = chooseCluster("local");

/** The parts of any Kubernetes object that tests look at. */
export interface AnyObject {
    readonly kind: string;
    readonly metadata: {
        readonly name: string;
        readonly namespace?: string;
        readonly uid: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
        readonly deletionTimestamp?: string;
        readonly ownerReferences?: readonly { readonly kind: string }[];
    };
    readonly spec?: {
        readonly claimRef?: { readonly namespace?: string };
        readonly hostPath?: { readonly path: string };
    };
    readonly data?: Readonly<Record<string, string>>;
    readonly status?: { readonly phase?: string };
}

/** Runs kubectl on the local cluster; it must succeed. */
export async function kube(args: readonly string[], input?: string): Promise<string> {
    return await output([...kubectl(cluster), ...args], { env: clusterEnvironment(cluster), input, timeout: 120_000 });
}

/** Objects, by whatever `kubectl get` takes. */
export async function objects(...args: readonly string[]): Promise<AnyObject[]> {
    const answer = await kube(["get", ...args, "--ignore-not-found", "--output", "json"]);
    if (answer.trim() === "") {
        return [];
    }
    const read = JSON.parse(answer) as AnyObject | { items: AnyObject[] };
    return "items" in read ? read.items : [read];
}

/** Whether an object is there. */
export async function exists(...args: readonly string[]): Promise<boolean> {
    return (await objects(...args)).length > 0;
}

/** Pods of a namespace that have not ended and are not about to. */
export async function livingPods(namespace: string): Promise<AnyObject[]> {
    const pods = await objects("pods", "--namespace", namespace);
    return pods.filter((pod) => !["Succeeded", "Failed"].includes(pod.status?.phase ?? ""));
}

/** Kind, namespace and name, as one word. */
export function identity(object: { kind: string; metadata: { namespace?: string; name: string } }): string {
    return [object.kind, object.metadata.namespace, object.metadata.name].filter(Boolean).join("/");
}

/** The address of the node, under which pods and this machine reach what listens there. */
export async function nodeAddress(): Promise<string> {
    const path = 'jsonpath={.items[0].status.addresses[?(@.type=="InternalIP")].address}';
    return await kube(["get", "nodes", "--output", path]);
}
