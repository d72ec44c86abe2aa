import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryDirectory } from "../../../local/support/paths";
import { explainFailures, installation, namespaces } from "../support/installation";
import { kube, objects } from "../support/kubernetes";

/** One row of the table in docs/security.md. */
interface Documented {
    readonly namespace: keyof typeof namespaces;
    readonly account: string;
    /** In the workers' namespace: `resource: verb, verb` each, sorted. */
    readonly rights: readonly string[];
    /** In its own namespace. */
    readonly atHome: readonly string[];
}

/** Rules of a SelfSubjectRulesReview. */
interface Review {
    readonly status: {
        readonly resourceRules: readonly {
            readonly apiGroups?: readonly string[];
            readonly resources?: readonly string[];
            readonly verbs: readonly string[];
        }[];
        readonly nonResourceRules: readonly {
            readonly nonResourceURLs?: readonly string[];
            readonly verbs: readonly string[];
        }[];
    };
}

/** The rights that docs/security.md promises. */
function documented(): Documented[] {
    const text = readFileSync(join(repositoryDirectory, "docs", "security.md"), "utf8");
    const row = /^\| `(airflow|airflow-workers|airflow-storage)\/([\w-]+)` \| (?:yes|no)[^|]* \| (.+?) \| (.+?) \|$/gm;
    const listed = (rights: string) => (rights === "nothing" ? [] : rights.split("; ").map(sortedVerbs).sort());
    return [...text.matchAll(row)].map(([, namespace = "", account = "", inWorkers = "", elsewhere = ""]) => {
        expect(elsewhere).to.match(/^(nothing|in its own namespace, .+)$/);
        return {
            namespace: namespace === "airflow" ? "airflow" : namespace === "airflow-workers" ? "workers" : "storage",
            account,
            rights: listed(inWorkers),
            atHome: listed(elsewhere.replace("in its own namespace, ", "")),
        };
    });
}

function sortedVerbs(right: string): string {
    const [resource = "", verbs = ""] = right.split(": ");
    return `${resource}: ${verbs.split(", ").sort().join(", ")}`;
}

/** All that the API server says an account may do in a namespace, `kubectl auth can-i --list` as data. */
async function rights(account: string, home: string, namespace: string): Promise<string[]> {
    const review = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectRulesReview",
        spec: { namespace },
    };
    const answer = await kube(
        [
            ...["create", "--as", `system:serviceaccount:${home}:${account}`],
            ...["--raw", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", "--filename", "-"],
        ],
        JSON.stringify(review),
    );
    const { resourceRules, nonResourceRules } = (JSON.parse(answer) as Review).status;
    const verbs = new Map<string, Set<string>>();
    const add = (what: string, more: readonly string[]): void => {
        verbs.set(what, new Set([...(verbs.get(what) ?? []), ...more]));
    };
    for (const rule of resourceRules) {
        for (const group of rule.apiGroups ?? []) {
            for (const resource of rule.resources ?? []) {
                add(group === "" ? resource : `${resource}.${group}`, rule.verbs);
            }
        }
    }
    for (const rule of nonResourceRules) {
        for (const url of rule.nonResourceURLs ?? []) {
            add(url, rule.verbs);
        }
    }
    return [...verbs].map(([what, allowed]) => `${what}: ${[...allowed].sort().join(", ")}`).sort();
}

/** Who may do what in the cluster, and who knows which secret. */
export function access(): void {
    describe("who may do what", () => {
        explainFailures();

        before(async () => {
            await installation.isUp();
        });

        it("is documented for every ServiceAccount there is", async () => {
            for (const noun of ["airflow", "workers", "storage"] as const) {
                const accounts = await objects("serviceaccounts", "--namespace", namespaces[noun]);
                const names = accounts.map((account) => account.metadata.name).filter((name) => name !== "default");
                expect(names).to.have.members(
                    documented()
                        .filter((row) => row.namespace === noun)
                        .map((row) => row.account),
                );
            }
        });

        for (const { namespace, account, rights: promised, atHome } of documented()) {
            it(`is for ${account} just what docs/security.md says`, async () => {
                const home = namespaces[namespace];
                for (const place of [...Object.values(namespaces), "default", "kube-system"]) {
                    // What every account of any namespace may do: ask what it may do, and read the API's own description.
                    const everybody = await rights("nobody-at-all", home, place);
                    const own = (await rights(account, home, place)).filter((right) => !everybody.includes(right));
                    const expected = [
                        ...(place === namespaces.workers ? promised : []),
                        ...(place === home ? atHome : []),
                    ];
                    expect(own, `in ${place}`).to.deep.equal(expected);
                }
            });
        }

        it("is the same for the default accounts as for nobody", async () => {
            for (const home of Object.values(namespaces)) {
                expect(await rights("default", home, namespaces.workers)).to.deep.equal(
                    await rights("nobody-at-all", home, namespaces.workers),
                );
            }
        });

        it("needs no role for the whole cluster", async () => {
            const bindings = await objects("clusterrolebindings");
            const text = JSON.stringify(bindings);
            for (const namespace of Object.values(namespaces)) {
                expect(text).to.not.contain(`"namespace":"${namespace}"`);
            }
        });
    });
    describe("secrets", () => {
        explainFailures();

        before(async () => {
            await installation.isUp();
        });

        it("are none of the workers' namespace's: no Secret or ConfigMap there holds an address of the database or a key", async () => {
            const values = await secretValues();
            expect(values.length).to.be.greaterThan(5);
            const here = await objects("secrets,configmaps", "--namespace", namespaces.workers);
            for (const object of here) {
                const data = Object.values(object.data ?? {});
                const texts =
                    object.kind === "Secret" ? data.map((value) => Buffer.from(value, "base64").toString()) : data;
                expect(texts.join("\n"), object.metadata.name).to.not.match(/postgresql|FERNET|SQL_ALCHEMY/i);
                for (const value of values) {
                    expect(texts.join("\n").includes(value), object.metadata.name).to.equal(false);
                }
            }
        });

        it("are in no pod's specification, in any namespace", async () => {
            const values = await secretValues();
            for (const namespace of Object.values(namespaces)) {
                const kinds = "pods,deployments,statefulsets,jobs,configmaps";
                const text = JSON.stringify(await objects(kinds, "--namespace", namespace));
                for (const value of values) {
                    expect(text.includes(value), namespace).to.equal(false);
                }
            }
        });

        it("are cookies for https alone where a proxy says that the browser came by https", async () => {
            const cookie = async (headers: Record<string, string>) => {
                const url = `${await installation.url()}/auth/logout`;
                const { headers: answered } = await fetch(url, { headers, redirect: "manual" });
                return answered.getSetCookie().join();
            };
            expect(await cookie({ "X-Forwarded-Proto": "https" })).to.match(/_token=.*;\s*Secure/i);
            expect(await cookie({}))
                .to.match(/_token=/)
                .and.to.not.match(/Secure/i);
        });

        it("are not in a task's environment, which succeeds without them", async () => {
            const dagId = "example_environment";
            const runId = await installation.trigger(dagId);
            expect(await installation.runEnds(dagId, runId)).to.equal("success");
            const api = await installation.api();
            const [task] = await api.tasks(dagId, runId);
            const log = task === undefined ? "" : await api.log(dagId, runId, task);
            expect(log).to.contain("no secret in the environment");
            expect(log).to.not.match(/variable AIRFLOW__DATABASE__|FERNET|JWT_SECRET/);
            expect(log).to.contain("variable AIRFLOW__CORE__EXECUTION_API_SERVER_URL");
        });
    });
}

/** The values of all of Airflow's Secrets. */
async function secretValues(): Promise<string[]> {
    const secrets = await objects("secrets", "--namespace", namespaces.airflow);
    return secrets
        .flatMap((secret) => Object.values(secret.data ?? {}))
        .map((value) => Buffer.from(value, "base64").toString())
        .filter((value) => value.length >= 8);
}
