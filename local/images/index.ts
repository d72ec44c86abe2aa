import { stat } from "node:fs/promises";
import { imageDigest, importImage } from "../cluster/containerd";
import { withHeartbeat } from "../support/progress";
import { airflow } from "./airflow/recipe";
import { airflowBefore } from "./airflow-3.2/recipe";
import { airflowKeycloak } from "./airflow-keycloak/recipe";
import { ensureArchive, isBuilt, packagesToBuild } from "./archives";
import { coredns } from "./coredns/recipe";
import { gitSync } from "./git-sync/recipe";
import { nfsGanesha } from "./nfs-ganesha/recipe";
import { archiveDigest } from "./ociArchive";
import { pause } from "./pause/recipe";
import { nextPostgres, postgres } from "./postgres/recipe";
import type { Recipe } from "./recipe";
import { statsdExporter } from "./statsd-exporter/recipe";
import { testServers } from "./test-servers/recipe";

// In the order in which a cluster needs them.
const clusterRecipes = {
    pause,
    coredns,
    postgres,
    airflow,
    "git-sync": gitSync,
    "nfs-ganesha": nfsGanesha,
} satisfies Record<string, Recipe>;

// What only tests run.
const testRecipes = { "test-servers": testServers, "next-postgres": nextPostgres } satisfies Record<string, Recipe>;

// What only a stack that asks for it runs.
const askedRecipes = {
    "airflow-3.2": airflowBefore,
    "airflow-keycloak": airflowKeycloak,
    "statsd-exporter": statsdExporter,
} satisfies Record<string, Recipe>;

/** All images. */
export const recipes = { ...clusterRecipes, ...testRecipes, ...askedRecipes };

/** How commands call an image. */
export type ImageName = keyof typeof recipes;

/** Those that a cluster needs. */
export const imageNames = Object.keys(clusterRecipes) as ImageName[];

/** Those that tests need besides: `ensureImages(testImageNames)` imports them. */
export const testImageNames = Object.keys(testRecipes) as ImageName[];

/** Those that are built when a stack names them, and not before. */
export const askedImageNames = Object.keys(askedRecipes) as ImageName[];

/** The full name of an image, as pods name it. */
export function referenceOf(name: ImageName): string {
    return recipes[name].reference;
}

/** The image that a pod or a Containerfile names so, short names of Docker's registry included; undefined when it is none. */
export function imageNamed(reference: string): ImageName | undefined {
    const found = (Object.keys(recipes) as ImageName[]).filter((name) =>
        shortNames(recipes[name].reference).includes(reference),
    );
    return found[0];
}

function shortNames(reference: string): readonly string[] {
    return [reference, reference.replace(/^docker\.io\//, ""), reference.replace(/^docker\.io\/library\//, "")];
}

/** Those images whose archives the cache lacks. */
export function unbuiltImages(names: readonly ImageName[]): ImageName[] {
    return names.filter((name) => !isBuilt(name, recipes[name]));
}

/** The Debian packages that this machine needs to build those images whose archives the cache lacks. */
export function imagePackages(names: readonly ImageName[]): string[] {
    return unbuiltImages(names).flatMap((name) => packagesToBuild(recipes[name]));
}

/** Builds the archives of images that the cache lacks; hands back where they lie. Needs no cluster. */
export async function buildImages(names: readonly ImageName[] = imageNames): Promise<string[]> {
    const archives: string[] = [];
    for (const name of names) {
        archives.push(await ensureArchive(name, recipes[name]));
    }
    return archives;
}

/** Builds what the cache lacks, then imports into the running local cluster what that lacks or has of an older recipe. */
export async function ensureImages(names: readonly ImageName[] = imageNames): Promise<void> {
    const archives = await buildImages(names);
    for (const [index, name] of names.entries()) {
        const { reference } = recipes[name];
        const archive = archives[index];
        if ((await imageDigest(reference)) !== (await archiveDigest(archive))) {
            const size = Math.round((await stat(archive)).size / 1e6);
            await withHeartbeat(`Importing ${reference} (${size} MB) into the cluster`, () => importImage(archive));
        }
    }
}
