import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
    AlreadyExists,
    Interrupted,
    type Operation,
    type Outcome,
    type Place,
    type Provider,
    type ReadResult,
    type ResourceDiff,
    type ResourceRequest,
} from "../providers/provider";
import type { ResourceState } from "../state/resourceState";
import { differences } from "../values/difference";
import { formatPropertyPath } from "../values/propertyPath";
import {
    containsUnknown,
    isMap,
    type PropertyMap,
    type PropertyValue,
    plainMap,
    secret,
    withSecretsOf,
} from "../values/propertyValue";
import {
    autonamed,
    deletionPropagation,
    forcesPatch,
    isNamed,
    replacesUnready,
    skipsAwait,
    timeoutSeconds,
} from "./annotations";
import { awaitGone, awaitReady } from "./awaiter";
import { type Mutability, replacedFields, touches } from "./immutableFields";
import { type ClusterChoice, clusterAccess } from "./kubeconfig";
import { isNotFound, KubernetesClient, KubernetesError, UnreachableError } from "./kubernetesClient";
import {
    annotation,
    describeObject,
    type KubernetesObject,
    listAt,
    objectName,
    objectNamespace,
    textAt,
    withAnnotation,
} from "./kubernetesObject";
import { jobCondition, readinessCheck } from "./readiness";

/** Kept among the outputs, as the real provider keeps it: who the fields of an object belong to. */
const fieldManagerKey = "__fieldManager";
const createAttempts = 5;

/** Settings of a `kubernetes.Provider`, or of the default one from `kubernetes:*`. */
export interface KubernetesSettings extends ClusterChoice, Mutability {
    readonly namespace: string;
    readonly patchForce: boolean;
    readonly upsertExistingObjects: boolean;
}

/** `@pulumi/kubernetes` without its plugin: objects are created and applied through the API, and waited for. */
export class KubernetesProvider implements Provider {
    public readonly packageName = "kubernetes";
    private connection: Promise<{ client?: KubernetesClient; place: Place }> | undefined;

    constructor(
        private readonly settings: KubernetesSettings,
        /** Goes into the names of field managers, so that each stack knows its own objects. */
        private readonly stackId: string,
    ) {}

    public async place(): Promise<Place> {
        return (await this.connect()).place;
    }

    public async check(
        request: ResourceRequest,
        old: ResourceState | undefined,
        uniqueName: () => string,
    ): Promise<PropertyMap> {
        refuseType(request.type);
        const inputs = withoutReadOnly(request.inputs);
        const named = isNamed(inputs) ? inputs : this.named(inputs, request.name, old, uniqueName);
        const placed = this.settings.namespace === "" ? named : await this.inNamespace(named);
        return secretData(placed);
    }

    public async diff(old: ResourceState, inputs: PropertyMap): Promise<ResourceDiff> {
        const changes = differences(comparable(old.inputs), comparable(inputs));
        const fields = replacedFields(plainMap(inputs), this.settings);
        const touched = changes
            .filter((change) => touches(fields, change))
            .map((change) => `${formatPropertyPath(change.path)} can't be changed in place`);
        const unready = replacesUnready(inputs) && touched.length === 0 ? await this.unready(old) : [];
        const replaceReasons = [...touched, ...unready];
        const sameName = objectName(inputs) === objectName(old.inputs);
        const sameNamespace = canonicalNamespace(inputs) === canonicalNamespace(old.inputs);
        const generated = annotation(inputs, autonamed) === "true";
        return {
            changes,
            replaceReasons,
            deleteBeforeReplace: replaceReasons.length > 0 && !generated && sameName && sameNamespace,
        };
    }

    public async previewCreate(request: ResourceRequest): Promise<PropertyMap> {
        const client = await this.previewClient(request.inputs);
        if (client === undefined) {
            return request.inputs;
        }
        const object = asObject(request.inputs);
        try {
            const live = await client.request<PropertyMap>("POST", await client.path(object, true), {
                body: object,
                query: { dryRun: "All", fieldManager: this.fieldManager(request.urn), fieldValidation: "Warn" },
            });
            return this.outputs(withoutStatus(live), request.inputs);
        } catch (error) {
            if (isHarmlessInPreview(error)) {
                return request.inputs;
            }
            throw explained(error, object, "the cluster refuses it");
        }
    }

    public async previewUpdate(request: ResourceRequest, old: ResourceState): Promise<PropertyMap> {
        const client = await this.previewClient(request.inputs);
        if (client === undefined) {
            return request.inputs;
        }
        const object = asObject(request.inputs);
        try {
            const manager = managerOf(old);
            const ours = this.ownFields(await this.existing(client, object), manager);
            // An update takes those fields over first, which a dry run can't.
            const force = ours !== undefined || this.forces(request.inputs);
            const query = { dryRun: "All", ...(force ? { force: "true" } : {}) };
            return this.outputs(await this.apply(client, object, manager, query), request.inputs, manager);
        } catch (error) {
            if (isHarmlessInPreview(error)) {
                return request.inputs;
            }
            throw explained(error, object, "the cluster refuses the change");
        }
    }

    public async create(operation: Operation): Promise<Outcome> {
        const client = await this.client();
        const object = asObject(operation.inputs);
        const manager = this.fieldManager(operation.urn);
        const live = await this.createObject(client, object, manager, operation.signal);
        return this.settle(client, live, object, operation, manager);
    }

    public async update(operation: Operation, old: ResourceState): Promise<Outcome> {
        const client = await this.client();
        const object = asObject(operation.inputs);
        const manager = managerOf(old);
        try {
            await this.takeOverFields(client, object, manager);
            const query = this.forces(operation.inputs) ? { force: "true" } : undefined;
            const live = await this.apply(client, object, manager, query);
            return await this.settle(client, live, object, operation, manager);
        } catch (error) {
            throw explained(error, object, "the cluster refuses the change");
        }
    }

    public async delete(operation: Operation, old: ResourceState): Promise<void> {
        const client = await this.client();
        const object = { ...asObject(old.inputs), ...identity(old) };
        let uid = "";
        try {
            const answer = await client.request<PropertyMap>("DELETE", await client.path(object), {
                body: {
                    apiVersion: "v1",
                    kind: "DeleteOptions",
                    propagationPolicy: deletionPropagation(plainMap(old.inputs)),
                },
            });
            uid = textAt(answer, "metadata", "uid") || textAt(answer, "details", "uid");
        } catch (error) {
            if (isNotFound(error)) {
                return;
            }
            throw explained(error, object, "the cluster refuses to delete it");
        }
        if (
            skipsAwait(object) &&
            ["Namespace", "Pod", "Deployment", "StatefulSet", "DaemonSet"].includes(object.kind)
        ) {
            return;
        }
        await awaitGone(object, uid, {
            client,
            timeoutSeconds: timeoutSeconds(object, operation.timeoutSeconds),
            report: operation.report,
            signal: operation.signal,
        });
    }

    public async read(type: string, id: string, known: ResourceState | undefined): Promise<ReadResult | undefined> {
        const client = await this.client();
        const object = known ? { ...asObject(known.inputs), ...identity(known) } : objectOfId(type, id);
        const live = await client.get(object);
        if (live === undefined) {
            return undefined;
        }
        const outputs = this.outputs(live, known?.inputs ?? {}, known ? managerOf(known) : undefined);
        const inputs = known
            ? drifted(known, live)
            : secretData(withoutReadOnly(withoutStatus({ ...live, apiVersion: live.apiVersion })));
        return { id: objectId(live), inputs, outputs };
    }

    public async recover(begun: ResourceState): Promise<Outcome | undefined> {
        const client = await this.client();
        const object = asObject(begun.inputs);
        const live = await client.get(object);
        const manager = this.fieldManager(begun.urn);
        if (live === undefined || !isManagedBy(live, manager)) {
            return undefined;
        }
        return {
            id: objectId(live),
            outputs: this.outputs(live, begun.inputs, manager),
            initErrors: ["it was made, but the run ended before it was ready"],
        };
    }

    private connect(): Promise<{ client?: KubernetesClient; place: Place }> {
        this.connection ??= this.tryToConnect();
        return this.connection;
    }

    private async tryToConnect(): Promise<{ client?: KubernetesClient; place: Place }> {
        try {
            const client = new KubernetesClient(clusterAccess(this.settings));
            return { client, place: { identity: await clusterIdentity(client) } };
        } catch (error) {
            return { place: { identity: "", unreachable: (error as Error).message } };
        }
    }

    private async client(): Promise<KubernetesClient> {
        const { client, place } = await this.connect();
        if (client === undefined) {
            throw new Error(`the Kubernetes cluster can't be reached: ${place.unreachable}`);
        }
        return client;
    }

    /** The client to dry-run with; undefined when it can't be tried yet, as in the real provider. */
    private async previewClient(inputs: PropertyMap): Promise<KubernetesClient | undefined> {
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

    private named(
        inputs: PropertyMap,
        logicalName: string,
        old: ResourceState | undefined,
        uniqueName: () => string,
    ): PropertyMap {
        if (textAt(inputs, "metadata", "generateName") !== "") {
            throw new Error("metadata.generateName does not go with server-side apply; leave the name out instead");
        }
        const kept = old && annotation(old.inputs, autonamed) === "true" ? objectName(old.inputs) : "";
        const metadata = isMap(inputs.metadata) ? inputs.metadata : {};
        const name = kept || `${logicalName}-${uniqueName()}`;
        return withAnnotation({ ...inputs, metadata: { ...metadata, name } }, autonamed, "true");
    }

    private async inNamespace(inputs: PropertyMap): Promise<PropertyMap> {
        if (!isMap(inputs.metadata) || inputs.metadata.namespace !== undefined) {
            return inputs;
        }
        const { client } = await this.connect();
        const resource = await client?.resource(textAt(inputs, "apiVersion"), textAt(inputs, "kind"));
        return resource?.namespaced === false
            ? inputs
            : { ...inputs, metadata: { ...inputs.metadata, namespace: this.settings.namespace } };
    }

    /** A name for who sets the fields of an object, of this stack and resource alone. */
    private fieldManager(urn: string): string {
        return `pulumi-kubernetes-${createHash("sha256").update(`${this.stackId} ${urn}`).digest("hex").slice(0, 12)}`;
    }

    private async createObject(
        client: KubernetesClient,
        object: KubernetesObject,
        manager: string,
        signal: AbortSignal,
    ): Promise<KubernetesObject> {
        for (let attempt = 1; ; attempt++) {
            try {
                if (this.settings.upsertExistingObjects) {
                    return await this.apply(
                        client,
                        object,
                        manager,
                        this.forces(object) ? { force: "true" } : undefined,
                    );
                }
                const path = await client.path(object, true);
                const query = { fieldManager: manager, fieldValidation: "Warn" };
                return await client.request<KubernetesObject>("POST", path, { body: object, query });
            } catch (error) {
                if (error instanceof UnreachableError) {
                    // The answer was lost, the request perhaps not.
                    const live = await client.get(object).catch(() => undefined);
                    if (live !== undefined && isManagedBy(live, manager)) {
                        return live;
                    }
                }
                if (!isNotFound(error) || attempt >= createAttempts || signal.aborted) {
                    throw explained(error, object, "the cluster refuses it");
                }
                // A namespace or a definition that something else is about to make.
                await sleep(250 * 2 ** attempt);
            }
        }
    }

    private apply(
        client: KubernetesClient,
        object: KubernetesObject,
        fieldManager: string,
        query: { [name: string]: string } = {},
    ): Promise<KubernetesObject> {
        return client.path(object).then((path) =>
            client.request<KubernetesObject>("PATCH", path, {
                body: object,
                contentType: "application/apply-patch+yaml",
                query: { fieldManager, ...query },
            }),
        );
    }

    /**
     * What a create has set belongs to the manager's "Update", which an apply would leave alone for ever. Taken over to its
     * "Apply", fields that the program leaves out go away.
     */
    private async takeOverFields(client: KubernetesClient, object: KubernetesObject, manager: string): Promise<void> {
        const live = await this.existing(client, object);
        const ours = this.ownFields(live, manager);
        if (ours === undefined) {
            return;
        }
        const path = await client.path(object);
        await client.request("PATCH", path, {
            contentType: "application/json-patch+json",
            body: [
                {
                    op: "replace",
                    path: "/metadata/resourceVersion",
                    value: textAt(live, "metadata", "resourceVersion"),
                },
                { op: "replace", path: `/metadata/managedFields/${ours}/operation`, value: "Apply" },
            ],
        });
    }

    private async existing(client: KubernetesClient, object: KubernetesObject): Promise<KubernetesObject> {
        const live = await client.get(object);
        if (live === undefined) {
            throw new Error(`${describeObject(object)} is gone from the cluster; run refresh, then up makes it again`);
        }
        return live;
    }

    /** The index in managedFields of what a create has set and no apply has taken over yet. */
    private ownFields(live: KubernetesObject, manager: string): number | undefined {
        const fields = listAt(live, "metadata", "managedFields");
        const applied = fields.some((field) => isOwn(field, manager) && field.operation === "Apply");
        const ours = fields.findIndex((field) => isOwn(field, manager) && field.operation === "Update");
        return ours < 0 || applied ? undefined : ours;
    }

    private forces(inputs: PropertyMap): boolean {
        return forcesPatch(inputs) || this.settings.patchForce;
    }

    /** Tells the run that the object is made, then waits until it works. */
    private async settle(
        client: KubernetesClient,
        live: KubernetesObject,
        object: KubernetesObject,
        operation: Operation,
        manager: string,
    ): Promise<Outcome> {
        const check = readinessCheck(object);
        if (check === undefined) {
            return { id: objectId(live), outputs: this.outputs(live, operation.inputs, manager), initErrors: [] };
        }
        operation.made(objectId(live), this.outputs(live, operation.inputs, manager));
        const awaited = await awaitReady(live, check, {
            client,
            timeoutSeconds: timeoutSeconds(object, operation.timeoutSeconds),
            report: operation.report,
            signal: operation.signal,
        });
        return {
            id: objectId(live),
            outputs: this.outputs(awaited.live, operation.inputs, manager),
            initErrors: awaited.problems,
        };
    }

    /** What a program sees of an object; what the inputs had as secret is secret here too. */
    private outputs(live: PropertyMap, inputs: PropertyMap, manager?: string): PropertyMap {
        const marked = withSecretsOf(withoutManagedFields(live), inputs) as PropertyMap;
        const complete = secretData(marked);
        return manager === undefined ? complete : { ...complete, [fieldManagerKey]: manager };
    }

    /** Why a Job that has `replaceUnready` is to be made again. */
    private async unready(old: ResourceState): Promise<string[]> {
        const { client } = await this.connect();
        if (client === undefined || textAt(old.inputs, "kind") !== "Job") {
            return [];
        }
        try {
            const live = await client.get({ ...asObject(old.inputs), ...identity(old) });
            return live === undefined || jobCondition(live).state === "ready"
                ? []
                : ["the Job has not succeeded (replaceUnready)"];
        } catch (error) {
            if (error instanceof Interrupted) {
                throw error;
            }
            return [];
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

function refuseType(type: string): void {
    const [, module = "", kind = ""] = type.split(":");
    if (/^(yaml|helm\.sh|helm|kustomize)(\/|$)/.test(module)) {
        throw new Error(
            `${type}: charts, YAML files and kustomizations are not supported by this engine; use plain resources`,
        );
    }
    if (kind.endsWith("Patch") || kind.endsWith("List")) {
        throw new Error(`${type}: ${kind.endsWith("Patch") ? "patches" : "lists"} are not supported by this engine`);
    }
}

/** The inputs as the object that the API gets. The SDK writes `x_kubernetes_...` for keys that are no identifiers. */
export function asObject(inputs: PropertyMap): KubernetesObject {
    return dashed(plainMap(inputs)) as KubernetesObject;
}

function dashed(value: PropertyValue): PropertyValue {
    if (Array.isArray(value)) {
        return value.map(dashed);
    }
    if (!isMap(value)) {
        return value;
    }
    return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [
            key.startsWith("x_kubernetes_") ? key.replaceAll("_", "-") : key,
            dashed(inner),
        ]),
    );
}

function identity(known: ResourceState): { metadata: PropertyMap } {
    const inputs = plainMap(known.inputs);
    const [namespace, name] = splitId(known.id);
    const metadata = isMap(inputs.metadata) ? inputs.metadata : {};
    return { metadata: { ...metadata, name, ...(namespace === "" ? {} : { namespace }) } };
}

/** An object's id in a stack: its name, after its namespace if it has one. */
export function objectId(live: PropertyMap): string {
    const namespace = objectNamespace(live);
    return namespace === "" ? objectName(live) : `${namespace}/${objectName(live)}`;
}

function splitId(id: string): [namespace: string, name: string] {
    const slash = id.indexOf("/");
    return slash < 0 ? ["", id] : [id.slice(0, slash), id.slice(slash + 1)];
}

function objectOfId(type: string, id: string): KubernetesObject {
    refuseType(type);
    const [, module = "", kind = ""] = type.split(":");
    const apiVersion = module.startsWith("core/") ? module.slice("core/".length) : module;
    const [namespace, name] = splitId(id);
    return { apiVersion, kind, metadata: { name, ...(namespace === "" ? {} : { namespace }) } };
}

function managerOf(old: ResourceState): string {
    const manager = old.outputs[fieldManagerKey];
    return typeof manager === "string" ? manager : "pulumi-kubernetes";
}

function isOwn(field: PropertyMap, manager: string): boolean {
    return field.manager === manager && (field.subresource === undefined || field.subresource === "");
}

function isManagedBy(live: PropertyMap, manager: string): boolean {
    return listAt(live, "metadata", "managedFields").some((field) => field.manager === manager);
}

function canonicalNamespace(inputs: PropertyMap): string {
    return objectNamespace(inputs) || "default";
}

/** Inputs for comparison: the namespace `default` is the same as none. */
function comparable(inputs: PropertyMap): PropertyMap {
    if (!isMap(inputs.metadata) || inputs.metadata.namespace !== "default") {
        return inputs;
    }
    const { namespace: _default, ...metadata } = inputs.metadata;
    return { ...inputs, metadata };
}

function withoutReadOnly(inputs: PropertyMap): PropertyMap {
    if (!isMap(inputs.metadata)) {
        return inputs;
    }
    const {
        creationTimestamp: _created,
        deletionGracePeriodSeconds: _grace,
        deletionTimestamp: _deleted,
        generation: _generation,
        managedFields: _managed,
        resourceVersion: _version,
        uid: _uid,
        ...metadata
    } = inputs.metadata;
    return { ...inputs, metadata };
}

/** They are long, and what they say is asked of the cluster when it matters. */
function withoutManagedFields(live: PropertyMap): PropertyMap {
    if (!isMap(live.metadata)) {
        return live;
    }
    const { managedFields: _managed, ...metadata } = live.metadata;
    return { ...live, metadata };
}

function withoutStatus(live: PropertyMap): PropertyMap {
    const { status: _status, ...rest } = live;
    return rest;
}

/** What a Secret holds is secret, whether the program said so or not. */
function secretData(inputs: PropertyMap): PropertyMap {
    if (textAt(inputs, "kind") !== "Secret" || textAt(inputs, "apiVersion") !== "v1") {
        return inputs;
    }
    return Object.fromEntries(
        Object.entries(inputs).map(([key, value]) => [
            key,
            key === "data" || key === "stringData" ? secret(value) : value,
        ]),
    );
}

/** The last inputs with what someone else has changed since in the object. Only fields that the program set count. */
function drifted(known: ResourceState, live: PropertyMap): PropertyMap {
    const inputs = plainMap(known.inputs);
    const outputs = plainMap(known.outputs);
    const changed = changedSince(inputs, outputs, live) as PropertyMap;
    const text: PropertyMap = isMap(inputs.stringData)
        ? { stringData: driftedText(inputs.stringData, outputs.data, live.data) }
        : {};
    return withSecretsOf({ ...changed, ...text }, known.inputs) as PropertyMap;
}

/** The API shows a Secret's `stringData` as `data` only. */
function driftedText(
    stringData: PropertyMap,
    before: PropertyValue | undefined,
    live: PropertyValue | undefined,
): PropertyMap {
    return Object.fromEntries(
        Object.entries(stringData).flatMap(([key, text]) => {
            const was = isMap(before) ? before[key] : undefined;
            const is = isMap(live) ? live[key] : undefined;
            if (was === undefined || was === is) {
                return [[key, text]];
            }
            return typeof is === "string" ? [[key, Buffer.from(is, "base64").toString("utf8")]] : [];
        }),
    );
}

function changedSince(
    input: PropertyValue,
    before: PropertyValue | undefined,
    live: PropertyValue | undefined,
): PropertyValue {
    if (isMap(input)) {
        return Object.fromEntries(
            Object.entries(input).flatMap(([key, inner]) => {
                const was = isMap(before) ? before[key] : undefined;
                const is = isMap(live) ? live[key] : undefined;
                // What the object never showed (stringData) can't have drifted; what is gone from it has.
                return was === undefined
                    ? [[key, inner]]
                    : is === undefined
                      ? []
                      : [[key, changedSince(inner, was, is)]];
            }),
        );
    }
    if (before === undefined || live === undefined) {
        return input;
    }
    if (Array.isArray(input) && Array.isArray(before) && Array.isArray(live) && live.length === before.length) {
        return input.map((inner, index) => changedSince(inner, before[index], live[index]));
    }
    return JSON.stringify(before) === JSON.stringify(live) ? input : live;
}

/** Answers to a dry run that say nothing about the update itself. */
function isHarmlessInPreview(error: unknown): boolean {
    if (!(error instanceof KubernetesError)) {
        return false;
    }
    const namespaceMissing = error.code === 404;
    return (
        namespaceMissing || error.code === 403 || error.reason === "AlreadyExists" || /dry ?run/i.test(error.message)
    );
}

function explained(error: unknown, object: PropertyMap, what: string): Error {
    if (!(error instanceof KubernetesError)) {
        return error as Error;
    }
    if (error.reason === "AlreadyExists") {
        return new AlreadyExists(
            `${describeObject(object)} already exists in the cluster and is not of this stack. Delete it ` +
                `(kubectl delete ${textAt(object, "kind").toLowerCase()}` +
                `${objectNamespace(object) === "" ? "" : ` -n ${objectNamespace(object)}`} ${objectName(object)}), ` +
                "give this one another name, or take it over with the import option.",
        );
    }
    if (error.code === 409 && /conflict/i.test(error.message)) {
        return new Error(
            `${describeObject(object)}: others have set fields of it: ${error.message}. ` +
                'The annotation pulumi.com/patchForce: "true" takes them over.',
        );
    }
    return new Error(`${describeObject(object)}: ${what}: ${error.message}`);
}
