import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { names } from "../kubernetes/names";
import { airflowUser, type PodUser, postgresUser } from "../kubernetes/podSecurity";
import { sharedVolumes } from "./sharedVolumes";
import { exportedPath, storageLocation } from "./storageLocation";

/** A directory that must be there, and belong to who writes in it, before anything else mounts it. */
export interface PreparedDirectory {
    /** Claim on the volume that holds it. */
    readonly claimName: string;
    /** Its name in the volume; empty for the root of the volume. */
    readonly name: string;
    /** What people know it as. */
    readonly place: string;
    readonly owner: PodUser;
    /** Mode, octal. */
    readonly mode: string;
}

/** The directories of the shared volumes. */
export function preparedDirectories(settings: AirflowSettings): PreparedDirectory[] {
    // Group 0 may write, and what is made inside belongs to group 0 again.
    const shared = { owner: airflowUser, mode: "2775" };
    // A class has made its volumes for claims that are kept, whatever else is changed.
    const claims = storageLocation(settings) === "storageClass" ? names : settings.storage.claims;
    const retained = sharedVolumes(settings).some(({ noun }) => noun === "database");
    return [
        ...(["dags", "logs"] as const).map((noun) => {
            const place = placeOf(settings, noun);
            return sharesRoot(settings)
                ? { ...shared, claimName: settings.storage.claims.shares, name: noun, place }
                : { ...shared, claimName: claims[noun], name: "", place };
        }),
        ...(retained
            ? [
                  {
                      claimName: names.database,
                      name: "",
                      place: placeOf(settings, "database"),
                      owner: postgresUser,
                      mode: "0700",
                  },
              ]
            : []),
    ];
}

/** Whether all directories lie in one exported directory, in which they are made. */
function sharesRoot(settings: AirflowSettings): boolean {
    return ["nfs", "nfsServer"].includes(storageLocation(settings));
}

function placeOf(settings: AirflowSettings, noun: string): string {
    const { storage } = settings;
    switch (storageLocation(settings)) {
        case "hostPath":
            return `the directory ${storage.hostPath}/${noun} of the node`;
        case "nfs":
            return `the directory ${exportedPath(storage.nfs?.path ?? "", noun)} of ${storage.nfs?.server}`;
        default:
            return `the volume of ${noun === "dags" ? "DAGs" : noun}`;
    }
}
