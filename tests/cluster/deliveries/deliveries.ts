import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { airflowImage } from "../support/airflowImage";
import type { Installation } from "../support/installation";
import type { GitRepository } from "../support/testServers";
import type { DagFiles } from "./dags";

/** Seconds between two looks of the dag-processor, and of git-sync, in these tests. */
export const refreshSeconds = 5;
const periodSeconds = 2;

/** A way in which DAGs reach an installation. */
export interface Delivery {
    readonly name: "volume" | "gitSync" | "gitBundle" | "image";
    /** Makes these the DAGs there are, and nothing else. */
    readonly publish: (files: DagFiles) => Promise<void>;
    /** Keys of the stack that go with what was published last. */
    readonly settings: () => Readonly<Record<string, unknown>>;
    /** Whether a change reaches Airflow by itself, and otherwise with the next `up`. */
    readonly followsByItself: boolean;
    /** Seconds that a change may take, from the moment it was published or the `up` has ended. */
    readonly period: number;
}

/** A folder of the checkout, loaded by `up`. */
export function byVolume(installation: Installation): Delivery {
    const folder = installation.folder("dags");
    return {
        name: "volume",
        publish: async (files) => write(folder, files),
        settings: () => ({ dags: { delivery: "volume", volume: { folder }, refreshSeconds } }),
        followsByItself: false,
        period: refreshSeconds,
    };
}

/** A repository, kept current by git-sync. */
export function byGitSync(repository: GitRepository): Delivery {
    return {
        name: "gitSync",
        publish: async (files) => {
            await repository.commit(files);
        },
        settings: () => ({
            dags: { delivery: "gitSync", git: repository.settings, gitSync: { periodSeconds }, refreshSeconds },
            ...repository.secrets,
        }),
        followsByItself: true,
        period: periodSeconds + refreshSeconds,
    };
}

/** A repository, read by Airflow itself. */
export function byGitBundle(repository: GitRepository): Delivery {
    return {
        name: "gitBundle",
        publish: async (files) => {
            await repository.commit(files);
        },
        settings: () => ({
            dags: { delivery: "gitBundle", git: repository.settings, refreshSeconds },
            ...repository.secrets,
        }),
        followsByItself: true,
        period: refreshSeconds,
    };
}

/** An image with the DAGs in it, made by `make image`. */
export function byImage(installation: Installation): Delivery {
    const folder = installation.folder("image");
    let image = "";
    return {
        name: "image",
        publish: async (files) => {
            write(join(folder, "dags"), files);
            const containerfile = `FROM ${airflowImage}\nCOPY --chown=50000:0 dags /opt/airflow/dags\n`;
            writeFileSync(join(folder, "Containerfile"), containerfile);
            // The same DAGs are the same image, wherever they are used.
            const content = createHash("sha256").update(JSON.stringify(files)).digest("hex");
            image = `localhost/airflow-test/dags:${content.slice(0, 8)}`;
            await installation.makeWell("image", { FOLDER: folder, IMAGE: image });
        },
        settings: () => ({ dags: { delivery: "image", refreshSeconds }, airflow: { image } }),
        followsByItself: false,
        period: refreshSeconds,
    };
}

function write(folder: string, files: DagFiles): void {
    rmSync(folder, { recursive: true, force: true });
    for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        // A script can be run, as in a checkout.
        writeFileSync(join(folder, path), text, { mode: path.endsWith(".sh") ? 0o755 : 0o644 });
    }
}
