import { join } from "node:path";
import { buildPythonRoot, pythonRootPackages, pythonRootSource } from "../pythonRoot";
import type { Recipe } from "../recipe";

const [install, entrypoint] = ["install.sh", "entrypoint.sh"].map((name) => join(__dirname, name)) as [string, string];

const path = "/home/airflow/.local/bin:/usr/local/bin:/usr/local/sbin:/usr/bin:/usr/sbin:/bin:/sbin";

/**
 * Airflow, laid out as the official image is.
 *
 * @param folder Where its requirements are; all else is the same for every version.
 */
export function airflowRecipe(version: string, folder: string): Recipe {
    return {
        reference: `docker.io/apache/airflow:${version}`,
        config: {
            Entrypoint: ["/usr/bin/dumb-init", "--", "/entrypoint"],
            Cmd: [],
            User: "50000",
            WorkingDir: "/opt/airflow",
            Env: [
                `PATH=${path}`,
                "HOME=/home/airflow",
                "LANG=C.UTF-8",
                "LC_ALL=C.UTF-8",
                "AIRFLOW_USER_HOME_DIR=/home/airflow",
                "VIRTUAL_ENV=/home/airflow/.local",
                "AIRFLOW_HOME=/opt/airflow",
                "AIRFLOW_UID=50000",
                `AIRFLOW_VERSION=${version}`,
                "AIRFLOW__CORE__LOAD_EXAMPLES=False",
                // As in the official image, whose own home may not be writable.
                "PIP_CACHE_DIR=/tmp/.cache/pip",
                "UV_CACHE_DIR=/tmp/.cache/uv",
                // A container's /tmp may be a disk; this is always memory.
                "GUNICORN_CMD_ARGS=--worker-tmp-dir /dev/shm",
                "DUMB_INIT_SETSID=1",
            ],
            ExposedPorts: { "8080/tcp": {} },
        },
        packages: pythonRootPackages,
        sources: [join(folder, "requirements.txt"), install, entrypoint, __filename, pythonRootSource],
        async build(root, builder) {
            await buildPythonRoot(builder, {
                root,
                requirements: join(folder, "requirements.txt"),
                install,
                packages: [
                    "ca-certificates",
                    "dumb-init",
                    "git",
                    "openssh-client",
                    "python3",
                    "python3-ldap",
                    "tzdata",
                ],
                files: [entrypoint],
            });
        },
    };
}

/** The Airflow that installations have by default. */
export const airflow = airflowRecipe("3.3.2", __dirname);
