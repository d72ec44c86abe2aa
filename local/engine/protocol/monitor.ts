import { type handleUnaryCall, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import * as messages from "@pulumi/pulumi/proto/resource_pb";
import type { Deployment, Registered } from "../deployment/deployment";
import { Interrupted } from "../providers/provider";
import { normalize, type PropertyMap } from "../values/propertyValue";
import { Empty, Struct } from "./protobuf";
import { resourceGoal } from "./resourceGoal";

const feature = messages.ResourceMonitorFeature;

/** What this engine does of what an SDK may ask for. */
const features: { readonly [id: string]: messages.ResourceMonitorFeature } = {
    secrets: feature.RESOURCE_MONITOR_FEATURE_SECRETS,
    resourceReferences: feature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    outputValues: feature.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    deletedWith: feature.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    replaceWith: feature.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    aliasSpecs: feature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
};

type Methods = { [method: string]: handleUnaryCall<never, unknown> };

/** The service that a running program registers its resources with, on top of a deployment. */
export function monitorMethods(deployment: Deployment): Methods {
    return {
        supportsFeature: answer(async (request: messages.SupportsFeatureRequest) => {
            const response = new messages.SupportsFeatureResponse();
            response.setHassupport(request.getId() in features);
            return response;
        }),
        registerResource: answer(async (request: messages.RegisterResourceRequest) => {
            if (request.getRemote()) {
                throw new Error(`${request.getType()} is a component of a package; this engine runs local ones only`);
            }
            return registerResponse(await deployment.register(resourceGoal(request)));
        }),
        readResource: answer(async (request: messages.ReadResourceRequest) => {
            const result = await deployment.read(readGoal(request), request.getId());
            const response = new messages.ReadResourceResponse();
            response.setUrn(result.urn);
            response.setProperties(Struct.fromJavaScript(result.outputs));
            return response;
        }),
        registerResourceOutputs: answer(async (request: messages.RegisterResourceOutputsRequest) => {
            deployment.setOutputs(request.getUrn(), (request.getOutputs()?.toJavaScript() ?? {}) as PropertyMap);
            return new Empty();
        }),
        signalAndWaitForShutdown: answer(async () => new Empty()),
        registerPackage: answer(async (request: messages.RegisterPackageRequest) => {
            const response = new messages.RegisterPackageResponse();
            response.setRef(request.getName());
            return response;
        }),
        invoke: answer(async (request: messages.ResourceInvokeRequest) => {
            throw new Error(refusal(`the function ${request.getTok()}`));
        }),
        call: answer(async (request: messages.ResourceCallRequest) => {
            throw new Error(refusal(`the method ${request.getTok()}`));
        }),
    };
}

function refusal(what: string): string {
    return `this engine has no provider functions, so ${what} can't be called; it needs the Pulumi CLI`;
}

function registerResponse(result: Registered): messages.RegisterResourceResponse {
    const response = new messages.RegisterResourceResponse();
    response.setUrn(result.urn);
    response.setId(result.id);
    response.setObject(Struct.fromJavaScript(result.outputs));
    return response;
}

function readGoal(request: messages.ReadResourceRequest): ReturnType<typeof resourceGoal> {
    const register = new messages.RegisterResourceRequest();
    register.setType(request.getType());
    register.setName(request.getName());
    register.setParent(request.getParent());
    register.setCustom(true);
    register.setProvider(request.getProvider());
    register.setDependenciesList(request.getDependenciesList());
    register.setAdditionalsecretoutputsList(request.getAdditionalsecretoutputsList());
    return {
        ...resourceGoal(register),
        inputs: normalize((request.getProperties()?.toJavaScript() ?? {}) as PropertyMap) as PropertyMap,
    };
}

/**
 * A gRPC method from an async function. A program whose run was stopped, by a fault that was shown or by the user, gets no
 * answer: it stands still until it is ended, without messages of its own about what it can't reach any more.
 */
function answer<Request>(work: (request: Request) => Promise<unknown>): handleUnaryCall<never, unknown> {
    return ((call: ServerUnaryCall<Request, unknown>, callback: sendUnaryData<unknown>): void => {
        work(call.request).then(
            (response) => callback(null, response),
            (error: Error) => {
                if (!(error instanceof Interrupted)) {
                    callback({ code: status.UNKNOWN, message: error.message, details: error.message });
                }
            },
        );
    }) as unknown as handleUnaryCall<never, unknown>;
}
