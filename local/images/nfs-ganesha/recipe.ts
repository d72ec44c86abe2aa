import { readFileSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { buildDebianRoot, runInRoot } from "../debianRoot";
import type { Recipe } from "../recipe";

// What the documented build of the image uses, too.
const source = resolve(__dirname, "../../../images/nfs-ganesha");

/**
 * A stand-in for the public image that an NFS server in the cluster runs by default: the same programs, Ganesha 4 with the VFS
 * backend and rpcbind, from Debian's packages instead of Fedora's. It has no provisioner, which the component never starts.
 */
export const nfsGanesha: Recipe = {
    reference: "registry.k8s.io/sig-storage/nfs-provisioner:v4.0.8",
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
