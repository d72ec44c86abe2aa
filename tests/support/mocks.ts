import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** A registration as Pulumi's engine would get it, with secrets unwrapped. */
export interface Registration {
    readonly type: string;
    readonly name: string;
    readonly inputs: Record<string, unknown>;
    /** Top-level inputs that were marked secret, or that hold something marked secret. */
    readonly secretInputs: readonly string[];
    /** The inputs as they were sent, secrets still in their wrappers. */
    readonly sentInputs: unknown;
    readonly urn: string;
    /** Whether a provider makes it; a component otherwise. */
    readonly custom: boolean;
    /** The parent's URN, or empty. */
    readonly parent: string;
    /** URNs of what it waits for. */
    readonly dependencies: readonly string[];
    /** URN of what it is deleted with, or empty. */
    readonly deletedWith: string;
    readonly retainOnDelete: boolean;
    /** Whether it goes before another one comes in its place. */
    readonly deleteBeforeReplace: boolean;
    readonly protect: boolean;
    /** Inputs whose change is taken for none. */
    readonly ignoreChanges: readonly string[];
    /** Inputs whose change makes another object. */
    readonly replaceOnChanges: readonly string[];
    /** Names that it had before. */
    readonly aliases: readonly string[];
    /** How many functions the engine is to call for it and what is below it. */
    readonly transforms: number;
    /** How long its creation may take, as in "15m"; empty for as long as the provider waits. */
    readonly createTimeout: string;
}

/** What a program did. */
export interface Recording {
    readonly registrations: Registration[];
    /** URNs whose outputs were registered, once for each time. */
    readonly finished: string[];
    /** These outputs, secrets still in their wrappers. */
    readonly sentOutputs: readonly { readonly urn: string; readonly sent: unknown }[];
    /** Functions of providers that were called, and resources that were read: what needs a cluster. */
    readonly lookups: string[];
    readonly warnings: string[];
    /** What the program threw. */
    readonly error?: Error;
}

/** How a program is run. */
export interface RecordOptions {
    readonly preview?: boolean;
    readonly stack?: string;
}

/** The parts of a request of the SDK to register a resource that the tests look at. */
interface RegisterRequest {
    getType(): string;
    getName(): string;
    getParent(): string;
    getCustom(): boolean;
    getProtect(): boolean | undefined;
    getDependenciesList(): string[];
    getDeletedwith(): string;
    getRetainondelete(): boolean | undefined;
    getDeletebeforereplace(): boolean;
    getIgnorechangesList(): string[];
    getReplaceonchangesList(): string[];
    getAliasesList(): { getSpec(): { getName(): string } | undefined }[];
    getTransformsList(): unknown[];
    getCustomtimeouts(): { getCreate(): string } | undefined;
    getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
}

interface UrnAnswer {
    getUrn(): string;
}

interface OutputsRequest extends UrnAnswer {
    getOutputs(): { toJavaScript(): Record<string, unknown> } | undefined;
}

/** The mock of the engine: what of it is listened to. */
interface Monitor {
    registerResource(request: RegisterRequest, callback: (error: unknown, answer?: UrnAnswer) => void): unknown;
    registerResourceOutputs(request: OutputsRequest, callback: (error: unknown, answer: unknown) => void): unknown;
    readResource(request: { getType(): string }, callback: unknown): unknown;
    invoke(request: { getTok(): string }, callback: unknown): unknown;
}

const secretSignature = "4dabf18193072939515e22adb298388d";

/** Whether a value of a request is the wrapper of a secret. */
export function isSecretWrapper(value: unknown): value is { value: unknown } {
    return typeof value === "object" && value !== null && secretSignature in value;
}

/** A value of a request without the wrappers of secrets. */
export function unwrapped(value: unknown): unknown {
    if (isSecretWrapper(value)) {
        return unwrapped(value.value);
    }
    if (Array.isArray(value)) {
        return value.map(unwrapped);
    }
    if (typeof value === "object" && value !== null) {
        return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, unwrapped(part)]));
    }
    return value;
}

/** Whether anything in a value is the wrapper of a secret. */
export function holdsSecret(value: unknown): boolean {
    if (typeof value !== "object" || value === null) {
        return false;
    }
    return isSecretWrapper(value) || Object.values(value).some(holdsSecret);
}

/** Every text in a value that no wrapper of a secret surrounds. */
export function openTexts(value: unknown): string[] {
    if (typeof value === "string") {
        return [value];
    }
    if (typeof value !== "object" || value === null || isSecretWrapper(value)) {
        return [];
    }
    return Object.values(value).flatMap(openTexts);
}

/** Runs a program against mocks and returns every registration, once none is under way any more. */
export async function record(build: () => unknown, preview = false): Promise<Registration[]> {
    const { registrations, error } = await attempt(build, { preview });
    if (error !== undefined) {
        throw error;
    }
    return registrations;
}

/** Runs a program against mocks and returns all that it did, even when it threw. */
export async function attempt(
    build: () => unknown,
    { preview = false, stack = "test" }: RecordOptions = {},
): Promise<Recording> {
    await pulumi.runtime.setMocks(
        {
            newResource: ({ type, name, inputs, id }) => ({
                id: id || `${name}-id`,
                state: { ...inputs, ...(id ? found(type, id) : provided(type, name, inputs, preview)) },
            }),
            call: ({ inputs }) => inputs,
        },
        "airflow-kubernetes",
        stack,
        preview,
    );
    const recording = listen(pulumi.runtime.getMonitor() as unknown as Monitor);
    const warnings: string[] = [];
    const { warn } = console;
    console.warn = (message: string) => warnings.push(message);
    let error: Error | undefined;
    try {
        build();
    } catch (thrown) {
        error = thrown as Error;
    } finally {
        await pulumi.runtime.disconnect();
        console.warn = warn;
    }
    return { ...recording, warnings, error };
}

/** Notes what the SDK asks of the engine, and lets it through. */
function listen(monitor: Monitor): Pick<Recording, "registrations" | "finished" | "sentOutputs" | "lookups"> {
    const registrations: Registration[] = [];
    const finished: string[] = [];
    const sentOutputs: { urn: string; sent: unknown }[] = [];
    const lookups: string[] = [];
    const { registerResource, registerResourceOutputs, readResource, invoke } = monitor;
    monitor.registerResource = (request, callback) =>
        registerResource.call(monitor, request, (failure, answer) => {
            if (answer !== undefined) {
                registrations.push(registration(request, answer.getUrn()));
            }
            callback(failure, answer);
        });
    monitor.registerResourceOutputs = (request, callback) => {
        finished.push(request.getUrn());
        sentOutputs.push({ urn: request.getUrn(), sent: request.getOutputs()?.toJavaScript() ?? {} });
        return registerResourceOutputs.call(monitor, request, callback);
    };
    monitor.readResource = (request, callback) => {
        lookups.push(request.getType());
        return readResource.call(monitor, request, callback);
    };
    monitor.invoke = (request, callback) => {
        lookups.push(request.getTok());
        return invoke.call(monitor, request, callback);
    };
    return { registrations, finished, sentOutputs, lookups };
}

function registration(request: RegisterRequest, urn: string): Registration {
    const sentInputs = request.getObject()?.toJavaScript() ?? {};
    return {
        type: request.getType(),
        name: request.getName(),
        inputs: unwrapped(sentInputs) as Record<string, unknown>,
        secretInputs: Object.keys(sentInputs).filter((key) => holdsSecret(sentInputs[key])),
        sentInputs,
        urn,
        custom: request.getCustom(),
        parent: request.getParent(),
        dependencies: request.getDependenciesList(),
        deletedWith: request.getDeletedwith(),
        retainOnDelete: request.getRetainondelete() ?? false,
        deleteBeforeReplace: request.getDeletebeforereplace(),
        protect: request.getProtect() ?? false,
        ignoreChanges: request.getIgnorechangesList(),
        replaceOnChanges: request.getReplaceonchangesList(),
        aliases: request.getAliasesList().flatMap((alias) => alias.getSpec()?.getName() || []),
        transforms: request.getTransformsList().length,
        createTimeout: request.getCustomtimeouts()?.getCreate() ?? "",
    };
}

/** The name that the provider of Kubernetes gives to an object without one, by the name of the resource. */
export function providerName(name: string): string {
    return `${name}-1a2b3c4d`;
}

/** Values that the provider of random values makes, by the name of the resource. They stand for what must stay secret. */
export function generatedValue(name: string): string {
    return `generated-${name}`;
}

/** What another key is made from. */
function seedOf(name: string): string {
    return createHash("sha384").update(name).digest("base64");
}

/** What the fernet key is made from: bytes whose base64 needs the characters that URLs do not allow. */
export const generatedBytes = Buffer.alloc(32, 0xfb).toString("base64");

/** Address that a cluster gives its Services. */
export const serviceAddress = "10.96.7.7";

/** What a class has made for a claim. */
export function dynamicVolume(volumeName: string): { csi: object; mountOptions: string[] } {
    return { csi: { driver: "shared.csi.example.com", volumeHandle: volumeName }, mountOptions: ["noresvport"] };
}

/** What a cluster answers that is asked for an object: claims are bound. */
function found(type: string, id: string): Record<string, unknown> {
    const [name = "", namespace] = id.split("/").reverse();
    const spec = type.endsWith(":PersistentVolumeClaim") ? { volumeName: `made-for-${name}` } : dynamicVolume(name);
    return { metadata: { name, namespace }, spec };
}

/** What the providers add: names of objects, and values of random resources, which no preview knows. */
function provided(
    type: string,
    name: string,
    inputs: Record<string, unknown>,
    preview: boolean,
): Record<string, unknown> {
    if (type === "random:index/randomBytes:RandomBytes") {
        return preview ? {} : { base64: pulumi.secret(inputs.length === 32 ? generatedBytes : seedOf(name)) };
    }
    if (type === "random:index/randomPassword:RandomPassword") {
        return preview ? {} : { result: pulumi.secret(generatedValue(name)) };
    }
    if (type === "random:index/randomId:RandomId") {
        return preview ? {} : { hex: "1a2b3c4d" };
    }
    const metadata = inputs.metadata as { name?: string } | undefined;
    if (type === "kubernetes:core/v1:Service" && !preview) {
        const spec = inputs.spec as { clusterIP?: string };
        return { metadata, spec: { clusterIP: serviceAddress, ...spec } };
    }
    const identity = type === "kubernetes:core/v1:Namespace" && !preview ? { uid: `uid-of-${name}` } : {};
    return metadata === undefined
        ? {}
        : { metadata: { ...metadata, ...identity, name: metadata.name ?? providerName(name) } };
}
