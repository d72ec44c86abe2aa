import { rmSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../../../local/cluster/layout";
import { waitFor } from "../../../local/commands/deadline";
import { hostPath, namespaces } from "./installation";
import { type AnyObject, identity, kube, objects } from "./kubernetes";
import { endRemembered } from "./processes";

const ours: readonly string[] = Object.values(namespaces);

/** Everything outside of namespaces, and the namespaces, that belongs to the tests' installation. */
export async function installedObjects(): Promise<AnyObject[]> {
    const found = await objects("namespaces,persistentvolumes,clusterroles,clusterrolebindings");
    return found.filter(
        (object) =>
            ours.includes(object.metadata.name) ||
            ours.includes(object.spec?.claimRef?.namespace ?? "") ||
            (object.spec?.hostPath?.path ?? "").startsWith(`${hostPath}/`) ||
            ours.includes(object.metadata.labels?.["app.kubernetes.io/namespace"] ?? ""),
    );
}

/** Whether a StorageClass made the volume. */
export function isProvisioned(object: AnyObject): boolean {
    return object.metadata.annotations?.["pv.kubernetes.io/provisioned-by"] !== undefined;
}

/** Fails unless nothing is left; a volume that a StorageClass made goes a moment after its claim. */
export async function nothingInstalled(): Promise<void> {
    let left: AnyObject[] = [];
    await waitFor(
        async () => {
            left = await installedObjects();
            return left.length === 0;
        },
        { within: 20_000, what: "no object to be left", explain: () => left.map(identity).join("\n") },
    );
}

/** Removes what a test run that was killed has left: processes, namespaces, volumes and their data. */
export async function removeLeftovers(): Promise<void> {
    endRemembered();
    for (const namespace of ours) {
        await kube(["delete", "pods", "--all", "--namespace", namespace, "--force", "--grace-period=0"]);
    }
    const left = await installedObjects();
    // Provisioned volumes go with their claims; deleted by hand they would leave their data to the next claim of the name.
    for (const object of left.filter((candidate) => !isProvisioned(candidate))) {
        await kube(["delete", object.kind, object.metadata.name, "--ignore-not-found", "--wait=false"]);
    }
    await waitFor(async () => (await installedObjects()).length === 0, {
        within: 180_000,
        what: `the end of what an earlier test run left: ${left.map(identity).join(", ")}`,
    });
    removeData();
}

/** Removes what the tests' volumes hold, those of the StorageClass too. */
export function removeData(): void {
    for (const folder of [nodePath(hostPath), ...ours.map((namespace) => join(paths.volumes, namespace))]) {
        rmSync(folder, { recursive: true, force: true });
    }
}

/** Where a path below the node's /data lies on this machine. */
export function nodePath(path: string): string {
    return join(paths.data, path.replace(/^\/data\//, ""));
}
