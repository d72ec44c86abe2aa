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
import type { PropertyMap } from "../values/propertyValue";
import type { KubernetesObject } from "./kubernetesObject";
import type { KubernetesProvider } from "./kubernetesProvider";
import { objectId } from "./objectIdentity";
import { asObject } from "./objectInputs";

/** Hands the objects of a program on instead of creating them. What only a cluster knows stays absent. */
export class RenderProvider implements Provider {
    public readonly packageName = "kubernetes";

    constructor(
        private readonly kubernetes: KubernetesProvider,
        private readonly render: (object: KubernetesObject) => void,
    ) {}

    public async place(): Promise<Place> {
        return { identity: "" };
    }

    public check(
        request: ResourceRequest,
        old: ResourceState | undefined,
        uniqueName: () => string,
    ): Promise<PropertyMap> {
        return this.kubernetes.check(request, old, uniqueName);
    }

    public async diff(): Promise<ResourceDiff> {
        throw new Error("a rendering starts from nothing, so there is nothing to compare with");
    }

    public async previewCreate(request: ResourceRequest): Promise<PropertyMap> {
        return request.inputs;
    }

    public async previewUpdate(request: ResourceRequest): Promise<PropertyMap> {
        return request.inputs;
    }

    public async create(operation: Operation): Promise<Outcome> {
        const object = asObject(operation.inputs);
        this.render(object);
        return { id: objectId(object), outputs: operation.inputs, initErrors: [] };
    }

    public async update(operation: Operation): Promise<Outcome> {
        return this.create(operation);
    }

    public async delete(): Promise<void> {}

    public async read(type: string, id: string): Promise<ReadResult | undefined> {
        throw new Error(`${type} ${id} can't be read: a rendering asks no cluster`);
    }

    public async recover(): Promise<Outcome | undefined> {
        return undefined;
    }
}
