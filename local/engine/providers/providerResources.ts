import { randomUUID } from "node:crypto";
import type { ResourceState } from "../state/resourceState";
import { differences } from "../values/difference";
import type { PropertyMap } from "../values/propertyValue";
import type { Operation, Outcome, Place, Provider, ReadResult, ResourceDiff, ResourceRequest } from "./provider";

/** Providers that a program makes itself are resources too, of settings only: there is nothing to create. */
export class ProviderResources implements Provider {
    public readonly packageName = "pulumi";

    public async place(): Promise<Place> {
        return { identity: "" };
    }

    public async check(request: ResourceRequest): Promise<PropertyMap> {
        return request.inputs;
    }

    public async diff(old: ResourceState, inputs: PropertyMap): Promise<ResourceDiff> {
        return { changes: differences(old.inputs, inputs), replaceReasons: [], deleteBeforeReplace: false };
    }

    public async previewCreate(request: ResourceRequest): Promise<PropertyMap> {
        return request.inputs;
    }

    public async previewUpdate(request: ResourceRequest): Promise<PropertyMap> {
        return request.inputs;
    }

    public async create(operation: Operation): Promise<Outcome> {
        return { id: randomUUID(), outputs: operation.inputs, initErrors: [] };
    }

    public async update(operation: Operation, old: ResourceState): Promise<Outcome> {
        return { id: old.id, outputs: operation.inputs, initErrors: [] };
    }

    public async delete(): Promise<void> {}

    public async read(_type: string, id: string, known: ResourceState | undefined): Promise<ReadResult | undefined> {
        return known && { id, inputs: known.inputs, outputs: known.outputs };
    }

    public async recover(): Promise<Outcome | undefined> {
        return undefined;
    }
}
