import { existsSync, readFileSync } from "node:fs";
import { release } from "node:os";
import { join } from "node:path";
import { podLines } from "../airflow/diagnosis";
import { findings, wrongSections } from "../session/findings";
import { type Cluster, clusterEnvironment, kubectl } from "../session/targetCluster";
import { UserError } from "../support/errors";
import { capture } from "../support/execution";
import { repositoryDirectory } from "../support/paths";
import { loggedContainers, type ReportedObject, reportedKinds, reportedObject, reportedSecret } from "./objectFiles";
import type { SecretObject } from "./redaction";
import type { ReportFiles } from "./reportArchive";

/** Of each log: its end. */
const logLimits = ["--tail", "5000", "--limit-bytes", "4000000", "--timestamps"];

/** How many programs run at once. */
const atOnce = 4;

type Namespaces = Readonly<Record<string, string>> & { readonly airflow: string; readonly workers: string };

/**
 * All Secrets of some namespaces, for what has to be taken out.
 *
 * @throws UserError where they cannot be read: then nothing may be written.
 */
export async function secretsIn(cluster: Cluster, namespaces: Namespaces): Promise<SecretObject[]> {
    const all = await inTurn(Object.values(namespaces), async (namespace) => {
        const get = ["get", "secrets", "--namespace", namespace, "--output", "json"];
        const { code, stdout, stderr } = await ask(cluster, get);
        if (code !== 0) {
            throw new UserError(
                `The Secrets of ${namespace} cannot be read, so what a report must not hold is not known. Nothing was written: ${stderr.trim()}`,
            );
        }
        return (JSON.parse(stdout) as { items: SecretObject[] }).items;
    });
    return all.flat();
}

/** Everything that a support case needs, secrets still in it. What cannot be had is told in its place. */
export async function collect(
    cluster: Cluster,
    namespaces: Namespaces,
    secrets: readonly SecretObject[],
): Promise<ReportFiles> {
    const places = Object.values(namespaces);
    const objects = await inTurn(places, async (namespace) => {
        const kinds = await inTurn(reportedKinds, async (kind) => {
            const get = ["get", kind, "--namespace", namespace, "--output", "json"];
            const { code, stdout, stderr } = await ask(cluster, get);
            const items = code === 0 ? (JSON.parse(stdout) as { items: ReportedObject[] }).items : undefined;
            return { path: `objects/${namespace}/${kind}.json`, items, fault: stderr };
        });
        return kinds;
    });
    const all = objects.flat();
    const found = all.flatMap(({ items }) => items ?? []);
    const logs = await inTurn(loggedContainers(found), async ({ namespace, pod, container, hasPrevious }) => {
        const read = async (previous: boolean) => {
            const log = ["logs", pod, "--namespace", namespace, "--container", container, ...logLimits];
            const { code, stdout, stderr } = await ask(cluster, [...log, ...(previous ? ["--previous"] : [])]);
            return code === 0 ? stdout : `no log: ${stderr}`;
        };
        const path = `logs/${namespace}/${pod}/${container}`;
        return {
            [`${path}.log`]: await read(false),
            ...(hasPrevious && { [`${path}.previous.log`]: await read(true) }),
        };
    });
    return {
        "status.txt": await statusText(cluster, namespaces),
        "versions.txt": await versionsText(cluster),
        "cluster/nodes.txt": await said(cluster, ["describe", "nodes"]),
        "cluster/volumes.json": await volumesText(cluster, places),
        "cluster/storage-classes.json": await said(cluster, ["get", "storageclasses", "--output", "json"]),
        "secrets.json": pretty(secrets.map(reportedSecret)),
        ...Object.fromEntries(
            all.map(({ path, items, fault }) => [
                path,
                items === undefined ? `not to be had: ${fault}` : pretty(items.map(reportedObject)),
            ]),
        ),
        ...Object.assign({}, ...logs),
    };
}

async function statusText(cluster: Cluster, namespaces: Namespaces): Promise<string> {
    try {
        const found = await findings(cluster, namespaces);
        const lines = [...podLines(found.objects), "", ...wrongSections(found), ...found.notices];
        return `${lines.join("\n")}\n`;
    } catch (error) {
        return `not to be had: ${error instanceof Error ? error.message : String(error)}\n`;
    }
}

/** The volumes of these namespaces, and none of the cluster's others. */
async function volumesText(cluster: Cluster, namespaces: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await ask(cluster, ["get", "persistentvolumes", "--output", "json"]);
    if (code !== 0) {
        return `not to be had: ${stderr}`;
    }
    const { items } = JSON.parse(stdout) as {
        items: readonly (ReportedObject & { spec?: { claimRef?: { namespace?: string } } })[];
    };
    const own = items.filter(({ spec }) => namespaces.includes(spec?.claimRef?.namespace ?? ""));
    return pretty(own.map(reportedObject));
}

async function versionsText(cluster: Cluster): Promise<string> {
    const manifest = join(repositoryDirectory, "package.json");
    const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version?: string };
    const git = existsSync(join(repositoryDirectory, ".git"))
        ? (await capture(["git", "-C", repositoryDirectory, "describe", "--always", "--dirty"])).stdout.trim()
        : "no checkout";
    return [
        `airflow-kubernetes ${version ?? ""} (${git})`,
        `Node.js ${process.version}, ${process.platform} ${release()}`,
        await said(cluster, ["version"]),
    ].join("\n");
}

async function said(cluster: Cluster, args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await ask(cluster, args);
    return code === 0 ? stdout : `not to be had: ${stderr}`;
}

function ask(cluster: Cluster, args: readonly string[]) {
    return capture([...kubectl(cluster), ...args], { env: clusterEnvironment(cluster), timeout: 60_000 });
}

function pretty(value: unknown): string {
    return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** Does something for each item, a few at once. */
async function inTurn<Item, Result>(items: readonly Item[], one: (item: Item) => Promise<Result>): Promise<Result[]> {
    const results: Result[] = [];
    for (let index = 0; index < items.length; index += atOnce) {
        results.push(...(await Promise.all(items.slice(index, index + atOnce).map(one))));
    }
    return results;
}
