import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { type KubernetesObject, objectName, objectNamespace } from "./kubernetesObject";

const folders = { definitions: "0-crd", manifests: "1-manifest" } as const;

/** Where the manifest of an object goes, named as `renderYamlToDirectory` of pulumi-kubernetes names it. */
export function manifestPath(object: KubernetesObject): string {
    const folder = object.kind === "CustomResourceDefinition" ? folders.definitions : folders.manifests;
    const group = object.apiVersion.replaceAll(/[/:]/g, "_");
    const namespace = objectNamespace(object) || "default";
    return join(folder, `${group}-${object.kind.toLowerCase()}-${namespace}-${objectName(object)}.yaml`);
}

/** Makes the folders, for nobody else to read, and takes the manifests of an earlier rendering out of them. */
export function prepareDirectory(directory: string): void {
    for (const folder of Object.values(folders)) {
        const path = join(directory, folder);
        mkdirSync(path, { recursive: true, mode: 0o700 });
        for (const file of readdirSync(path).filter((name) => name.endsWith(".yaml"))) {
            rmSync(join(path, file));
        }
    }
}

/** Writes the manifest of an object. */
export function writeManifest(directory: string, object: KubernetesObject): void {
    // kubectl reads version 1.1 of YAML, to which a plain `no` is no text.
    writeFileSync(join(directory, manifestPath(object)), stringify(object, { version: "1.1", lineWidth: 0 }), {
        mode: 0o600,
    });
}
