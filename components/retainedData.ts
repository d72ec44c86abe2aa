import * as pulumi from "@pulumi/pulumi";
import type { AirflowSettings } from "./airflowKubernetesDefaults";
import { retainedElsewhere } from "./database/databaseSettings";
import type { PostgresDisk } from "./database/postgresDisk";
import { names } from "./kubernetes/names";
import type { SharedStorage } from "./storage/sharedStorage";
import { exportedPath, storageLocation } from "./storage/storageLocation";

/** Data that `destroy` leaves, and where. */
export interface RetainedData {
    /** What lies there: `dags`, `logs` or `database`, or some of them. */
    readonly data: string;
    /** Where it lies, when that is no claim. */
    readonly place?: string;
    /** Namespace of its claims, which is left, too. */
    readonly namespace?: string;
    /** Its claim. */
    readonly claim?: string;
    /** The setting that another installation goes on with it by; without one, by the same settings as now. */
    readonly goOnWith?: string;
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
                      goOnWith: "database.existingClaim",
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
    const each = (place: (noun: string) => string) => (data: string) => ({ data, place: place(data) });
    if (nfsServer !== undefined) {
        const { namespace, claim } = nfsServer;
        return [{ data: "dags, logs", namespace, claim, goOnWith: "storage.nfsServer.existingClaim" }];
    }
    if (dynamic !== undefined) {
        const { namespace } = dynamic;
        const goOnWith = "storage.existingNamespace";
        return [
            { data: "dags", namespace, claim: names.dags, goOnWith },
            { data: "logs", namespace, claim: names.logs, goOnWith },
        ];
    }
    switch (storageLocation(settings)) {
        case "nfs":
            return ["dags", "logs"].map(each((noun) => `${nfs?.server}:${exportedPath(nfs?.path ?? "", noun)}`));
        case "csi":
            return ["dags", "logs"].map(
                each((noun) => `volume ${csi?.volumeHandle.replaceAll("{volume}", noun)} of ${csi?.driver}`),
            );
        default: {
            const nouns = [
                "dags",
                "logs",
                ...(settings.database.retain && !settings.database.external ? ["database"] : []),
            ];
            return nouns.map(each((noun) => `${hostPath}/${noun} of the node`));
        }
    }
}
