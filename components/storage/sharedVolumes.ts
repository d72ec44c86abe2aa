import type * as pulumi from "@pulumi/pulumi";
import { Hosting } from "../airflowKubernetesArgs";
import type { AirflowSettings, NamespaceNames } from "../airflowKubernetesDefaults";
import { names } from "../kubernetes/names";
import { addQuantities } from "../kubernetes/quantity";
import { nfsExport } from "./ganeshaConfiguration";
import { csiVolume, exportedPath, hostDirectory, storageLocation, type VolumeSource } from "./storageLocation";

/** How pods may use a volume. */
export type AccessMode = "ReadWriteMany" | "ReadWriteOnce" | "ReadOnlyMany";

/** What one namespace sees of a shared volume, through a volume and a claim of its own. */
export interface VolumeView {
    readonly source: VolumeSource;
    readonly accessMode: AccessMode;
}

/** A directory that several namespaces see. */
export interface SharedVolume {
    /** What lies in it; part of the names of its objects. */
    readonly noun: string;
    /** Name of its claim, the same in each namespace. */
    readonly claimName: string;
    /** A Kubernetes quantity. */
    readonly size: string;
    readonly mountOptions: pulumi.Input<readonly string[]>;
    /** Namespaces that have a claim on it, and what they see. */
    readonly views: { readonly [noun in keyof NamespaceNames]?: VolumeView };
}

/** The namespaces that have a claim on a volume, and what they see. */
export function viewsOf({ views }: SharedVolume): [keyof NamespaceNames, VolumeView][] {
    return (["storage", "airflow", "workers"] as const).flatMap((noun) => {
        const view = views[noun];
        return view === undefined ? [] : [[noun, view] as [keyof NamespaceNames, VolumeView]];
    });
}

/** What is known of the storage only when it has been made. */
export interface MadeStorage {
    /** Address of the NFS server in the cluster. */
    readonly nfsServer?: pulumi.Input<string>;
    /** What a StorageClass has made, by the nouns of the volumes. */
    readonly dynamic?: Readonly<Record<string, DynamicVolume>>;
}

/** A volume that a StorageClass has made. */
export interface DynamicVolume {
    readonly source: VolumeSource;
    readonly mountOptions: pulumi.Input<readonly string[]>;
}

/** The shared volumes of an installation. */
export function sharedVolumes(settings: AirflowSettings, made: MadeStorage = {}): SharedVolume[] {
    const { claims, dagsSize, logsSize } = settings.storage;
    const dags = { noun: "dags", claimName: claims.dags, size: dagsSize };
    const logs = { noun: "logs", claimName: claims.logs, size: logsSize };
    return [...sharedByTasks(settings, made, dags, logs), ...retainedDatabase(settings)];
}

type Volume = Pick<SharedVolume, "noun" | "claimName" | "size">;

function sharedByTasks(settings: AirflowSettings, made: MadeStorage, dags: Volume, logs: Volume): SharedVolume[] {
    const { hostPath, mountOptions, nfs, csi } = settings.storage;
    const server = made.nfsServer === undefined ? nfs : { server: made.nfsServer, path: nfsExport };
    const location = storageLocation(settings);
    if (location === "hostPath") {
        return [dags, logs].map((volume) => {
            const source = hostDirectory(`${hostPath}/${volume.noun}`);
            return { ...volume, mountOptions: [], views: views(volume.noun, () => source, true) };
        });
    }
    if (location === "csi" && csi !== undefined) {
        return [dags, logs].map((volume) => ({
            ...volume,
            mountOptions,
            views: views(
                volume.noun,
                (noun) => csiVolume(csi, volume.noun, settings.namespaces[noun], isReadOnly(volume.noun, noun)),
                false,
            ),
        }));
    }
    if (server !== undefined) {
        const exported = (name?: string, namespace?: keyof NamespaceNames): VolumeSource => ({
            nfs: {
                server: server.server,
                path: exportedPath(server.path, name),
                ...(name !== undefined && isReadOnly(name, namespace) && { readOnly: true }),
            },
        });
        // The directories below the root are made in it first, so it is mounted itself: where that is done, and only there.
        const size = addQuantities(dags.size, logs.size);
        const shares = { noun: "shares", claimName: settings.storage.claims.shares, size, mountOptions };
        return [
            { ...shares, views: { storage: { source: exported(), accessMode: "ReadWriteMany" } } },
            ...[dags, logs].map((volume) => {
                const { storage: _root, ...others } = views(
                    volume.noun,
                    (namespace) => exported(volume.noun, namespace),
                    true,
                );
                return { ...volume, mountOptions, views: others };
            }),
        ];
    }
    return [dags, logs].map((volume) => {
        const { source = {}, mountOptions: given = [] } = made.dynamic?.[volume.noun] ?? {};
        // In the storage namespace it is the claim of the class itself.
        const { storage: _claim, ...others } = views(volume.noun, () => source, false);
        return { ...volume, mountOptions: mountOptions.length > 0 ? mountOptions : given, views: others };
    });
}

/** Task pods only read DAGs. Said of the volume itself, it holds for whatever a pod asks for. */
function isReadOnly(noun: string, namespace: keyof NamespaceNames | undefined): boolean {
    return noun === "dags" && namespace === "workers";
}

/** What the namespaces see. Task pods only read DAGs, and ask for no more where every driver knows that mode. */
function views(
    noun: string,
    source: (namespace: keyof NamespaceNames) => VolumeSource,
    readOnlyMany: boolean,
): Required<SharedVolume["views"]> {
    const view = (namespace: keyof NamespaceNames, accessMode: AccessMode = "ReadWriteMany") => ({
        source: source(namespace),
        accessMode,
    });
    return {
        storage: view("storage"),
        airflow: view("airflow"),
        workers: view("workers", noun === "dags" && readOnlyMany ? "ReadOnlyMany" : undefined),
    };
}

/** The database that outlives a stack on a cluster of one node. On any other it has a claim that is retained. */
function retainedDatabase({ hosting, database, storage }: AirflowSettings): SharedVolume[] {
    if (!database.retain || database.external !== undefined || hosting !== Hosting.Minikube) {
        return [];
    }
    const view: VolumeView = { source: hostDirectory(`${storage.hostPath}/database`), accessMode: "ReadWriteOnce" };
    return [
        {
            noun: "database",
            claimName: names.database,
            size: database.size,
            mountOptions: [],
            views: { storage: view, airflow: view },
        },
    ];
}
