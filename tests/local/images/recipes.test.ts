import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { statsdImage } from "../../../components/settings/metricsSettings";
import { askedImageNames, imageNames, recipes, testImageNames } from "../../../local/images/index";
import { repositoryDirectory } from "../../../local/support/paths";

describe("local/images: recipes", () => {
    const all = [...imageNames, ...testImageNames, ...askedImageNames];

    for (const name of all) {
        it(`names ${name} in full, with a tag that the kubelet does not pull anew`, () => {
            expect(recipes[name].reference).to.match(/^(localhost|[a-z0-9.]+\.[a-z]+)\/[a-z0-9/-]+:v?\d[\w.-]*$/);
        });
    }

    it("keeps what only tests need out of the images of a cluster", () => {
        expect(testImageNames).to.deep.equal(["test-servers", "next-postgres"]);
        expect(imageNames).not.to.include.members(testImageNames);
        expect(all).to.have.members(Object.keys(recipes));
    });

    it("builds an older Airflow, one for Keycloak and the exporter of metrics only for who asks for it", () => {
        expect(askedImageNames).to.deep.equal(["airflow-3.2", "airflow-keycloak", "statsd-exporter"]);
        expect(recipes["statsd-exporter"].reference).to.equal(statsdImage);
        expect([...imageNames, ...testImageNames]).not.to.include.members(askedImageNames);
    });

    for (const name of ["airflow", "airflow-3.2"] as const) {
        it(`installs the Airflow that the tag of ${name} says`, () => {
            const version = recipes[name].reference.split(":")[1];
            const text = (file: string) => readFileSync(join(repositoryDirectory, "local/images", name, file), "utf8");
            expect(recipes[name].config.Env).to.include(`AIRFLOW_VERSION=${version}`);
            expect(text("requirements.in")).to.match(
                new RegExp(`^apache-airflow\\[.*\\]==${version.replaceAll(".", "\\.")}$`, "m"),
            );
            expect(text("requirements.txt")).to.contain(`\napache-airflow==${version} \\\n`);
        });
    }

    it("asks for the same packages of both Airflows", () => {
        const [newer, older] = ["airflow", "airflow-3.2"].map((name) =>
            readFileSync(join(repositoryDirectory, "local/images", name, "requirements.in"), "utf8"),
        );
        expect(older.replace("==3.2.2", "==3.3.2")).to.equal(newer);
    });

    it("has the Airflow for Keycloak differ from the other by its provider, and what that needs", () => {
        const [plain, more] = ["airflow", "airflow-keycloak"].map((name) =>
            readFileSync(join(repositoryDirectory, "local/images", name, "requirements.txt"), "utf8")
                .split("\n")
                .filter((line) => line.includes("==")),
        );
        expect(more).to.include.members(plain);
        const added = more.filter((line) => !plain.includes(line)).map((line) => line.split("==")[0]);
        expect(added).to.include.members(["apache-airflow-providers-keycloak", "python-keycloak"]);
        expect(recipes["airflow-keycloak"].config).to.deep.equal(recipes.airflow.config);
    });

    for (const [folder, least] of [
        ["airflow", 100],
        ["airflow-3.2", 100],
        ["airflow-keycloak", 100],
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
