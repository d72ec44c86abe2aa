import { readdirSync } from "node:fs";
import { buildPythonRoot, pythonRootPackages, pythonRootSource } from "../pythonRoot";
import type { Recipe } from "../recipe";

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
    packages: pythonRootPackages,
    sources: [__dirname, pythonRootSource],
    async build(root, builder) {
        await buildPythonRoot(builder, {
            root,
            recipe: __dirname,
            packages: ["ca-certificates", "git", "openssh-server", "openssl", "python3", "python3-venv"],
            files: readdirSync(__dirname).filter((name) => name.startsWith("serve-")),
        });
    },
};
