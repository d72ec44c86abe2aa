import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { imageArchitecture } from "../images/architecture";
import { ensureBuilt } from "../support/buildCache";
import { buildKey } from "../support/buildKey";
import { UserError } from "../support/errors";
import { output } from "../support/execution";
import { ensurePackages } from "../support/packages";

/** The Keycloak that tests sign in at. The checksum is that of Maven Central, beside the archive. */
const release = {
    version: "26.5.6",
    sha256: "fa3dd5df90b9ac006712c2f0991be4e8a6cb30ac538e0439ce2f45fc40f4c692",
} as const;

/** The goal of Maven that brings an artifact, from wherever this machine's Maven takes it. */
const copy = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0:copy";

/** What Keycloak is built for: a database in memory, gone with the process. */
const buildOptions = ["--db=dev-mem"] as const;

/** Versions of Java that it runs on. Debian 12 and Ubuntu have the first, Debian 13 has the other. */
const javas = ["17", "21"] as const;

/** A Keycloak that is built, and the Java that it runs on. Nobody writes to its folder. */
export interface BuiltKeycloak {
    readonly folder: string;
    /** The environment of its script. */
    readonly environment: Readonly<Record<string, string>>;
}

/** Downloads Keycloak and builds it for its options when the cache lacks it; installs Debian's Java when there is none. */
export async function builtKeycloak(): Promise<BuiltKeycloak> {
    const environment = { JAVA_HOME: await javaHome() };
    const { version, sha256 } = release;
    const folder = await ensureBuilt({
        name: "keycloak",
        key: buildKey({}, sha256, JSON.stringify(buildOptions)),
        title: `Downloading and building Keycloak ${version} (164 MB)`,
        fill: async (into) => {
            await ensurePackages(["maven"]);
            const artifact = `org.keycloak:keycloak-quarkus-dist:${version}:tar.gz`;
            await output([
                ...["mvn", "--batch-mode", "--quiet", copy],
                `-Dartifact=${artifact}`,
                `-DoutputDirectory=${into}`,
            ]);
            const archive = join(into, `keycloak-quarkus-dist-${version}.tar.gz`);
            const [sum] = (await output(["sha256sum", archive])).split(" ");
            if (sum !== sha256) {
                throw new UserError(
                    `${artifact} is not the file that it was: its sha256 is ${sum}, and not ${sha256}.`,
                );
            }
            await output(["tar", "--extract", "--file", archive, "--directory", into, "--strip-components=1"]);
            await rm(archive);
            await output([join(into, "bin", "kc.sh"), "build", ...buildOptions], {
                env: { ...process.env, ...environment },
            });
        },
    });
    return { folder, environment };
}

async function javaHome(): Promise<string> {
    const home = (version: string) => `/usr/lib/jvm/java-${version}-openjdk-${imageArchitecture}`;
    const installed = () => javas.map(home).find((folder) => existsSync(join(folder, "bin", "java")));
    if (installed() === undefined) {
        const [first, other] = javas.map((version) => `openjdk-${version}-jre-headless`) as [string, string];
        await ensurePackages([first]).catch(() => ensurePackages([other]));
    }
    const found = installed();
    if (found === undefined) {
        throw new UserError(`Java ${javas.join(" or ")} is not where Debian has it: ${home(javas[0])}.`);
    }
    return found;
}
