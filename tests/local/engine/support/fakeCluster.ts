import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An object of the fake API. */
export interface FakeObject {
    apiVersion: string;
    kind: string;
    metadata: {
        name: string;
        namespace?: string;
        uid: string;
        resourceVersion: string;
        generation: number;
        annotations?: { [name: string]: string };
        labels?: { [name: string]: string };
        finalizers?: string[];
        deletionTimestamp?: string;
        managedFields: { manager: string; operation: string; fields: unknown }[];
    };
    status?: { [name: string]: unknown };
    [field: string]: unknown;
}

/** One request that the fake API got. */
export interface FakeRequest {
    readonly method: string;
    readonly path: string;
    readonly dryRun: boolean;
    readonly body: unknown;
}

interface Kind {
    readonly apiVersion: string;
    readonly kind: string;
    readonly plural: string;
    readonly namespaced: boolean;
}

class Refusal extends Error {
    constructor(
        public readonly code: number,
        public readonly reason: string,
        message: string,
    ) {
        super(message);
    }
}

const kinds: readonly Kind[] = [
    ["v1", "Namespace", "namespaces", false],
    ["v1", "ConfigMap", "configmaps", true],
    ["v1", "Secret", "secrets", true],
    ["v1", "Service", "services", true],
    ["v1", "ServiceAccount", "serviceaccounts", true],
    ["v1", "Pod", "pods", true],
    ["v1", "Event", "events", true],
    ["v1", "PersistentVolume", "persistentvolumes", false],
    ["v1", "PersistentVolumeClaim", "persistentvolumeclaims", true],
    ["apps/v1", "Deployment", "deployments", true],
    ["apps/v1", "StatefulSet", "statefulsets", true],
    ["batch/v1", "Job", "jobs", true],
    ["rbac.authorization.k8s.io/v1", "Role", "roles", true],
    ["rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", true],
    ["storage.k8s.io/v1", "StorageClass", "storageclasses", false],
    ["discovery.k8s.io/v1", "EndpointSlice", "endpointslices", true],
].map(([apiVersion, kind, plural, namespaced]) => ({ apiVersion, kind, plural, namespaced }) as Kind);

/**
 * A Kubernetes API on loopback, as much of it as the engine uses: discovery, create, server-side apply with managed fields,
 * dry run, delete with finalizers, logs. Workloads are ready at once unless a test says otherwise.
 */
export class FakeCluster {
    public readonly objects = new Map<string, FakeObject>();
    public readonly requests: FakeRequest[] = [];
    /** By `<namespace>/<pod>`. */
    public readonly logs = new Map<string, string>();
    /** Gives a new or changed object its status; the default makes everything work. */
    public status: (object: FakeObject) => { [name: string]: unknown } | undefined = working;
    /** Called before each request is worked on; may wait, or throw to refuse. */
    public before: (request: FakeRequest) => Promise<void> | void = () => undefined;
    /** Called when a request was worked on and before it is answered. */
    public after: (request: FakeRequest) => Promise<void> | void = () => undefined;
    private version = 1;
    private readonly server: Server;
    private uid = randomUUID();

    private constructor() {
        this.server = createServer((request, response) => void this.handle(request, response));
    }

    public static async start(): Promise<FakeCluster> {
        const cluster = new FakeCluster();
        await new Promise<void>((resolve) => cluster.server.listen(0, "127.0.0.1", resolve));
        cluster.reset();
        return cluster;
    }

    public stop(): void {
        this.server.closeAllConnections();
        this.server.close();
    }

    /** A new, empty cluster at the same address. */
    public reset(): void {
        this.uid = randomUUID();
        this.objects.clear();
        this.requests.length = 0;
        for (const name of ["kube-system", "default"]) {
            this.put({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
        }
    }

    public get address(): string {
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    }

    /** A kubeconfig for this cluster. */
    public get kubeconfig(): string {
        return JSON.stringify({
            apiVersion: "v1",
            kind: "Config",
            "current-context": "fake",
            clusters: [{ name: "fake", cluster: { server: this.address } }],
            users: [{ name: "fake", user: {} }],
            contexts: [{ name: "fake", context: { cluster: "fake", user: "fake" } }],
        });
    }

    /** Puts an object there as if someone else had made it. */
    public put(object: {
        kind: string;
        metadata: Partial<FakeObject["metadata"]>;
        [field: string]: unknown;
    }): FakeObject {
        const kind = kinds.find((known) => known.kind === object.kind) ?? fail(`no kind ${object.kind}`);
        const made = this.stamp(
            { apiVersion: kind.apiVersion, ...object } as unknown as FakeObject,
            "someone",
            "Update",
        );
        if (made.kind === "Namespace" && made.metadata.name === "kube-system") {
            made.metadata.uid = this.uid;
        }
        this.objects.set(keyOf(kind, made.metadata.namespace ?? "default", made.metadata.name), made);
        return made;
    }

    /** The objects of a kind, by name. */
    public all(kind: string): FakeObject[] {
        return [...this.objects.values()].filter((object) => object.kind === kind);
    }

    /** The object of a kind and name, with which a test can do what it likes. */
    public find(kind: string, name: string): FakeObject | undefined {
        return this.all(kind).find((object) => object.metadata.name === name);
    }

    /** The changes asked for, as `POST configmaps`, `DELETE jobs/x`, without dry runs. */
    public get changes(): string[] {
        return this.requests
            .filter(({ method, dryRun }) => method !== "GET" && !dryRun)
            .map(({ method, path }) => {
                const parts = path.split("/");
                const place = parts.includes("namespaces") && parts.length > parts.indexOf("namespaces") + 2;
                return `${method} ${parts.slice(place ? parts.indexOf("namespaces") + 2 : parts.indexOf("v1") + 1).join("/")}`;
            });
    }

    private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const url = new URL(request.url ?? "/", this.address);
        const text = await bodyOf(request);
        const seen: FakeRequest = {
            method: request.method ?? "",
            path: url.pathname,
            dryRun: url.searchParams.get("dryRun") === "All",
            body: text === "" ? undefined : JSON.parse(text),
        };
        this.requests.push(seen);
        try {
            await this.before(seen);
            const answer = this.answer(seen, url, request.headers["content-type"] ?? "");
            await this.after(seen);
            response.end(typeof answer === "string" ? answer : JSON.stringify(answer));
        } catch (error) {
            const { code = 500, reason = "InternalError" } = error as Partial<Refusal>;
            response.statusCode = code;
            response.end(JSON.stringify({ kind: "Status", code, reason, message: (error as Error).message }));
        }
    }

    private answer(request: FakeRequest, url: URL, contentType: string): unknown {
        const discovery = /^\/(?:api|apis)\/([a-z0-9.]+(?:\/v\d+)?)$/.exec(request.path)?.[1];
        if (discovery) {
            return discover(discovery);
        }
        const { kind, namespace, name, subresource } = parsePath(request.path);
        if (subresource === "log") {
            return this.logs.get(`${namespace}/${name}`) ?? "";
        }
        switch (request.method) {
            case "GET":
                return name === "" ? this.list(kind, namespace, url) : this.get(kind, namespace, name);
            case "POST":
                return this.create(kind, namespace, request, url.searchParams.get("fieldManager") ?? "unknown");
            case "PATCH":
                return contentType.includes("json-patch")
                    ? this.patch(kind, namespace, name, request.body as JsonPatch)
                    : this.apply(kind, namespace, name, request, url);
            case "DELETE":
                return this.delete(kind, namespace, name);
            default:
                throw new Refusal(405, "MethodNotAllowed", request.method);
        }
    }

    private list(kind: Kind, namespace: string, url: URL): unknown {
        const selector = (url.searchParams.get("labelSelector") ?? "").split(",").filter((part) => part !== "");
        const items = this.all(kind.kind)
            .filter(({ metadata }) => !kind.namespaced || metadata.namespace === namespace)
            .filter(({ metadata }) =>
                selector.every((part) => metadata.labels?.[part.split("=")[0] ?? ""] === part.split("=")[1]),
            );
        return { items };
    }

    private get(kind: Kind, namespace: string, name: string): FakeObject {
        return (
            this.objects.get(keyOf(kind, namespace, name)) ??
            refuse(404, "NotFound", `${kind.plural} "${name}" not found`)
        );
    }

    private create(kind: Kind, namespace: string, request: FakeRequest, manager: string): FakeObject {
        const object = request.body as FakeObject;
        this.validate(kind, namespace, object);
        const key = keyOf(kind, namespace, object.metadata.name);
        if (this.objects.has(key)) {
            throw new Refusal(409, "AlreadyExists", `${kind.plural} "${object.metadata.name}" already exists`);
        }
        const made = this.stamp(structuredClone(object), manager, "Update", kind.namespaced ? namespace : undefined);
        if (!request.dryRun) {
            made.status = this.status(made);
            this.objects.set(key, made);
        }
        return made;
    }

    private apply(kind: Kind, namespace: string, name: string, request: FakeRequest, url: URL): FakeObject {
        const wanted = request.body as FakeObject;
        this.validate(kind, namespace, wanted);
        const manager = url.searchParams.get("fieldManager") ?? "unknown";
        const live = this.objects.get(keyOf(kind, namespace, name));
        if (live === undefined) {
            const made = this.stamp(structuredClone(wanted), manager, "Apply", kind.namespaced ? namespace : undefined);
            if (!request.dryRun) {
                made.status = this.status(made);
                this.objects.set(keyOf(kind, namespace, name), made);
            }
            return made;
        }
        const immutable = JSON.stringify((live.spec as { clusterIP?: string })?.clusterIP);
        const next = structuredClone(live);
        const owned = next.metadata.managedFields.find(
            (field) => field.manager === manager && field.operation === "Apply",
        );
        removeMissing(next, owned?.fields ?? {}, wanted);
        merge(next, wanted);
        if (live.kind === "Job" && JSON.stringify(live.spec) !== JSON.stringify(next.spec)) {
            throw new Refusal(422, "Invalid", `Job.batch "${name}" is invalid: spec.template: field is immutable`);
        }
        if (immutable !== undefined && JSON.stringify((next.spec as { clusterIP?: string })?.clusterIP) !== immutable) {
            throw new Refusal(422, "Invalid", `Service "${name}" is invalid: spec.clusterIP: field is immutable`);
        }
        const others = next.metadata.managedFields.filter((field) => field !== owned);
        next.metadata.managedFields = [...others, { manager, operation: "Apply", fields: structuredClone(wanted) }];
        next.metadata.resourceVersion = String(++this.version);
        next.metadata.generation++;
        if (!request.dryRun) {
            next.status = this.status(next);
            this.objects.set(keyOf(kind, namespace, name), next);
        }
        return next;
    }

    private patch(kind: Kind, namespace: string, name: string, operations: JsonPatch): FakeObject {
        const live = this.get(kind, namespace, name);
        for (const { path, value } of operations) {
            const match = /^\/metadata\/managedFields\/(\d+)\/operation$/.exec(path);
            const field = match && live.metadata.managedFields[Number(match[1])];
            if (field) {
                field.operation = String(value);
            }
        }
        return live;
    }

    private delete(kind: Kind, namespace: string, name: string): unknown {
        const live = this.get(kind, namespace, name);
        live.metadata.deletionTimestamp ??= new Date().toISOString();
        if (kind.kind === "Namespace") {
            for (const [key, object] of this.objects) {
                if (object.metadata.namespace === name && !object.metadata.finalizers?.length) {
                    this.objects.delete(key);
                }
            }
        }
        if (!live.metadata.finalizers?.length) {
            this.objects.delete(keyOf(kind, namespace, name));
        }
        return { kind: "Status", status: "Success", details: { name, uid: live.metadata.uid } };
    }

    private validate(kind: Kind, namespace: string, object: FakeObject): void {
        if (kind.namespaced && !this.objects.has(keyOf(kindOf("namespaces"), "", namespace))) {
            throw new Refusal(404, "NotFound", `namespaces "${namespace}" not found`);
        }
        const message = object.metadata.annotations?.["test/refuse"];
        if (message !== undefined) {
            throw new Refusal(422, "Invalid", `${object.kind} "${object.metadata.name}" is invalid: ${message}`);
        }
    }

    private stamp(object: FakeObject, manager: string, operation: string, namespace?: string): FakeObject {
        return {
            ...object,
            metadata: {
                ...object.metadata,
                ...(namespace === undefined ? {} : { namespace }),
                uid: randomUUID(),
                resourceVersion: String(++this.version),
                generation: 1,
                managedFields: [{ manager, operation, fields: structuredClone(object) }],
            },
        };
    }
}

type JsonPatch = { op: string; path: string; value: unknown }[];

/** The status of an object with which everything is well. */
export function working(object: FakeObject): { [name: string]: unknown } | undefined {
    const replicas = (object.spec as { replicas?: number } | undefined)?.replicas ?? 1;
    switch (object.kind) {
        case "Deployment":
        case "StatefulSet":
            return {
                observedGeneration: object.metadata.generation,
                replicas,
                updatedReplicas: replicas,
                readyReplicas: replicas,
                availableReplicas: replicas,
            };
        case "Job":
            return { conditions: [{ type: "Complete", status: "True" }] };
        case "Namespace":
            return { phase: "Active" };
        case "PersistentVolume":
        case "PersistentVolumeClaim":
            return { phase: "Bound" };
        default:
            return undefined;
    }
}

function discover(apiVersion: string): unknown {
    const found = kinds.filter((kind) => kind.apiVersion === apiVersion);
    if (found.length === 0) {
        throw new Refusal(404, "NotFound", "the server could not find the requested resource");
    }
    return { resources: found.map(({ plural, kind, namespaced }) => ({ name: plural, kind, namespaced })) };
}

function parsePath(path: string): { kind: Kind; namespace: string; name: string; subresource: string } {
    const parts = path.split("/").slice(path.startsWith("/apis/") ? 4 : 3);
    const inNamespace = parts[0] === "namespaces" && parts.length > 2;
    const [plural = "", name = "", subresource = ""] = inNamespace ? parts.slice(2) : parts;
    return {
        kind: kindOf(plural),
        namespace: inNamespace ? (parts[1] ?? "") : "",
        name: decodeURIComponent(name),
        subresource,
    };
}

function kindOf(plural: string): Kind {
    return (
        kinds.find((kind) => kind.plural === plural) ??
        refuse(404, "NotFound", `the server could not find the requested resource ${plural}`)
    );
}

function keyOf(kind: Kind, namespace: string, name: string): string {
    return `${kind.plural}/${kind.namespaced ? namespace : ""}/${name}`;
}

function refuse(code: number, reason: string, message: string): never {
    throw new Refusal(code, reason, message);
}

function fail(message: string): never {
    throw new Error(message);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
    const parts: Buffer[] = [];
    for await (const part of request) {
        parts.push(part as Buffer);
    }
    return Buffer.concat(parts).toString("utf8");
}

function isObject(value: unknown): value is { [key: string]: unknown } {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function merge(target: { [key: string]: unknown }, source: { [key: string]: unknown }): void {
    for (const [key, value] of Object.entries(source)) {
        const inner = target[key];
        if (isObject(inner) && isObject(value)) {
            merge(inner, value);
        } else {
            target[key] = structuredClone(value);
        }
    }
}

/** Takes out of `target` what its manager had set and does not want any more. */
function removeMissing(target: { [key: string]: unknown }, owned: unknown, wanted: unknown): void {
    if (!isObject(owned)) {
        return;
    }
    for (const [key, value] of Object.entries(owned)) {
        const next = isObject(wanted) ? wanted[key] : undefined;
        if (next === undefined) {
            delete target[key];
        } else if (isObject(target[key])) {
            removeMissing(target[key], value, next);
        }
    }
}
