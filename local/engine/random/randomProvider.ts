import { randomUUID } from "node:crypto";
import type {
    Operation,
    Outcome,
    Place,
    Provider,
    ReadResult,
    ResourceDiff,
    ResourceRequest,
} from "../providers/provider";
import type { ResourceState } from "../state/resourceState";
import { differences } from "../values/difference";
import { type PropertyMap, plainMap } from "../values/propertyValue";
import { generators } from "./generators";

/**
 * `@pulumi/random`: values that are made once and kept in the state. Any changed input makes a new value, as all inputs
 * of the real provider's resources do.
 */
export class RandomProvider implements Provider {
    public readonly packageName = "random";

    public async place(): Promise<Place> {
        return { identity: "" };
    }

    public async check(request: ResourceRequest): Promise<PropertyMap> {
        if (generators[request.type] === undefined) {
            const known = Object.keys(generators).map((type) => type.split(":").pop());
            throw new Error(`${request.type} is not supported by this engine, only ${known.join(", ")}`);
        }
        return request.inputs;
    }

    public async diff(old: ResourceState, inputs: PropertyMap): Promise<ResourceDiff> {
        const changes = differences(old.inputs, inputs);
        const changed = [...new Set(changes.map((change) => String(change.path[0])))];
        return { changes, replaceReasons: changed.map((name) => `${name} changes`), deleteBeforeReplace: false };
    }

    public async previewCreate(request: ResourceRequest): Promise<PropertyMap> {
        return request.inputs;
    }

    public async previewUpdate(request: ResourceRequest): Promise<PropertyMap> {
        return request.inputs;
    }

    public async create(operation: Operation): Promise<Outcome> {
        const generate = generators[operation.type];
        if (generate === undefined) {
            throw new Error(`${operation.type} is not supported by this engine`);
        }
        const { id, ...outputs } = generate(plainMap(operation.inputs));
        return {
            id: typeof id === "string" ? id : randomUUID(),
            outputs: { ...operation.inputs, ...outputs },
            initErrors: [],
        };
    }

    public async update(operation: Operation, old: ResourceState): Promise<Outcome> {
        return { id: old.id, outputs: { ...old.outputs, ...operation.inputs }, initErrors: [] };
    }

    public async delete(): Promise<void> {}

    public async read(_type: string, id: string, known: ResourceState | undefined): Promise<ReadResult | undefined> {
        if (known === undefined) {
            throw new Error("random values are not kept anywhere but in the state, so there is nothing to read");
        }
        return { id, inputs: known.inputs, outputs: known.outputs };
    }

    public async recover(): Promise<Outcome | undefined> {
        return undefined;
    }
}
