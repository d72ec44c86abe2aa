import { expect } from "chai";
import { projectName } from "../../../local/pulumi/stackFile";
import { readStackLocks } from "../../../local/pulumi/stackLocks";
import { waitFor } from "../../../local/support/deadline";
import { explainFailures, installation, namespaces } from "../support/installation";
import { type AnyObject, exists, identity, kube, objects } from "../support/kubernetes";
import { installedObjects, isProvisioned } from "../support/leftovers";

/** When make up is cut off, and how. */
const moments = [
    { title: "kill -9, before anything is made", signal: "SIGKILL", sign: [] },
    { title: "SIGINT, when the first namespace is there", signal: "SIGINT", sign: ["namespace", namespaces.airflow] },
    {
        title: "kill -9, when the first claims are being made",
        signal: "SIGKILL",
        sign: [
            "persistentvolumeclaim",
            "--selector=app.kubernetes.io/component=logs",
            "--namespace",
            namespaces.airflow,
        ],
    },
    {
        title: "kill -9, when the database is being started",
        signal: "SIGKILL",
        sign: ["statefulset", "airflow-postgres", "--namespace", namespaces.airflow],
    },
    {
        title: "kill -9, when the database is migrated",
        signal: "SIGKILL",
        sign: ["job", "--selector=app.kubernetes.io/component=migrate", "--namespace", namespaces.airflow],
    },
    {
        title: "SIGINT, when the first of Airflow's processes is being started",
        signal: "SIGINT",
        sign: ["deployment", "airflow-api-server", "--namespace", namespaces.airflow],
    },
    {
        title: "kill -9, when Airflow's processes are being started",
        signal: "SIGKILL",
        sign: ["deployment", "airflow-scheduler", "--namespace", namespaces.airflow],
    },
] as const;

const namespaced = [
    "serviceaccounts,roles.rbac.authorization.k8s.io,rolebindings.rbac.authorization.k8s.io,configmaps,secrets",
    "services,persistentvolumeclaims,podtemplates,deployments.apps,statefulsets.apps,jobs.batch,cronjobs.batch",
    "networkpolicies.networking.k8s.io",
].join(",");

/** Random values by name, as the state has them. */
async function generated(): Promise<Map<string, string>> {
    const random = (await installation.state()).filter((resource) => resource.type.startsWith("random:"));
    return new Map(random.map((resource) => [resource.urn, JSON.stringify(resource.outputs ?? {})]));
}

/** What Pulumi believes to have made. */
async function recorded(): Promise<string[]> {
    const made = (await installation.state()).filter((resource) => resource.type.startsWith("kubernetes:"));
    return made
        .filter((resource) => resource.outputs !== undefined && "kind" in resource.outputs)
        .map((resource) => identity(resource.outputs as unknown as Parameters<typeof identity>[0]))
        .sort();
}

/** What the cluster has, but for what other objects there made: volumes of a StorageClass, Jobs of a CronJob. */
async function present(): Promise<string[]> {
    const inside = await Promise.all(
        Object.values(namespaces).map((namespace) =>
            objects(namespaced, "--namespace", namespace, "--selector", "app.kubernetes.io/managed-by=pulumi"),
        ),
    );
    return [...(await installedObjects()), ...inside.flat()]
        .filter((object) => !isProvisioned(object) && !isMadeByAnother(object))
        .map(identity)
        .sort();
}

/** Whether an object of the cluster has made this one. Namespaces own volumes and make none. */
function isMadeByAnother({ metadata }: AnyObject): boolean {
    return (metadata.ownerReferences ?? []).some(({ kind }) => kind !== "Namespace");
}

/**
 * Makes a Secret of the stack that no state knows, and hands back its name. A run that is interrupted while it waits for the
 * API server's answer leaves one, which no test can bring about at will.
 */
async function makeUnknown(): Promise<string> {
    const ofStack = ["--namespace", namespaces.airflow, "--selector", "app.kubernetes.io/managed-by=pulumi"];
    const [secret] = await objects("secrets", ...ofStack);
    const { namespace, labels, annotations } = secret.metadata;
    const name = secret.metadata.name.replace(/[0-9a-f]{8}$/, "00000000");
    await kube(
        ["create", "--filename", "-"],
        JSON.stringify({ ...secret, metadata: { name, namespace, labels, annotations } }),
    );
    return name;
}

/** An `up` that is cut off, on an empty cluster. */
export function interruptedUp(): void {
    describe("make up, interrupted", () => {
        explainFailures();

        let kept = new Map<string, string>();

        for (const { title, signal, sign } of moments) {
            it(`can be cut off by ${title}`, async () => {
                const up = installation.start("up");
                let ended = false;
                void up.ended.then(() => {
                    ended = true;
                });
                const begun = () => up.printed().includes("State:");
                await waitFor(async () => ended || (begun() && (sign.length === 0 || (await exists(...sign)))), {
                    within: 300_000,
                    every: 200,
                    what: `make up to come to ${sign.join(" ") || "its beginning"}`,
                });
                expect(ended, `make up ended before it could be cut off:\n${up.printed()}`).to.equal(false);
                up.signal(signal);
                const made = await up.ended;
                expect(made.code).to.not.equal(0);
                expect(made.all).to.not.contain("Airflow is up");
                const now = await generated();
                for (const [urn, value] of kept) {
                    expect(now.get(urn), `${urn} was made anew`).to.equal(value);
                }
                kept = now;
            });
        }

        it("comes to its end when it is run again, while another one is refused and told who is at it", async () => {
            const unknown = await makeUnknown();
            const up = installation.start("up");
            const isLocked = async () =>
                readStackLocks(`file://${installation.backend}`, projectName, "minikube").held.length > 0;
            await waitFor(isLocked, { within: 120_000, every: 100, what: "the stack's lock" });
            const second = await installation.start("up").ended;
            expect(second.code).to.not.equal(0);
            expect(second.all).to.match(/Stack minikube is being changed by \S+ on \S+, process \d+, since/);
            const first = await up.ended;
            expect(first.code, first.all).to.equal(0);
            expect(first.all).to.contain(`Removed what an interrupted run had left: Secret ${unknown}`);
        });

        it("leaves no record of what was interrupted, so that the next run takes nothing over", async () => {
            const made = await installation.up();
            expect(made.all)
                .to.match(/Resources:\s+\d+ unchanged/)
                .and.to.not.contain("taken over");
        });

        it("has lost no key or password", async () => {
            const now = await generated();
            expect(kept.size).to.be.greaterThan(0);
            for (const [urn, value] of kept) {
                expect(now.get(urn), `${urn} was made anew`).to.equal(value);
            }
        });

        it("has made nothing twice, and knows all that it made", async () => {
            expect(await present()).to.deep.equal(await recorded());
        });
    });
}
