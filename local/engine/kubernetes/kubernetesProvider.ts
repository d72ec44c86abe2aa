import { setTimeout as sleep } from "node:timers/promises";
import {
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
import { isMap, type PropertyMap, plainMap, withSecretsOf } from "../values/propertyValue";
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
import { ClusterConnection } from "./clusterConnection";
import { drifted } from "./drift";
import { createdFields, fieldManagerKey, fieldManagerName, isManagedBy, managerOf } from "./fieldManagers";
import { type Mutability, replacedFields, touches } from "./immutableFields";
import type { ClusterChoice } from "./kubeconfig";
import { isNotFound, type KubernetesClient, UnreachableError } from "./kubernetesClient";
import {
    annotation,
    describeObject,
    type KubernetesObject,
    objectName,
    textAt,
    withAnnotation,
} from "./kubernetesObject";
import { identity, objectId, objectOfId } from "./objectIdentity";
import {
    asObject,
    canonicalNamespace,
    comparable,
    refuseType,
    secretData,
    withoutManagedFields,
    withoutReadOnly,
    withoutStatus,
} from "./objectInputs";
import { jobCondition, readinessCheck } from "./readiness";
import { explained, isHarmlessInPreview } from "./refusals";

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
    private readonly cluster: ClusterConnection;

    constructor(
        private readonly settings: KubernetesSettings,
        /** Goes into the names of field managers, so that each stack knows its own objects. */
        private readonly stackId: string,
    ) {
        this.cluster = new ClusterConnection(settings);
    }

    public async place(): Promise<Place> {
        return (await this.cluster.connect()).place;
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
        const client = await this.cluster.previewClient(request.inputs);
        if (client === undefined) {
            return request.inputs;
        }
        const object = asObject(request.inputs);
        try {
            const live = await client.request<PropertyMap>("POST", await client.path(object, true), {
                body: object,
                query: {
                    dryRun: "All",
                    fieldManager: fieldManagerName(this.stackId, request.urn),
                    fieldValidation: "Warn",
                },
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
        const client = await this.cluster.previewClient(request.inputs);
        if (client === undefined) {
            return request.inputs;
        }
        const object = asObject(request.inputs);
        try {
            const manager = managerOf(old);
            const ours = createdFields(await this.existing(client, object), manager);
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
        const client = await this.cluster.client();
        const object = asObject(operation.inputs);
        const manager = fieldManagerName(this.stackId, operation.urn);
        const live = await this.createObject(client, object, manager, operation.signal);
        return this.settle(client, live, object, operation, manager);
    }

    public async update(operation: Operation, old: ResourceState): Promise<Outcome> {
        const client = await this.cluster.client();
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
        const client = await this.cluster.client();
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
        const client = await this.cluster.client();
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
        const client = await this.cluster.client();
        const object = asObject(begun.inputs);
        const live = await client.get(object);
        const manager = fieldManagerName(this.stackId, begun.urn);
        if (live === undefined || !isManagedBy(live, manager)) {
            return undefined;
        }
        return {
            id: objectId(live),
            outputs: this.outputs(live, begun.inputs, manager),
            initErrors: ["it was made, but the run ended before it was ready"],
        };
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
        const { client } = await this.cluster.connect();
        const resource = await client?.resource(textAt(inputs, "apiVersion"), textAt(inputs, "kind"));
        return resource?.namespaced === false
            ? inputs
            : { ...inputs, metadata: { ...inputs.metadata, namespace: this.settings.namespace } };
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
        const ours = createdFields(live, manager);
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
        const { client } = await this.cluster.connect();
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
