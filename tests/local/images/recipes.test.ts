import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { imageNames, recipes } from "../../../local/images/index.js";
import { repositoryDirectory } from "../../../local/support/paths.js";

describe("local/images: recipes", () => {
    for (const name of imageNames) {
        it(`names ${name} in full, with a tag that the kubelet does not pull anew`, () => {
            expect(recipes[name].reference).to.match(/^[a-z0-9.]+\.[a-z]+\/[a-z0-9/-]+:v?\d[\w.]*$/);
        });
    }

    it("installs the Airflow that the image's tag says", () => {
        const version = recipes.airflow.reference.split(":")[1];
        const folder = join(repositoryDirectory, "local/images/airflow");
        expect(recipes.airflow.config.Env).to.include(`AIRFLOW_VERSION=${version}`);
        expect(readFileSync(join(folder, "requirements.in"), "utf8")).to.match(
            new RegExp(`^apache-airflow\\[.*\\]==${version.replaceAll(".", "\\.")}$`, "m"),
        );
        expect(readFileSync(join(folder, "requirements.txt"), "utf8")).to.contain(`\napache-airflow==${version} \\\n`);
    });

    it("locks every package of the Airflow image by hash", () => {
        const lock = readFileSync(join(repositoryDirectory, "local/images/airflow/requirements.txt"), "utf8");
        const packages = lock.split(/\n(?=[a-z])/).filter((part) => !part.startsWith("#"));
        expect(packages.length).to.be.greaterThan(100);
        expect(packages.filter((part) => !/^[\w.-]+==[\w.]+ .*\\\n\s+--hash=sha256:/.test(part))).to.deep.equal([]);
    });
});
