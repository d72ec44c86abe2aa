import { readFileSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type GoModule, goProgram, requiredVersion } from "../../support/goProgram";
import type { Recipe } from "../recipe";
import { goProgramSource } from "../recipeHash";

/** The program itself, from its own Go module. */
export const statsdExporterProgram: GoModule = {
    name: "statsd-exporter",
    directory: join(__dirname, "program"),
    packages: ["tool"],
    hint: "about half a minute on 2 cores",
};

const goMod = readFileSync(join(statsdExporterProgram.directory, "go.mod"), "utf8");

/** What Airflow reports its metrics to. */
export const statsdExporter: Recipe = {
    reference: `quay.io/prometheus/statsd-exporter:${requiredVersion(goMod, "github.com/prometheus/statsd_exporter")}`,
    config: {
        Entrypoint: ["/bin/statsd_exporter"],
        User: "65534",
        WorkingDir: "/",
        ExposedPorts: { "9102/tcp": {}, "9125/tcp": {}, "9125/udp": {} },
    },
    packages: [],
    sources: [__dirname, goProgramSource],
    async build(root) {
        await mkdir(join(root, "bin"));
        await copyFile(
            join(await goProgram(statsdExporterProgram), "statsd_exporter"),
            join(root, "bin/statsd_exporter"),
        );
    },
};
