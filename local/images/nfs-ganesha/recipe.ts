import { readFileSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { buildDebianRoot, runInRoot } from "../debianRoot";
import type { Recipe } from "../recipe";

// What the documented build of the image uses, too.
const source = resolve(__dirname, "../../../images/nfs-ganesha");

/** The image of the NFS server in the cluster, as images/nfs-ganesha builds it: make names it on the local cluster. */
export const nfsGanesha: Recipe = {
    reference: "localhost/airflow-kubernetes/nfs-ganesha:4.3",
    config: {
        Cmd: ["sh"],
        Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        WorkingDir: "/",
        ExposedPorts: { "2049/tcp": {}, "20048/tcp": {}, "111/tcp": {}, "111/udp": {} },
    },
    packages: ["mmdebstrap"],
    sources: [__dirname, source],
    async build(root, builder) {
        await buildDebianRoot(builder, {
            root,
            suite: "bookworm",
            packages: readFileSync(join(source, "packages"), "utf8").trim().split("\n"),
        });
        const build = join(root, "build");
        await mkdir(build);
        await copyFile(join(source, "install.sh"), join(build, "install.sh"));
        await runInRoot(builder, root, "/build/install.sh");
    },
};
