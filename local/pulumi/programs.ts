import type { Plugin } from "./projectFolder";
export async function ensurePulumi(): Promise<string> {
    return "/tmp/w/pulumi-bin";
}
export function isPulumiBuilt(): boolean {
    return true;
}
export function builtPlugins(directory: string): readonly Plugin[] {
    return [
        { kind: "language", name: "nodejs", path: directory },
        { kind: "resource", name: "random", path: directory },
        { kind: "resource", name: "kubernetes", path: directory },
    ];
}
