import { readdirSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { allEnded } from "../builder.js";
import { buildDebianRoot, runInRoot } from "../debianRoot.js";
import type { Recipe } from "../recipe.js";
import { downloadWheels } from "../wheels.js";

/** Servers that tests of the cluster talk to: git over https and over ssh, S3, an index of Python packages. */
export const testServers: Recipe = {
    reference: "localhost/airflow-kubernetes/test-servers:1",
    config: {
        Cmd: ["serve-git-https"],
        User: "1000:1000",
        WorkingDir: "/tmp",
        Env: [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME=/tmp",
            "PYTHONDONTWRITEBYTECODE=1",
        ],
        ExposedPorts: { "8443/tcp": {}, "2222/tcp": {}, "5000/tcp": {}, "8000/tcp": {} },
    },
    packages: ["mmdebstrap", "python3-pip"],
    sources: [__dirname],
    async build(root, builder) {
        const wheels = join(builder.directory, "wheels");
        await allEnded(
            downloadWheels(builder, {
                requirements: join(__dirname, "requirements.txt"),
                // What Debian 12 has.
                python: "3.11",
                glibc: 36,
                directory: wheels,
            }),
            buildDebianRoot(builder, {
                root,
                suite: "bookworm",
                packages: ["ca-certificates", "git", "openssh-server", "openssl", "python3", "python3-venv"],
            }),
        );
        const build = join(root, "build");
        await mkdir(build);
        await builder.run("mv", [wheels, build]);
        const servers = readdirSync(__dirname).filter((name) => name.startsWith("serve-"));
        for (const file of [...servers, "install.sh", "requirements.txt"]) {
            await copyFile(join(__dirname, file), join(build, file));
        }
        await runInRoot(builder, root, "/build/install.sh");
    },
};
