import { kube } from "./kubernetes";

const kind = "customresourcedefinition.apiextensions.k8s.io";
/** Label of what only these tests have brought to the cluster. */
const ofTests = "airflow-kubernetes/tests=true";

/** Has the cluster know kinds of others, from files with a CustomResourceDefinition each, called `group_plural.yaml`. */
export async function defineCustomResources(files: readonly string[]): Promise<void> {
    const known = await kube(["get", "customresourcedefinitions", "--output=name"]);
    const missing = files.filter((file) => !known.includes(definitionOf(file)));
    if (missing.length > 0) {
        const definitions = missing.map(definitionOf);
        await kube(["apply", "--server-side", ...missing.map((file) => `--filename=${file}`)]);
        await kube(["label", ...definitions, ofTests]);
        await kube(["wait", "--for=condition=Established", "--timeout=60s", ...definitions]);
    }
}

/**
 * Removes the kinds that tests have brought, and all objects of theirs.
 *
 * @param files Those of these files, where others may be in use by a test beside this one; all unless set.
 */
export async function removeCustomResources(files?: readonly string[]): Promise<void> {
    const known = await kube(["get", kind, "--selector", ofTests, "--output=name"]);
    const names = known.split("\n").filter((name) => name !== "");
    const wanted = files?.map(definitionOf);
    const removed = names.filter((name) => wanted?.includes(name) ?? true);
    if (removed.length > 0) {
        await kube(["delete", ...removed, "--ignore-not-found"]);
    }
}

/** Name of a CustomResourceDefinition, as kubectl takes it, from that of its file. */
function definitionOf(file: string): string {
    const [group, plural] = (file.split("/").at(-1) ?? "").replace(/\.yaml$/, "").split("_");
    return `${kind}/${plural}.${group}`;
}
