import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { removeImages } from "../../../local/cluster/containerd";
import { paths } from "../../../local/cluster/layout";
import { waitFor } from "../../../local/support/deadline";
import { removeCustomResources } from "./customResources";
import { testPrefix } from "./installation";
import { type AnyObject, identity, kube, objects } from "./kubernetes";
import { endRemembered } from "./processes";
import { Traefik } from "./traefik";

/** Whether a namespace is one of the tests'. */
function isOurs(namespace = ""): boolean {
    return namespace === testPrefix || namespace.startsWith(`${testPrefix}-`);
}

/** What tells the namespaces of one installation from those of others, whose names may begin with its own. */
function isOf(installation: string): typeof isOurs {
    return (namespace = "") =>
        [installation, `${installation}-workers`].includes(namespace) ||
        namespace.startsWith(`${installation}-storage`);
}

/**
 * Everything outside of namespaces, and the namespaces, that belongs to the tests.
 *
 * @param installation Namespace of the one installation that is meant; all unless set.
 */
export async function installedObjects(installation?: string): Promise<AnyObject[]> {
    const belongs = installation === undefined ? isOurs : isOf(installation);
    const found = await objects("namespaces,persistentvolumes,clusterroles,clusterrolebindings");
    return found.filter(
        (object) =>
            belongs(object.metadata.name) ||
            belongs(object.spec?.claimRef?.namespace) ||
            belongs(/^\/data\/([^/]+)/.exec(object.spec?.hostPath?.path ?? "")?.[1]) ||
            belongs(object.metadata.labels?.["app.kubernetes.io/namespace"]),
    );
}

/** Whether a StorageClass made the volume. */
export function isProvisioned(object: AnyObject): boolean {
    return object.metadata.annotations?.["pv.kubernetes.io/provisioned-by"] !== undefined;
}

/** Fails unless nothing of an installation is left; a volume that a StorageClass made goes a moment after its claim. */
export async function nothingInstalled(installation: string): Promise<void> {
    let left: AnyObject[] = [];
    await waitFor(
        async () => {
            left = await installedObjects(installation);
            return left.length === 0;
        },
        { within: 20_000, what: "no object to be left", explain: () => left.map(identity).join("\n") },
    );
}

/** Removes what a test run that was killed has left: processes, namespaces, volumes and their data. */
export async function removeLeftovers(): Promise<void> {
    endRemembered();
    await kube(["delete", "node", `${testPrefix}-second`, "--ignore-not-found"]);
    await kube(["delete", "storageclass", `${testPrefix}-single`, "--ignore-not-found"]);
    await Traefik.removeLeftovers();
    await removeCustomResources();
    const left = await installedObjects();
    for (const { metadata } of left.filter(({ kind }) => kind === "Namespace")) {
        await kube(["delete", "pods", "--all", "--namespace", metadata.name, "--force", "--grace-period=0"]);
    }
    // Provisioned volumes go with their claims; deleted by hand they would leave their data to the next claim of the name.
    for (const object of left.filter((candidate) => !isProvisioned(candidate))) {
        await kube(["delete", object.kind, object.metadata.name, "--ignore-not-found", "--wait=false"]);
    }
    await waitFor(async () => (await installedObjects()).length === 0, {
        // What a killed test run left starts with the cluster, and keeps a small machine busy until it is gone.
        within: 500_000,
        what: `the end of what an earlier test run left: ${left.map(identity).join(", ")}`,
    });
    await removeImages(`localhost/${testPrefix}/`);
    removeData();
}

/** Removes what the tests' volumes hold, those of the StorageClass too. */
export function removeData(): void {
    for (const parent of [paths.data, paths.volumes]) {
        const names = existsSync(parent) ? readdirSync(parent) : [];
        for (const name of names.filter(isOurs)) {
            rmSync(join(parent, name), { recursive: true, force: true });
        }
    }
}

/** Where a path below the node's /data lies on this machine. */
export function nodePath(path: string): string {
    return join(paths.data, path.replace(/^\/data\//, ""));
}
