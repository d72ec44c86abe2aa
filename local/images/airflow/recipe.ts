import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { allEnded } from "../builder.js";
import { buildDebianRoot, runInRoot } from "../debianRoot.js";
import type { Recipe } from "../recipe.js";
import { downloadWheels } from "../wheels.js";

const path = "/home/airflow/.local/bin:/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin";

/** Airflow, laid out as the official image is. */
export const airflow: Recipe = {
    reference: "docker.io/apache/airflow:3.3.2",
    config: {
        Entrypoint: ["/usr/bin/dumb-init", "--", "/entrypoint"],
        Cmd: [],
        User: "50000",
        WorkingDir: "/opt/airflow",
        Env: [
            `PATH=${path}`,
            "HOME=/home/airflow",
            "LANG=C.UTF-8",
            "VIRTUAL_ENV=/home/airflow/.local",
            "AIRFLOW_HOME=/opt/airflow",
            "AIRFLOW_UID=50000",
            "AIRFLOW_VERSION=3.3.2",
            "AIRFLOW__CORE__LOAD_EXAMPLES=False",
            // A container's /tmp may be a disk; this is always memory.
            "GUNICORN_CMD_ARGS=--worker-tmp-dir /dev/shm",
            "DUMB_INIT_SETSID=1",
        ],
        ExposedPorts: { "8080/tcp": {} },
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
                packages: ["ca-certificates", "dumb-init", "git", "openssh-client", "python3", "tzdata"],
            }),
        );
        const build = join(root, "build");
        await mkdir(build);
        await builder.run("mv", [wheels, build]);
        for (const file of ["entrypoint.sh", "install.sh", "requirements.txt"]) {
            await copyFile(join(__dirname, file), join(build, file));
        }
        await runInRoot(builder, root, "/build/install.sh");
    },
};
