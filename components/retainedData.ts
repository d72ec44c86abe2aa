import * as pulumi from "@pulumi/pulumi";
import type { PostgresDisk } from "./database/postgresDisk";
import { mapInput } from "./kubernetes/known";
import { names } from "./kubernetes/names";
import type { AirflowSettings } from "./settings/airflowKubernetesDefaults";
import { backsUpToVolume, retainedElsewhere } from "./settings/databaseSettings";
import type { SharedStorage } from "./storage/sharedStorage";
import { exportedPath, storageLocation } from "./storage/storageLocation";

/** Data that `destroy` leaves, and where. */
export interface RetainedData {
    /** What lies there: `dags`, `logs`, `backups` or `database`, or some of them. */
    readonly data: string;
    /** Where it lies, when that is not a claim. */
    readonly place?: string;
    /** Namespace of its claims, which also stays. */
    readonly namespace?: string;
    /** Its claim. */
    readonly claim?: string;
    /** Setting with which a later installation reuses these data. Undefined when the same settings find them again. */
    readonly reuseWith?: string;
}

/** All that `destroy` leaves of an installation. */
export function retainedData(
    settings: AirflowSettings,
    storage: SharedStorage,
    disk: PostgresDisk | undefined,
): pulumi.Output<RetainedData[]> {
    const { database } = settings;
    const here: RetainedDataInput[] =
        database.external !== undefined
            ? [
                  {
                      data: "database",
                      place: pulumi.interpolate`${database.external.name} of ${database.external.host}`,
                  },
              ]
            : [];
    const claimed =
        disk !== undefined && retainedElsewhere(settings)
            ? [
                  {
                      data: "database",
                      namespace: disk.namespace,
                      claim: disk.claim,
                      reuseWith: "database.existingClaim",
                  },
              ]
            : [];
    return pulumi.all([...volumes(settings, storage), ...claimed, ...here].map((each) => pulumi.output(each)));
}

/** The same before the names of namespaces are known. */
type RetainedDataInput = { readonly [field in keyof RetainedData]: pulumi.Input<string> | undefined } & {
    readonly data: string;
};

function volumes(settings: AirflowSettings, { nfsServer, dynamic }: SharedStorage): RetainedDataInput[] {
    const { csi, hostPath, nfs } = settings.storage;
    const backups = backsUpToVolume(settings.database) ? (["backups"] as const) : [];
    const nouns = ["dags", "logs", ...backups] as const;
    const each = (place: (noun: string) => pulumi.Input<string>) => (data: string) => ({ data, place: place(data) });
    if (nfsServer !== undefined) {
        const { namespace, claim } = nfsServer;
        return [{ data: nouns.join(", "), namespace, claim, reuseWith: "storage.nfsServer.existingClaim" }];
    }
    if (dynamic !== undefined) {
        const { namespace } = dynamic;
        const reuseWith = "storage.existingNamespace";
        return nouns.map((data) => ({ data, namespace, claim: names[data], reuseWith }));
    }
    switch (storageLocation(settings)) {
        case "nfs":
            return nouns.map(
                each((noun) =>
                    mapInput(
                        { server: nfs?.server, path: nfs?.path ?? "" },
                        ({ server, path }) => `${server}:${exportedPath(path, noun)}`,
                    ),
                ),
            );
        case "claims": {
            const namespace = settings.namespaces.airflow;
            return nouns.map((data) => ({
                data,
                namespace,
                claim: settings.storage.claims[data],
            }));
        }
        case "csi":
            return nouns.map(
                each((noun) =>
                    mapInput(
                        { handle: csi?.volumeHandle ?? "", driver: csi?.driver },
                        ({ handle, driver }) => `volume ${handle.replaceAll("{volume}", noun)} of ${driver}`,
                    ),
                ),
            );
        default: {
            const onNode = [
                ...(storageLocation(settings) === "none" ? [] : nouns),
                ...(settings.database.retain && !settings.database.external ? ["database"] : []),
            ];
            return onNode.map(each((noun) => mapInput(hostPath, (path) => `${path}/${noun} of the node`)));
        }
    }
}
