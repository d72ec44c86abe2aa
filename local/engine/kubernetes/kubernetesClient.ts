import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { Interrupted } from "../providers/provider";
import type { PropertyMap } from "../values/propertyValue";
import type { ClusterAccess } from "./kubeconfig";
import { type KubernetesObject, objectName, objectNamespace, textAt } from "./kubernetesObject";

/** What the API server answered when it refused. */
export class KubernetesError extends Error {
    public constructor(
        message: string,
        public readonly code: number,
        public readonly reason: string,
    ) {
        super(message);
    }
}

/** The API server did not answer. */
export class UnreachableError extends Error {}

/** Where objects of a kind live in the API. */
export interface ApiResource {
    readonly plural: string;
    readonly namespaced: boolean;
}

/** Options of a request. */
export interface RequestOptions {
    readonly query?: { readonly [name: string]: string };
    readonly body?: unknown;
    readonly contentType?: string;
    readonly signal?: AbortSignal;
    readonly timeoutMs?: number;
}

const defaultTimeoutMs = 30_000;

/**
 * A small client for any object of the Kubernetes API. The objects of a program are data: a client with typed models
 * would drop the fields that it doesn't know.
 */
export class KubernetesClient {
    private readonly agent: HttpAgent | HttpsAgent;
    private readonly discovered = new Map<string, Promise<Map<string, ApiResource>>>();

    constructor(public readonly access: ClusterAccess) {
        const options = { keepAlive: true, maxSockets: 32 };
        this.agent = access.server.startsWith("https:")
            ? new HttpsAgent({
                  ...options,
                  ca: access.ca,
                  cert: access.cert,
                  key: access.key,
                  servername: access.servername,
                  rejectUnauthorized: !access.insecure,
              })
            : new HttpAgent(options);
    }

    /** Ends the kept connections. */
    public close(): void {
        this.agent.destroy();
    }

    /** The path of an object, of its collection when it has no name. */
    public async path(object: PropertyMap, collection = false): Promise<string> {
        const apiVersion = textAt(object, "apiVersion");
        const { plural, namespaced } = await this.resource(apiVersion, textAt(object, "kind"));
        const namespace = objectNamespace(object) || this.access.namespace;
        const name = objectName(object);
        return [
            groupPath(apiVersion),
            ...(namespaced ? ["namespaces", encodeURIComponent(namespace)] : []),
            plural,
            ...(collection ? [] : [encodeURIComponent(name)]),
        ].join("/");
    }

    /** Where objects of a kind live. */
    public async resource(apiVersion: string, kind: string): Promise<ApiResource> {
        const known = this.discovered.get(apiVersion) ?? this.discover(apiVersion);
        this.discovered.set(apiVersion, known);
        try {
            const resource = (await known).get(kind);
            if (resource) {
                return resource;
            }
        } catch (error) {
            this.discovered.delete(apiVersion);
            if (!isNotFound(error)) {
                throw error;
            }
        }
        this.discovered.delete(apiVersion);
        throw new KubernetesError(
            `the cluster knows no ${kind} of ${apiVersion}; is its CustomResourceDefinition missing?`,
            404,
            "NoKindMatch",
        );
    }

    /** An object as it is now, undefined when it is not there. */
    public async get(object: PropertyMap, signal?: AbortSignal): Promise<KubernetesObject | undefined> {
        try {
            return await this.request<KubernetesObject>("GET", await this.path(object), { signal });
        } catch (error) {
            if (isNotFound(error)) {
                return undefined;
            }
            throw error;
        }
    }

    /** Objects under a path. */
    public async list(path: string, query: { [name: string]: string }, signal?: AbortSignal): Promise<PropertyMap[]> {
        return (await this.request<{ items?: PropertyMap[] }>("GET", path, { query, signal })).items ?? [];
    }

    /** A request whose answer is JSON. */
    public async request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
        return JSON.parse(await this.text(method, path, options)) as T;
    }

    /** A request whose answer is text, like a log. Reading is tried again when the connection breaks. */
    public async text(method: string, path: string, options: RequestOptions = {}): Promise<string> {
        const attempts = method === "GET" ? 3 : 1;
        for (let attempt = 1; ; attempt++) {
            try {
                return await this.once(method, path, options);
            } catch (error) {
                const busy = error instanceof KubernetesError && error.code === 429 && attempt < 5;
                if (!busy && (!(error instanceof UnreachableError) || attempt >= attempts)) {
                    throw error;
                }
                await sleep(200 * attempt);
            }
        }
    }

    private async discover(apiVersion: string): Promise<Map<string, ApiResource>> {
        const answer = await this.request<{ resources: { name: string; kind: string; namespaced: boolean }[] }>(
            "GET",
            groupPath(apiVersion),
        );
        return new Map(
            answer.resources
                .filter(({ name }) => !name.includes("/"))
                .map(({ name, kind, namespaced }) => [kind, { plural: name, namespaced }]),
        );
    }

    private once(method: string, path: string, options: RequestOptions): Promise<string> {
        const url = new URL(`${this.access.server}${path}`);
        for (const [name, value] of Object.entries(options.query ?? {})) {
            url.searchParams.append(name, value);
        }
        const body = options.body === undefined ? undefined : JSON.stringify(options.body);
        const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
        return new Promise<string>((resolve, reject) => {
            if (options.signal?.aborted) {
                reject(new Interrupted());
                return;
            }
            const send = url.protocol === "https:" ? httpsRequest : httpRequest;
            const request = send(url, {
                method,
                agent: this.agent,
                timeout: timeoutMs,
                headers: {
                    accept: "application/json, */*",
                    ...(this.access.authorization ? { authorization: this.access.authorization } : {}),
                    ...(body === undefined
                        ? {}
                        : {
                              "content-type": options.contentType ?? "application/json",
                              "content-length": Buffer.byteLength(body),
                          }),
                },
            });
            const abort = (): void => {
                request.destroy(new Interrupted());
            };
            options.signal?.addEventListener("abort", abort, { once: true });
            request.on("close", () => options.signal?.removeEventListener("abort", abort));
            request.on("timeout", () => request.destroy(new Error(`no answer in ${timeoutMs / 1000} s`)));
            request.on("error", (error) =>
                reject(error instanceof Interrupted ? error : new UnreachableError(this.unreachable(error))),
            );
            request.on("response", (response: IncomingMessage) => {
                const parts: Buffer[] = [];
                response.on("data", (part: Buffer) => parts.push(part));
                response.on("error", (error) => reject(new UnreachableError(this.unreachable(error))));
                response.on("end", () => {
                    const text = Buffer.concat(parts).toString("utf8");
                    const code = response.statusCode ?? 0;
                    if (code < 300) {
                        resolve(text);
                    } else {
                        reject(refusal(code, text));
                    }
                });
            });
            request.end(body);
        });
    }

    private unreachable(error: Error): string {
        const reason = error.message || (error as NodeJS.ErrnoException).code || "no connection";
        return `${this.access.server} (context ${this.access.context}) does not answer: ${reason}`;
    }
}

/** True for the answer that an object is not there. */
export function isNotFound(error: unknown): boolean {
    return error instanceof KubernetesError && error.code === 404;
}

function refusal(code: number, text: string): KubernetesError {
    try {
        const status = JSON.parse(text) as { message?: string; reason?: string };
        return new KubernetesError(status.message ?? text, code, status.reason ?? "");
    } catch {
        return new KubernetesError(`HTTP ${code}: ${text.slice(0, 500)}`, code, "");
    }
}

function groupPath(apiVersion: string): string {
    return apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}
