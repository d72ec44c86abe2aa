import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect } from "chai";
import { parseAllDocuments } from "yaml";
import { cacheDirectory } from "../../../local/support/paths";
import { installation, namespaces } from "../support/installation";
import { type AnyObject, kube } from "../support/kubernetes";
import { startMake } from "../support/make";

/** What works for someone who has no cluster. */
export function withoutCluster(): void {
    describe("without a cluster", () => {
        const home = mkdtempSync(join(tmpdir(), "airflow-kubernetes-nobody-"));
        /** A user who has no kubeconfig anywhere; the context named is one that nothing has. */
        const nobody = (): NodeJS.ProcessEnv => ({
            ...installation.environment,
            HOME: home,
            KUBECONFIG: undefined,
            // What is built stays where it is: making it anew takes minutes, and has nothing to do with clusters.
            AIRFLOW_KUBERNETES_CACHE: cacheDirectory,
        });
        const nowhere = { CLUSTER: "nowhere" };
        /** What the stack hosted leaves to its user. */
        const named =
            "dags.git.repository=https://git.example.org/dags.git storage.nfsServer.image=registry.example.org/nfs:1";

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
            const variables = { ...nowhere, CONFIG: named, STACK: "hosted" };
            const made = await startMake("preview", environment, variables).ended;
            expect(made.code, made.all).to.equal(0);
            expect(made.all).to.contain("nfs-server").and.to.contain("git-sync");
            expect(made.all).to.contain("make pin-keys STACK=hosted");
        });

        describe("make render", () => {
            const CONFIG = Object.entries(namespaces)
                .map(([noun, name]) => `namespaces.${noun}=${name}`)
                .join(" ");
            const rendered = { minikube: join(home, "minikube"), hosted: join(home, "hosted") };
            const render = async (stack: keyof typeof rendered, OUT = rendered[stack]) => {
                const { CONFIG_FILE: _, ...environment } = nobody();
                const values = stack === "hosted" ? `${CONFIG} ${named}` : CONFIG;
                const variables = { ...nowhere, CONFIG: values, STACK: stack, OUT };
                const made = await startMake("render", environment, variables).ended;
                expect(made.code, made.all).to.equal(0);
                return made;
            };

            it("writes every manifest of the stack minikube", async () => {
                await render("minikube");
                const manifests = manifestsIn(rendered.minikube);
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
                expect(names("Namespace")).to.have.members(Object.values(namespaces));
                expect(names("Job")).to.have.length(5);
            });

            it("writes those of the stack hosted, with its own storage", async () => {
                await render("hosted");
                const names = manifestsIn(rendered.hosted).map((manifest) => manifest.metadata.name);
                expect(names).to.include.members(["airflow-nfs-server", "airflow-git-sync"]);
            });

            it("writes the same the next time, into the same folder and into another", async () => {
                for (const stack of ["minikube", "hosted"] as const) {
                    const before = textsIn(rendered[stack]);
                    await render(stack);
                    expect(textsIn(rendered[stack])).to.deep.equal(before);
                    const other = join(home, "other");
                    await render(stack, other);
                    expect(textsIn(other)).to.deep.equal(before);
                    rmSync(other, { recursive: true });
                }
            });

            it("leaves out the values of Secrets unless it is asked for them", async () => {
                const secrets = (folder: string) => manifestsIn(folder).filter(({ kind }) => kind === "Secret");
                expect(secrets(rendered.minikube)).to.have.length.greaterThan(3);
                for (const secret of secrets(rendered.minikube)) {
                    expect(secret).to.not.have.any.keys("data", "stringData");
                }
                const open = join(home, "open");
                const variables = { ...nowhere, CONFIG, OUT: open, SHOW_SECRETS: "1" };
                expect((await startMake("render", nobody(), variables).ended).code).to.equal(0);
                const values = secrets(open).flatMap((secret) => Object.values(secret.data ?? {}));
                expect(values).to.have.length.greaterThan(5);
                const everything = [...textsIn(rendered.minikube).values()].join("\n");
                for (const value of values) {
                    const decoded = Buffer.from(value, "base64").toString();
                    expect(everything.includes(value) || everything.includes(decoded), "a secret value").to.equal(
                        false,
                    );
                }
            });

            it("writes what the API server takes", async () => {
                for (const stack of ["minikube", "hosted"] as const) {
                    const folder = join(rendered[stack], "0-namespaces");
                    const mine = (args: readonly string[]) => kube([...args, "--output", "name"]);
                    await mine(["create", "--filename", folder]);
                    try {
                        const taken = await mine([
                            "apply",
                            "--dry-run=server",
                            "--recursive",
                            "--filename",
                            rendered[stack],
                        ]);
                        expect(taken.trim().split("\n")).to.have.length(textsIn(rendered[stack]).size);
                    } finally {
                        await kube(["delete", "--filename", folder]);
                    }
                }
            });

            it("leaves a folder alone that holds anything else", async () => {
                const folder = join(home, "mine");
                mkdirSync(folder);
                writeFileSync(join(folder, "notes.txt"), "mine");
                const made = await startMake("render", nobody(), { ...nowhere, OUT: folder }).ended;
                expect(made.code).to.not.equal(0);
                expect(made.all).to.contain("notes.txt").and.contain("Choose another OUT");
                expect(readdirSync(folder)).to.deep.equal(["notes.txt"]);
            });
        });
    });
}

/** A manifest, and the values of a Secret. */
type Manifest = AnyObject & { readonly apiVersion: string; readonly data?: Readonly<Record<string, string>> };

/** The text of all files below a folder, by their path from there. */
function textsIn(folder: string): Map<string, string> {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const paths = files.map((file) => join(file.parentPath, file.name)).sort();
    return new Map(paths.map((path) => [relative(folder, path), readFileSync(path, "utf8")]));
}

function manifestsIn(folder: string): Manifest[] {
    return [...textsIn(folder)].flatMap(([name, text]) =>
        parseAllDocuments(text).map((document) => {
            expect(document.errors, name).to.deep.equal([]);
            return document.toJS() as Manifest;
        }),
    );
}
