import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { shortHash } from "../kubernetes/hash";
import { DagDelivery } from "../settings/dagsArgs";
import { type DagsSettings, dagsOnVolume } from "../settings/dagsSettings";
import { dagFiles } from "./volume/dagsArchive";
import { withUnpacked } from "./volume/tarFile";

/** Whether plugins lie on the shared volume in a folder that was named, so that the api-server is meant to load them, too. */
export function pluginsAreNamed(dags: DagsSettings): boolean {
    return dagsOnVolume(dags) && dags.pluginsFolder !== undefined && !dags.pluginsFolder.startsWith("/");
}

/**
 * What changes with the plugins that `up` loads onto the shared volume; undefined where there are none, or where nobody knows
 * them before. A process loads plugins once, so it has to be started anew.
 */
export function pluginsHash({ delivery, volume, pluginsFolder = "plugins" }: DagsSettings): string | undefined {
    if (delivery !== DagDelivery.Volume || pluginsFolder.startsWith("/")) {
        return undefined;
    }
    const hash = (folder: string) => hashBelow(folder, `${pluginsFolder}/`);
    return volume.archive === undefined
        ? volume.folder && hash(volume.folder)
        : withUnpacked(volume.archive, (folder) => hash(folder));
}

function hashBelow(folder: string, prefix: string): string | undefined {
    const files = dagFiles(folder).filter((path) => path.startsWith(prefix));
    const digests = files.map((path) => [
        path,
        createHash("sha256")
            .update(readFileSync(join(folder, path)))
            .digest("hex"),
    ]);
    return files.length === 0 ? undefined : shortHash(digests);
}
