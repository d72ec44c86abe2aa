import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse, stringify } from "yaml";
import { capture } from "../../local/support/execution";
import { goTool } from "../../local/tools/goTools";
import { combinations } from "../support/combinations";
import type { Registration } from "../support/mocks";
import { kindOf, objects } from "../support/objects";
import { runProgram } from "../support/program";
import { kube } from "./support/kubernetes";
import { type OpenApi, writeSchemas } from "./support/schemas";

/** An object as the API server would get it. */
interface Manifest {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata?: { readonly name?: string };
    readonly data?: Readonly<Record<string, string>>;
}

/** What kube-score says of one object. */
interface ScoredObject {
    readonly object_name: string;
    readonly checks: readonly {
        readonly check: { readonly id: string };
        /** 1 is critical. */
        readonly grade: number;
        /** Whether the check was not made. */
        readonly skipped: boolean;
        readonly comments: readonly { readonly path: string; readonly summary: string }[] | null;
    }[];
}

/** Why a critical finding is as it should be. */
interface Reason {
    /** Check of kube-score. */
    readonly check: string;
    /** Names of the objects, as kube-score writes them, that it does not count for. */
    readonly on: RegExp;
    readonly because: string;
}

/** Critical findings that are as they should be. */
const reasons: readonly Reason[] = [
    {
        check: "container-image-pull-policy",
        on: /./,
        because: "Images are pinned to tags or digests; pulling again at each start of a task only costs time.",
    },
    {
        check: "container-security-context-user-group-id",
        on: /./,
        because:
            "The official images' users: Airflow's has the group 0 by design, Postgres's is 999; root prepares volumes.",
    },
    {
        check: "container-security-context-readonlyrootfilesystem",
        on: /\/airflow-worker$/,
        because: "DAGs write to their working directory and HOME, up to the limit of ephemeral storage.",
    },
    {
        check: "pod-networkpolicy",
        on: /\/airflow-worker$/,
        because: "The manifest of the template of task pods has no namespace, so no policy is found for it.",
    },
    {
        check: "networkpolicy-targets-pod",
        on: /\/airflow-worker$/,
        because: "Likewise: it is for the pods that the scheduler makes of that template.",
    },
    {
        check: "pod-probes-identical",
        on: /\/(airflow-api-server|airflow-execution-api|airflow-postgres|airflow-nfs-server|airflow-git-sync|airflow-state-metrics)$/,
        because:
            "Each has one cheap question that does not depend on others; a restart only follows when it fails five times.",
    },
    {
        check: "statefulset-has-servicename",
        on: /\/airflow-nfs-server$/,
        because: "Its Service is no headless one: nodes mount an address that must outlive the pod.",
    },
    {
        check: "pod-probes",
        on: /\/airflow-triggerer$/,
        because: "Its Service only gives it a host name, under which its log is read, well or not.",
    },
    {
        check: "cronjob-has-deadline",
        on: /\/airflow-restore$/,
        because: "It is suspended for ever: Jobs are made from it, and it begins none by itself.",
    },
];

/** The objects of a program's run, and the pods that the scheduler will make from its template. */
function manifests(registrations: readonly Registration[]): Manifest[] {
    return objects(registrations)
        .filter(({ type }) => !kindOf(type).endsWith("Provider"))
        .flatMap(({ name, inputs }) => {
            const manifest = { ...inputs, metadata: { name, ...(inputs.metadata as object) } } as unknown as Manifest;
            // Their kinds are the Prometheus operator's, which the API server of the tests does not know.
            if (manifest.apiVersion.startsWith("monitoring.coreos.com/")) {
                return [];
            }
            const template = manifest.kind === "ConfigMap" ? manifest.data?.["worker.yaml"] : undefined;
            return template === undefined ? [manifest] : [manifest, parse(template) as Manifest];
        });
}

/** What kube-score says of one file: in one with more of them, objects of the same name would count as one. */
async function scoreOf(tool: string, file: string): Promise<{ file: string; objects: ScoredObject[] }> {
    const answer = await capture([tool, "score", "--output-format", "json", file], { timeout: 60_000 });
    return { file, objects: JSON.parse(answer.stdout) as ScoredObject[] };
}

describe("The manifests of every combination", function () {
    this.timeout(300_000);

    let directory: string;
    let files: string[];
    let scored: Promise<{ file: string; objects: ScoredObject[] }>[];
    let schemas: string;

    before(async () => {
        directory = mkdtempSync(join(tmpdir(), "airflow-kubernetes-manifests-"));
        schemas = join(directory, "schemas");
        writeSchemas(JSON.parse(await kube(["get", "--raw", "/openapi/v2"])) as OpenApi, schemas);
        mkdirSync(join(directory, "manifests"));
        files = [];
        scored = [];
        const tool = await goTool("kube-score");
        let last: Promise<unknown> = Promise.resolve();
        for (const [what, values] of Object.entries(combinations)) {
            const { error, registrations } = await runProgram(values);
            expect(error, what).to.equal(undefined);
            const file = join(directory, "manifests", `${what.replaceAll(/\W+/g, "-")}.yaml`);
            const texts = manifests(registrations).map((manifest) =>
                stringify(manifest, { version: "1.1", aliasDuplicateObjects: false }),
            );
            writeFileSync(file, texts.join("---\n"));
            files.push(file);
            // Beside the next run of the program, which has a core of its own.
            const score = last.then(() => scoreOf(tool, file));
            last = score.catch(() => undefined);
            scored.push(score);
        }
    });

    after(() => {
        rmSync(directory, { recursive: true, force: true });
    });

    it("fit the schemas of the API server, without a field that it does not know", async () => {
        const answer = await capture(
            [
                await goTool("kubeconform"),
                ...["-strict", "-summary", "-output", "json"],
                ...["-schema-location", `${schemas}/{{ .ResourceKind }}{{ .KindSuffix }}.json`],
                ...files,
            ],
            { timeout: 240_000 },
        );
        const { resources = [], summary } = JSON.parse(answer.stdout) as {
            resources?: { filename: string; kind: string; name: string; msg: string }[];
            summary: { valid: number; invalid: number; errors: number; skipped: number };
        };
        expect(resources.map(({ filename, kind, name, msg }) => `${filename}: ${kind} ${name}: ${msg}`)).to.deep.equal(
            [],
        );
        expect(summary).to.deep.include({ invalid: 0, errors: 0, skipped: 0 });
        expect(summary.valid).to.be.greaterThan(files.length * 40);
    });

    it("have no critical finding of kube-score but those with a reason", async () => {
        const critical: { id: string; object: string; text: string }[] = [];
        for (const { file, objects } of await Promise.all(scored)) {
            expect(objects.length, file).to.be.greaterThan(10);
            for (const { object_name: object, checks } of objects) {
                for (const { check, comments } of checks.filter(({ grade, skipped }) => grade === 1 && !skipped)) {
                    for (const { path, summary } of comments ?? []) {
                        critical.push({
                            id: check.id,
                            object,
                            text: `${check.id}: ${object} ${path}: ${summary}`,
                        });
                    }
                }
            }
        }
        const unexplained = critical.filter(
            ({ id, object }) => !reasons.some(({ check, on }) => check === id && on.test(object)),
        );
        const told = [...new Set(unexplained.map(({ text }) => text))];
        expect(told, told.join("\n")).to.deep.equal([]);
        const unused = reasons.filter(
            ({ check, on }) => !critical.some(({ id, object }) => id === check && on.test(object)),
        );
        expect(unused, "reasons that nothing needs").to.deep.equal([]);
    });
});
