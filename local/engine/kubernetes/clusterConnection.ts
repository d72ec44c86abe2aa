import type { Place } from "../providers/provider";
import { containsUnknown, type PropertyMap } from "../values/propertyValue";
import { type ClusterChoice, clusterAccess } from "./kubeconfig";
import { isNotFound, KubernetesClient, KubernetesError } from "./kubernetesClient";
import { textAt } from "./kubernetesObject";

/** The way to a cluster, tried once and remembered, also when it leads nowhere. */
export class ClusterConnection {
    private connection: Promise<{ client?: KubernetesClient; place: Place }> | undefined;

    constructor(private readonly choice: ClusterChoice) {}

    /** A client, if there is a cluster, and which one it is. */
    public connect(): Promise<{ client?: KubernetesClient; place: Place }> {
        this.connection ??= this.tryToConnect();
        return this.connection;
    }

    /** The client; throws when there is no cluster. */
    public async client(): Promise<KubernetesClient> {
        const { client, place } = await this.connect();
        if (client === undefined) {
            throw new Error(`the Kubernetes cluster can't be reached: ${place.unreachable}`);
        }
        return client;
    }

    /** The client to dry-run inputs with; undefined when that can't be tried yet, as in the real provider. */
    public async previewClient(inputs: PropertyMap): Promise<KubernetesClient | undefined> {
        if (containsUnknown(inputs)) {
            return undefined;
        }
        const { client } = await this.connect();
        try {
            await client?.resource(textAt(inputs, "apiVersion"), textAt(inputs, "kind"));
            return client;
        } catch (error) {
            if (isNotFound(error)) {
                return undefined;
            }
            throw error;
        }
    }

    private async tryToConnect(): Promise<{ client?: KubernetesClient; place: Place }> {
        try {
            const client = new KubernetesClient(clusterAccess(this.choice));
            return { client, place: { identity: await clusterIdentity(client) } };
        } catch (error) {
            return { place: { identity: "", unreachable: (error as Error).message } };
        }
    }
}

async function clusterIdentity(client: KubernetesClient): Promise<string> {
    try {
        const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: "kube-system" } };
        const path = `/api/v1/namespaces/${object.metadata.name}`;
        return textAt(await client.request<PropertyMap>("GET", path, { timeoutMs: 5000 }), "metadata", "uid");
    } catch (error) {
        if (error instanceof KubernetesError && (error.code === 403 || error.code === 404)) {
            return "";
        }
        throw error;
    }
}
