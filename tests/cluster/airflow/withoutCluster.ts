import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { installation } from "../support/installation";
import type { AnyObject } from "../support/kubernetes";
import { startMake } from "../support/make";

/** What works for someone who has no cluster. */
export function withoutCluster(): void {
    describe("without a cluster", () => {
        const home = mkdtempSync(join(tmpdir(), "airflow-kubernetes-nobody-"));
        /** A user who has no kubeconfig anywhere; the context named is one that nothing has. */
        const nobody = (): NodeJS.ProcessEnv => ({ ...installation.environment, HOME: home, KUBECONFIG: undefined });
        const nowhere = { CLUSTER: "nowhere" };

        after(() => rmSync(home, { recursive: true, force: true }));

        it("make preview shows everything that would be made", async () => {
            const made = await startMake("preview", nobody(), nowhere).ended;
            expect(made.code, made.all).to.equal(0);
            for (const name of ["api-server", "scheduler", "dag-processor", "triggerer", "postgres", "migrat"]) {
                expect(made.all).to.contain(name);
            }
            expect(made.all).to.match(/\d+ (to create|created)/);
        });

        it("make preview shows the hosted stack too, with its own storage", async () => {
            const { CONFIG_FILE: _, ...environment } = nobody();
            const made = await startMake("preview", environment, { ...nowhere, STACK: "hosted" }).ended;
            expect(made.code, made.all).to.equal(0);
            expect(made.all).to.contain("nfs-server").and.to.contain("git-sync");
            expect(made.all).to.contain("make pin-keys STACK=hosted");
        });

        it("make render writes every manifest as YAML", async () => {
            const folder = join(home, "manifests");
            const made = await startMake("render", nobody(), { ...nowhere, OUT: folder }).ended;
            expect(made.code, made.all).to.equal(0);
            const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
                entry.isFile(),
            );
            const manifests = files.flatMap((file) =>
                parseAllDocuments(readFileSync(join(file.parentPath, file.name), "utf8")).map((document) => {
                    expect(document.errors, file.name).to.deep.equal([]);
                    return document.toJS() as AnyObject & { apiVersion: string };
                }),
            );
            for (const manifest of manifests) {
                expect(manifest).to.include.keys("apiVersion", "kind", "metadata");
            }
            const names = (kind: string) =>
                manifests
                    .filter((manifest) => manifest.kind === kind)
                    .map((manifest) => manifest.metadata.name)
                    .sort();
            expect(names("Deployment")).to.deep.equal([
                "airflow-api-server",
                "airflow-dag-processor",
                "airflow-scheduler",
            ]);
            expect(names("StatefulSet")).to.deep.equal(["airflow-postgres", "airflow-triggerer"]);
            expect(names("Namespace")).to.deep.equal(["airflow", "airflow-storage", "airflow-workers"]);
            expect(names("Job")).to.have.length(4);
        });
    });
}
