import type { Hosting } from "../airflowKubernetesArgs";
import type { Problem } from "../problems";
import { check, quantity } from "../validation/checks";
import type { StorageSettings } from "./storageSettings";

/** Everything that is wrong with the storage. */
export function storageProblems(_hosting: Hosting, storage: StorageSettings): Problem[] {
    const { hostPath } = storage;
    const valid = /^(\/[A-Za-z0-9._-]+)+$/.test(hostPath) && !hostPath.split("/").includes("..");
    return [
        ...check(
            valid,
            "storage.hostPath",
            hostPath,
            "an absolute path below the root, without .. and without a / at its end",
        ),
        ...quantity("storage.dagsSize", storage.dagsSize),
        ...quantity("storage.logsSize", storage.logsSize),
    ];
}
