import * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import { names } from "../kubernetes/names";
import { Hosting } from "../settings/airflowKubernetesArgs";
import type { AirflowSettings, NamespaceNames } from "../settings/airflowKubernetesDefaults";
import { backsUpToVolume } from "../settings/databaseSettings";
import { sizeTogether } from "../settings/storageSettings";
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
    /** Data in it; part of the names of its objects. */
    readonly noun: string;
    /** Name of its claim, the same in each namespace. */
    readonly claimName: pulumi.Input<string>;
    /** A Kubernetes quantity. */
    readonly size: pulumi.Input<string>;
    readonly mountOptions: pulumi.Input<readonly pulumi.Input<string>[]>;
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

/** Values of the storage that are known once it exists. */
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
    const { backup } = settings.database;
    const volumes: Volume[] = [
        { noun: "dags", claimName: claims.dags, size: dagsSize },
        { noun: "logs", claimName: claims.logs, size: logsSize },
        ...(backup !== undefined && backsUpToVolume(settings.database)
            ? [{ noun: "backups", claimName: claims.backups, size: backup.size }]
            : []),
    ];
    return [
        ...(storageLocation(settings) === "none" ? [] : sharedDirectories(settings, made, volumes).map(withoutTasks)),
        ...retainedDatabase(settings),
    ];
}

type Volume = Pick<SharedVolume, "noun" | "claimName" | "size">;

/** No task has any business with backups: the workers' namespace has no claim on them. */
function withoutTasks(volume: SharedVolume): SharedVolume {
    const { workers: _view, ...others } = volume.views;
    return volume.noun === "backups" ? { ...volume, views: others } : volume;
}

function sharedDirectories(settings: AirflowSettings, made: MadeStorage, volumes: readonly Volume[]): SharedVolume[] {
    const { hostPath, mountOptions, nfs, csi } = settings.storage;
    const server = made.nfsServer === undefined ? nfs : { server: made.nfsServer, path: nfsExport };
    const location = storageLocation(settings);
    if (location === "claims") {
        return [];
    }
    if (location === "hostPath") {
        return volumes.map((volume) => {
            const source = hostDirectory(hostPath, volume.noun);
            return { ...volume, mountOptions: [], views: views(volume.noun, () => source, true) };
        });
    }
    if (location === "csi" && csi !== undefined) {
        return volumes.map((volume) => ({
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
                path: mapInput(server.path, (root) => exportedPath(root, name)),
                ...(name !== undefined && isReadOnly(name, namespace) && { readOnly: true }),
            },
        });
        // The directories below the root are made in it first, so it is mounted itself: where that is done, and only there.
        const [dags, logs, backups] = volumes.map(({ size }) => size);
        const size = sizeTogether(dags, logs, backups);
        const shares = { noun: "shares", claimName: settings.storage.claims.shares, size, mountOptions };
        return [
            { ...shares, views: { storage: { source: exported(), accessMode: "ReadWriteMany" } } },
            ...volumes.map((volume) => {
                const { storage: _root, ...others } = views(
                    volume.noun,
                    (namespace) => exported(volume.noun, namespace),
                    true,
                );
                return { ...volume, mountOptions, views: others };
            }),
        ];
    }
    return volumes.map((volume) => {
        const { source = {}, mountOptions: given = [] } = made.dynamic?.[volume.noun] ?? {};
        // In the storage namespace it is the claim of the class itself.
        const { storage: _claim, ...others } = views(volume.noun, () => source, false);
        return { ...volume, mountOptions: either(mountOptions, given), views: others };
    });
}

/** The mount options that were asked for, or where there are none those that the class has given. */
function either(
    asked: SharedVolume["mountOptions"],
    given: SharedVolume["mountOptions"],
): SharedVolume["mountOptions"] {
    // Of a list that is there its length is known, and a preview shows what is asked for.
    return Array.isArray(asked)
        ? asked.length > 0
            ? asked
            : given
        : pulumi.all([asked, given]).apply(([own, others]) => (own.length > 0 ? own : others));
}

/** Task pods only read DAGs. A read-only volume ensures it, whatever a pod asks for. */
function isReadOnly(noun: string, namespace: keyof NamespaceNames | undefined): boolean {
    return noun === "dags" && namespace === "workers";
}

/** One view per namespace. Task pods claim DAGs as ReadOnlyMany where all drivers support it. */
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
    const view: VolumeView = { source: hostDirectory(storage.hostPath, "database"), accessMode: "ReadWriteOnce" };
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
