import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { imageNames, recipes, testImageNames } from "../../../local/images/index";
import { repositoryDirectory } from "../../../local/support/paths";

describe("local/images: recipes", () => {
    for (const name of [...imageNames, ...testImageNames]) {
        it(`names ${name} in full, with a tag that the kubelet does not pull anew`, () => {
            expect(recipes[name].reference).to.match(/^(localhost|[a-z0-9.]+\.[a-z]+)\/[a-z0-9/-]+:v?\d[\w.-]*$/);
        });
    }

    it("keeps what only tests need out of the images of a cluster", () => {
        expect(testImageNames).to.deep.equal(["test-servers"]);
        expect(imageNames).not.to.include.members(testImageNames);
        expect([...imageNames, ...testImageNames]).to.have.members(Object.keys(recipes));
    });

    it("installs the Airflow that the image's tag says", () => {
        const version = recipes.airflow.reference.split(":")[1];
        const folder = join(repositoryDirectory, "local/images/airflow");
        expect(recipes.airflow.config.Env).to.include(`AIRFLOW_VERSION=${version}`);
        expect(readFileSync(join(folder, "requirements.in"), "utf8")).to.match(
            new RegExp(`^apache-airflow\\[.*\\]==${version.replaceAll(".", "\\.")}$`, "m"),
        );
        expect(readFileSync(join(folder, "requirements.txt"), "utf8")).to.contain(`\napache-airflow==${version} \\\n`);
    });

    for (const [folder, least] of [
        ["airflow", 100],
        ["test-servers", 10],
    ] as const) {
        it(`locks every package of the image ${folder} by hash`, () => {
            const lock = readFileSync(join(repositoryDirectory, "local/images", folder, "requirements.txt"), "utf8");
            const packages = lock.split(/\n(?=[a-z])/).filter((part) => !part.startsWith("#"));
            expect(packages.length).to.be.greaterThan(least);
            expect(packages.filter((part) => !/^[\w.-]+==[\w.]+ .*\\\n\s+--hash=sha256:/.test(part))).to.deep.equal([]);
        });
    }
});
