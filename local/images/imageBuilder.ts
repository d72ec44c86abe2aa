import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../support/errors";

/** A program that builds images. */
export type ContainerTool = "docker" | "podman" | "buildah";

/** In the order in which they are looked for. */
export const containerTools: readonly ContainerTool[] = ["docker", "podman", "buildah"];

/** The file in a folder that says how its image is built; a `UserError` without one. */
export function containerfileIn(folder: string): string {
    const found = ["Containerfile", "Dockerfile"].map((name) => join(folder, name)).find((file) => existsSync(file));
    if (found === undefined) {
        throw new UserError(`FOLDER: there is no Containerfile or Dockerfile in ${folder}`);
    }
    return found;
}

/** What is built. */
export interface BuildArgs {
    readonly tool: ContainerTool;
    /** Folder with a Containerfile or a Dockerfile: the context of the build. */
    readonly folder: string;
    readonly containerfile: string;
    /** Full name of the image. */
    readonly reference: string;
    /** Files that steps of the build may mount, by their ids. */
    readonly secrets: Readonly<Record<string, string>>;
    /** Whether the base image is here already and may not be looked for elsewhere. */
    readonly offline: boolean;
    /** Variables of the environment that the steps see. */
    readonly environment: readonly string[];
    /** For buildah: a folder for all that it writes. */
    readonly scratch: string;
}

/**
 * buildah with a storage of its own that works on any file system, and a policy that takes every image: nothing on the machine
 * is touched or asked.
 */
export function buildah(scratch: string): readonly string[] {
    return [
        "buildah",
        "--storage-driver",
        "vfs",
        "--root",
        join(scratch, "storage"),
        "--runroot",
        join(scratch, "run"),
    ];
}

/** The file with buildah's policy in its scratch folder. */
export function policyFile(scratch: string): string {
    return join(scratch, "policy.json");
}

/** The command that builds. */
export function buildCommand(args: BuildArgs): readonly string[] {
    const options = [
        ...Object.entries(args.secrets).map(([id, file]) => `--secret=id=${id},src=${file}`),
        // Without a value: from the environment, and for this build only.
        ...args.environment.map((name) => `--build-arg=${name}`),
        `--file=${args.containerfile}`,
        `--tag=${args.reference}`,
    ];
    switch (args.tool) {
        case "docker":
            return ["docker", "build", ...options, args.folder];
        case "podman":
            return ["podman", "build", ...(args.offline ? ["--pull=never"] : []), ...options, args.folder];
        case "buildah":
            return [
                ...buildah(args.scratch),
                "build",
                // Steps in a chroot on the machine's own network need nothing of the kernel.
                "--isolation=chroot",
                `--signature-policy=${policyFile(args.scratch)}`,
                // A copy of everything for each step would be slow and large.
                "--layers=false",
                ...(args.offline ? ["--pull-never"] : []),
                ...options,
                args.folder,
            ];
    }
}

/** The command that writes a built image to an archive. */
export function saveCommand(tool: ContainerTool, reference: string, file: string, scratch: string): readonly string[] {
    switch (tool) {
        case "docker":
            return ["docker", "save", "--output", file, reference];
        case "podman":
            return ["podman", "save", "--quiet", "--format", "docker-archive", "--output", file, reference];
        case "buildah":
            return [
                ...buildah(scratch),
                "push",
                "--quiet",
                `--signature-policy=${policyFile(scratch)}`,
                reference,
                `docker-archive:${file}:${reference}`,
            ];
    }
}

/** The images that a Containerfile begins with; names of its own stages are none. */
export function baseImages(containerfile: string): string[] {
    const froms = [...containerfile.matchAll(/^\s*FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/gim)];
    const stages = froms.map(([, , stage]) => stage?.toLowerCase());
    return [...new Set(froms.map(([, image]) => image))].filter(
        (image) => image !== "scratch" && !stages.includes(image.toLowerCase()),
    );
}
