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

/** PostgreSQL of a Debian release, with its own client programs. */
function recipe(reference: string, major: string, suite: string): Recipe {
    const library = `/usr/lib/postgresql/${major}`;
    return {
        reference,
        config: {
            Entrypoint: ["docker-entrypoint.sh"],
            Cmd: ["postgres"],
            Env: [
                // The programs themselves come before Debian's wrappers, which start Perl for every probe.
                `PATH=/usr/local/sbin:/usr/local/bin:${library}/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
                "LANG=C.UTF-8",
                `PG_MAJOR=${major}`,
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
                suite,
                packages: ["gosu", "libnss-wrapper", `postgresql-${major}`],
                before,
                // Compiling queries to machine code pays for long ones only, and its compiler is a third of the image.
                leftOut: [
                    "/usr/lib/*/libLLVM*",
                    "/usr/lib/*/libz3*",
                    `${library}/lib/bitcode/*`,
                    `${library}/lib/llvmjit*`,
                ],
            });
            const build = join(root, "build");
            await mkdir(build);
            for (const file of ["docker-entrypoint.sh", "install.sh"]) {
                await copyFile(join(__dirname, file), join(build, file));
            }
            await runInRoot(builder, root, "/build/install.sh");
        },
    };
}

/** PostgreSQL 17: Debian 13 has that version. */
export const postgres = recipe("docker.io/library/postgres:17.12-trixie", "17", "trixie");

/** The next major version, to which tests upgrade: from Debian's next release. */
export const nextPostgres = recipe("localhost/airflow-kubernetes/postgres:18", "18", "forky");
