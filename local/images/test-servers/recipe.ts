import { readdirSync } from "node:fs";
import { join } from "node:path";
import { buildPythonRoot, pythonRootPackages, pythonRootSource } from "../pythonRoot";
import type { Recipe } from "../recipe";

/** Servers that tests of the cluster talk to: git over https and over ssh, S3, an index of Python packages, LDAP. */
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
        ExposedPorts: {
            "8443/tcp": {},
            "2222/tcp": {},
            "5000/tcp": {},
            "8000/tcp": {},
            "1389/tcp": {},
            "1636/tcp": {},
        },
    },
    packages: pythonRootPackages,
    sources: [__dirname, pythonRootSource],
    async build(root, builder) {
        await buildPythonRoot(builder, {
            root,
            requirements: join(__dirname, "requirements.txt"),
            install: join(__dirname, "install.sh"),
            packages: [
                ...["ca-certificates", "git", "ldap-utils", "openssh-server", "openssl", "python3", "python3-venv"],
                "slapd",
            ],
            files: readdirSync(__dirname)
                .filter((name) => name.startsWith("serve-"))
                .map((name) => join(__dirname, name)),
        });
    },
};
