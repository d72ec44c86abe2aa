import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import { names } from "../kubernetes/names";
import { airflowUser, backupUser, postgresUser, type UserIds } from "../kubernetes/podSecurity";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { backsUpToVolume } from "../settings/databaseSettings";
import { sharedVolumes } from "./sharedVolumes";
import { exportedPath, storageLocation } from "./storageLocation";

/** A directory that has to exist, with its owner and mode, before other pods mount it. */
export interface PreparedDirectory {
    /** Claim on the volume that holds it. */
    readonly claimName: pulumi.Input<string>;
    /** Its name in the volume; empty for the root of the volume. */
    readonly name: string;
    /** Its name in messages. */
    readonly place: pulumi.Input<string>;
    readonly owner: UserIds;
    /** Mode, octal. */
    readonly mode: string;
}

/** The directories of the shared volumes; none where nothing is shared. */
export function preparedDirectories(settings: AirflowSettings): PreparedDirectory[] {
    // Group 0 may write, and what is made inside belongs to group 0 again.
    const shared = { owner: airflowUser, mode: "2775" };
    // A class has made its volumes for claims that are kept, whatever else is changed.
    const claims = storageLocation(settings) === "storageClass" ? names : settings.storage.claims;
    const nouns =
        storageLocation(settings) === "none"
            ? []
            : (["dags", "logs", ...(backsUpToVolume(settings.database) ? (["backups"] as const) : [])] as const);
    // Also who mounts the volume as Airflow's user does not get at backups.
    const backups = { owner: backupUser, mode: "0700" };
    const retained = sharedVolumes(settings).some(({ noun }) => noun === "database");
    return [
        ...nouns.map((noun) => {
            const place = placeOf(settings, noun);
            const owned = noun === "backups" ? backups : shared;
            return sharesRoot(settings)
                ? { ...owned, claimName: settings.storage.claims.shares, name: noun, place }
                : { ...owned, claimName: claims[noun], name: "", place };
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

/** The claims on the volumes that hold them, each once. */
export function preparedClaims(settings: AirflowSettings): pulumi.Input<string[]> {
    const claims = preparedDirectories(settings).map(({ claimName }) => claimName);
    return mapInput(claims, (known) => [...new Set(known)]);
}

/** Whether there are volumes to prepare. Claims that exist are on volumes that somebody else has prepared. */
export function preparesVolumes(settings: AirflowSettings): boolean {
    return storageLocation(settings) !== "claims" && preparedDirectories(settings).length > 0;
}

/** Whether all directories lie in one exported directory, in which they are made. */
function sharesRoot(settings: AirflowSettings): boolean {
    return ["nfs", "nfsServer"].includes(storageLocation(settings));
}

function placeOf(settings: AirflowSettings, noun: string): pulumi.Input<string> {
    const { storage } = settings;
    switch (storageLocation(settings)) {
        case "hostPath":
        case "none":
            return mapInput(storage.hostPath, (path) => `the directory ${path}/${noun} of the node`);
        case "nfs":
            return mapInput(
                { path: storage.nfs?.path ?? "", server: storage.nfs?.server },
                ({ path, server }) => `the directory ${exportedPath(path, noun)} of ${server}`,
            );
        default:
            return `the volume of ${noun === "dags" ? "DAGs" : noun}`;
    }
}
