import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

/** How to reach a cluster and as whom. */
export interface ClusterAccess {
    readonly context: string;
    readonly server: string;
    readonly namespace: string;
    readonly ca?: string | Buffer;
    readonly cert?: string | Buffer;
    readonly key?: string | Buffer;
    readonly servername?: string;
    readonly insecure: boolean;
    /** The value of the `Authorization` header. */
    readonly authorization?: string;
}

/** Where the provider's settings point to. */
export interface ClusterChoice {
    /** A path or the content of a kubeconfig. */
    readonly kubeconfig?: string;
    readonly context?: string;
    readonly cluster?: string;
}

const named = <T extends z.ZodType>(key: string, schema: T) =>
    z
        .array(z.object({ name: z.string(), [key]: schema }).loose())
        .nullish()
        .transform((list) => new Map((list ?? []).map((entry) => [entry.name as string, entry[key] as z.infer<T>])));

const clusterEntry = z
    .object({
        server: z.string(),
        "certificate-authority": z.string().optional(),
        "certificate-authority-data": z.string().optional(),
        "insecure-skip-tls-verify": z.boolean().optional(),
        "tls-server-name": z.string().optional(),
    })
    .loose();
const execEntry = z
    .object({
        apiVersion: z.string(),
        command: z.string(),
        args: z.array(z.string()).nullish(),
        env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
    })
    .loose();
const userEntry = z
    .object({
        "client-certificate": z.string().optional(),
        "client-certificate-data": z.string().optional(),
        "client-key": z.string().optional(),
        "client-key-data": z.string().optional(),
        token: z.string().optional(),
        tokenFile: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
        exec: execEntry.optional(),
    })
    .loose();
const contextEntry = z
    .object({ cluster: z.string(), user: z.string().optional(), namespace: z.string().optional() })
    .loose();
const configFile = z
    .object({
        "current-context": z.string().nullish(),
        clusters: named("cluster", clusterEntry),
        users: named("user", userEntry.nullish()),
        contexts: named("context", contextEntry),
    })
    .loose();

type ConfigFile = z.infer<typeof configFile> & { readonly directory: string };

/** Finds the cluster as kubectl and the real provider do; throws with the reason when there is none. */
export function clusterAccess(choice: ClusterChoice): ClusterAccess {
    const config = loadConfig(choice.kubeconfig);
    const context = choice.context || config["current-context"] || "";
    if (context === "") {
        throw new Error("no kubeconfig context is chosen");
    }
    const settings = config.contexts.get(context);
    if (settings === undefined) {
        const known = [...config.contexts.keys()].join(", ") || "none";
        throw new Error(`the kubeconfig has no context "${context}" (it has: ${known})`);
    }
    const clusterName = choice.cluster || settings.cluster;
    const cluster = config.clusters.get(clusterName);
    if (cluster === undefined) {
        throw new Error(`the kubeconfig has no cluster "${clusterName}", which context "${context}" names`);
    }
    const user = config.users.get(settings.user ?? "") ?? {};
    const credential = user.exec ? execCredential(user.exec) : {};
    const file = (path: string | undefined): Buffer | undefined =>
        path === undefined ? undefined : readFileSync(isAbsolute(path) ? path : join(config.directory, path));
    const data = (text: string | undefined): Buffer | undefined =>
        text === undefined ? undefined : Buffer.from(text, "base64");
    const token = credential.token ?? user.token ?? file(user.tokenFile)?.toString("utf8").trim();
    const basic = Buffer.from(`${user.username ?? ""}:${user.password ?? ""}`).toString("base64");
    return {
        context,
        server: cluster.server.replace(/\/$/, ""),
        namespace: settings.namespace ?? "default",
        ca: data(cluster["certificate-authority-data"]) ?? file(cluster["certificate-authority"]),
        cert: credential.cert ?? data(user["client-certificate-data"]) ?? file(user["client-certificate"]),
        key: credential.key ?? data(user["client-key-data"]) ?? file(user["client-key"]),
        servername: cluster["tls-server-name"],
        insecure: cluster["insecure-skip-tls-verify"] === true,
        authorization: token ? `Bearer ${token}` : user.username ? `Basic ${basic}` : undefined,
    };
}

function loadConfig(given: string | undefined): ConfigFile {
    if (given && /[\n{]/.test(given)) {
        return parseConfig(given, process.cwd(), "the given kubeconfig");
    }
    const listed = (process.env.KUBECONFIG ?? "").split(delimiter).filter((path) => path !== "");
    const home = join(homedir(), ".kube", "config");
    const paths = given ? [given.replace(/^~(?=\/)/, homedir())] : listed.length > 0 ? listed : [home];
    const files = paths.filter(existsSync).map((path) => parseConfig(readFileSync(path, "utf8"), dirname(path), path));
    const [first, ...others] = files;
    if (first === undefined) {
        throw new Error(`there is no kubeconfig (looked for ${paths.join(", ")})`);
    }
    // As in kubectl, the first of several files that has an entry wins.
    const all = [first, ...others];
    return {
        ...first,
        "current-context": all.map((config) => config["current-context"]).find((context) => context),
        clusters: new Map(all.toReversed().flatMap((config) => [...config.clusters])),
        users: new Map(all.toReversed().flatMap((config) => [...config.users])),
        contexts: new Map(all.toReversed().flatMap((config) => [...config.contexts])),
    };
}

function parseConfig(text: string, directory: string, origin: string): ConfigFile {
    const parsed = configFile.safeParse(parse(text) ?? {});
    if (!parsed.success) {
        throw new Error(`${origin} is not a kubeconfig: ${z.prettifyError(parsed.error)}`);
    }
    return { ...parsed.data, directory };
}

/** Runs the command by which clouds hand out credentials. */
function execCredential(exec: z.infer<typeof execEntry>): { token?: string; cert?: string; key?: string } {
    const environment = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]));
    const info = { apiVersion: exec.apiVersion, kind: "ExecCredential", spec: { interactive: false } };
    const output = execFileSync(exec.command, exec.args ?? [], {
        encoding: "utf8",
        env: { ...process.env, ...environment, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
        stdio: ["ignore", "pipe", "inherit"],
        timeout: 60_000,
    });
    const { status } = JSON.parse(output) as {
        status?: { token?: string; clientCertificateData?: string; clientKeyData?: string };
    };
    return { token: status?.token, cert: status?.clientCertificateData, key: status?.clientKeyData };
}
