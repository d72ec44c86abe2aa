import { readFileSync } from "node:fs";
import { UserError } from "./errors";
import { output } from "./execution";

/** Where something is mounted at or below a path, in a mount table (/proc/self/mountinfo). */
export function mountsBelow(path: string, mountInfo: string): string[] {
    return (
        mountInfo
            .split("\n")
            .map((line) => line.split(" ")[4])
            .filter((mountPoint) => mountPoint !== undefined)
            // Blanks and the like are written as octal numbers.
            .map((mountPoint) =>
                mountPoint.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))),
            )
            .filter((mountPoint) => mountPoint === path || mountPoint.startsWith(`${path}/`))
    );
}

/** Throws a `UserError` when something is mounted at or below one of the paths: what is in it is not ours to remove. */
export function requireNoMounts(paths: readonly string[]): void {
    const mountInfo = readFileSync("/proc/self/mountinfo", "utf8");
    const found = paths.flatMap((path) => mountsBelow(path, mountInfo));
    if (found.length > 0) {
        throw new UserError(
            `Nothing was removed: ${found.join(", ")} is a mount, and what is in it would be lost. Unmount it first (umount ${found.join(" ")}).`,
        );
    }
}

/** Removes files and directories, and never through a mount. */
export async function removeTrees(paths: readonly string[]): Promise<void> {
    requireNoMounts(paths);
    await output(["rm", "--recursive", "--force", "--one-file-system", "--", ...paths]);
}
