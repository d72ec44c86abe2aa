import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type GoModule, goProgram } from "../../support/goProgram";
import { buildDebianRoot, runInRoot } from "../debianRoot";
import type { Recipe } from "../recipe";
import { goProgramSource } from "../recipeHash";

/** The program itself. */
export const gitSyncProgram: GoModule = { name: "git-sync", directory: join(__dirname, "program") };

/** A stand-in for git-sync: a program of our own that keeps the settings, the layout and the exit codes of the real one. */
export const gitSync: Recipe = {
    reference: "registry.k8s.io/git-sync/git-sync:v4.7.1",
    config: {
        Entrypoint: ["/git-sync"],
        User: "65533:65533",
        WorkingDir: "/tmp",
        Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/tmp", "GITSYNC_ROOT=/git"],
    },
    packages: ["mmdebstrap"],
    sources: [__dirname, goProgramSource],
    async build(root, builder) {
        await buildDebianRoot(builder, {
            root,
            suite: "trixie",
            packages: ["ca-certificates", "git", "openssh-client"],
        });
        await copyFile(join(await goProgram(gitSyncProgram), "git-sync"), join(root, "git-sync"));
        const build = join(root, "build");
        await mkdir(build);
        await copyFile(join(__dirname, "install.sh"), join(build, "install.sh"));
        await runInRoot(builder, root, "/build/install.sh");
    },
};
