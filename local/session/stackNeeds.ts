import { askedImageNames, type ImageName, imageNamed } from "../images";
import { projectName, stackStorageKind, stackValue } from "../pulumi/stackFile";

/** What the local cluster has to have for a stack. */
export interface StackNeeds {
    /** Images that its pods run. */
    readonly images: readonly ImageName[];
    /** Whether its pods mount NFS. */
    readonly nfs: boolean;
}

/** What any stack may need. */
export const allNeeds: StackNeeds = { images: ["airflow", "postgres", "git-sync", "nfs-ganesha"], nfs: true };

/** What the stack of this file needs. */
export function stackNeeds(stackFile: string): StackNeeds {
    const value = (key: string) => (stackValue(stackFile, `${projectName}:${key}`) ?? {}) as Record<string, unknown>;
    const storage = stackStorageKind(stackFile);
    const optional: Partial<Record<ImageName, boolean>> = {
        postgres: value("database").external === undefined,
        "git-sync": value("dags").delivery === "gitSync",
        "nfs-ganesha": storage === "nfsServer",
        "statsd-exporter": value("metrics").statsd !== undefined,
    };
    const { version, image, downgradeFrom } = value("airflow");
    const asked = [image ?? `apache/airflow:${version}`, downgradeFrom].map((reference) =>
        imageNamed(String(reference)),
    );
    return {
        images: [
            ...allNeeds.images.filter((name) => optional[name] ?? true),
            ...askedImageNames.filter((name) => asked.includes(name) || optional[name]),
        ],
        nfs: storage === "nfsServer" || storage === "nfs",
    };
}
