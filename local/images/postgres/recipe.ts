import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { buildDebianRoot, runInRoot } from "../debianRoot";
import type { Recipe } from "../recipe";

// The ids of the official image, which volumes and pods rely on (there is no useradd yet); no database that comes with the package.
const before = `
echo "postgres:x:999:" >>/etc/group
echo "postgres:x:999:999::/var/lib/postgresql:/bin/bash" >>/etc/passwd
mkdir -p /etc/postgresql-common
echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
`;

// Compiling queries to machine code pays for long ones only, and its compiler is a third of the image.
const leftOut = [
    "/usr/lib/*/libLLVM*",
    "/usr/lib/*/libz3*",
    "/usr/lib/postgresql/17/lib/bitcode/*",
    "/usr/lib/postgresql/17/lib/llvmjit*",
];

/** PostgreSQL 17 with its own client programs: Debian 13 has that version. */
export const postgres: Recipe = {
    reference: "docker.io/library/postgres:17.12-trixie",
    config: {
        Entrypoint: ["docker-entrypoint.sh"],
        Cmd: ["postgres"],
        Env: [
            // The programs themselves come before Debian's wrappers, which start Perl for every probe.
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/lib/postgresql/17/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG=C.UTF-8",
            "PG_MAJOR=17",
            "PGDATA=/var/lib/postgresql/data",
        ],
        WorkingDir: "/",
        // Ends sessions and shuts down cleanly; SIGTERM would wait for every client to leave.
        StopSignal: "SIGINT",
        ExposedPorts: { "5432/tcp": {} },
        Volumes: { "/var/lib/postgresql/data": {} },
    },
    packages: ["mmdebstrap"],
    sources: [__dirname],
    async build(root, builder) {
        await buildDebianRoot(builder, {
            root,
            suite: "trixie",
            packages: ["gosu", "postgresql-17"],
            before,
            leftOut,
        });
        const build = join(root, "build");
        await mkdir(build);
        for (const file of ["docker-entrypoint.sh", "install.sh"]) {
            await copyFile(join(__dirname, file), join(build, file));
        }
        await runInRoot(builder, root, "/build/install.sh");
    },
};
