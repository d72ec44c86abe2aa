import { kube } from "./kubernetes";

const kind = "customresourcedefinition.apiextensions.k8s.io";
/** Label of what only these tests have brought to the cluster. */
const ofTests = "airflow-kubernetes/tests=true";

/** Has the cluster know kinds of others, from files with a CustomResourceDefinition each, called `group_plural.yaml`. */
export async function defineCustomResources(files: readonly string[]): Promise<void> {
    const known = await kube(["get", "customresourcedefinitions", "--output=name"]);
    const missing = files.filter((file) => !known.includes(definitionOf(file)));
    if (missing.length > 0) {
        const definitions = missing.map((file) => `${kind}/${definitionOf(file)}`);
        await kube(["apply", "--server-side", ...missing.map((file) => `--filename=${file}`)]);
        await kube(["label", ...definitions, ofTests]);
        await kube(["wait", "--for=condition=Established", "--timeout=60s", ...definitions]);
    }
}

/** Removes the kinds that tests have brought, and all objects of theirs. */
export async function removeCustomResources(): Promise<void> {
    await kube(["delete", kind, "--selector", ofTests, "--ignore-not-found"]);
}

/** Name of a CustomResourceDefinition, from that of its file. */
function definitionOf(file: string): string {
    const [group, plural] = (file.split("/").at(-1) ?? "").replace(/\.yaml$/, "").split("_");
    return `${plural}.${group}`;
}
