import { spawnSync } from "node:child_process";
import { expect } from "chai";
import fc from "fast-check";
import { commonEnvironment, optionVariable } from "../../components/airflow/environment";
import { localSettingsMount } from "../../components/airflow/localSettings";
import { type AirflowSettings, withDefaults } from "../../components/settings/airflowKubernetesDefaults";
import { AuthManager } from "../../components/settings/authArgs";
import { workerPodTemplate } from "../../components/workers/workerPodTemplate";
import { readArgs } from "../../config";
import { choices, combinations } from "../support/combinations";
import { AirflowKubernetes } from "../support/exampleDags";
import { attempt, openTexts, type Registration } from "../support/mocks";
import { kindOf, named, pods, workerPod } from "../support/objects";
import { type StackValues, withDeclaredDefaults } from "../support/program";
import { type Change, changed, changes, randomRun, secretMarks, secretValues } from "../support/randomConfigurations";
import { expanded, programs, structuralFaults, yamlSurprises } from "../support/structure";

/** Values with as many of the changes as leave a configuration right. */
function accepted(base: StackValues, list: readonly Change[]): StackValues {
    // What outlives its stack needs keys that do, but where somebody else keeps them.
    const keys = ["fernetKey", "databasePassword", "adminPassword"].map((path) => ({
        path,
        value: secretValues[path],
    }));
    return [...keys, ...list].reduce<StackValues>((values, change) => {
        const next = changed(values, change);
        return readArgs(withDeclaredDefaults(next)).problems.length === 0 ? next : values;
    }, base);
}

async function installed(values: StackValues): Promise<Registration[]> {
    const { args } = readArgs(withDeclaredDefaults(values));
    const { error, registrations } = await attempt(() => new AirflowKubernetes("airflow", args));
    if (error !== undefined) {
        throw error;
    }
    return registrations;
}

/** What the containers of a kind are told, after Kubernetes has read it. */
function told(pod: { spec: ReturnType<typeof workerPod>["spec"] }): Record<string, string> {
    const known = new Set<string>();
    return Object.fromEntries(
        pod.spec.containers.flatMap(({ env = [] }) =>
            env.flatMap(({ name, value }) => {
                const text = value === undefined ? undefined : expanded(value, known);
                known.add(name);
                return text === undefined ? [] : [[name, text]];
            }),
        ),
    );
}

/** Settings that arrive as something other than they were written. */
function changedOnTheWay(settings: AirflowSettings, registrations: readonly Registration[]): string[] {
    const all = [...pods(registrations), workerPod(registrations)];
    const fault = (what: string, given: unknown, arrived: unknown) =>
        arrived === given ? [] : [`${what}: ${JSON.stringify(given)} arrived as ${JSON.stringify(arrived)}`];
    const own = new Set([...settings.airflow.env, ...settings.workers.env].map(({ name }) => name));
    const worker = told(workerPod(registrations));
    const optional = Object.entries(settings.airflow.options).flatMap(([section, keys]) =>
        Object.entries(keys).map(([key, value]): [string, unknown] => [optionVariable(section, key), value]),
    );
    // Of two spellings of one option the last counts.
    const options = Object.entries(Object.fromEntries(optional));
    const common = Object.entries({ ...commonEnvironment(settings), ...Object.fromEntries(options) });
    const job = (name: string) => all.find(({ owner }) => owner === name);
    const admin = job("airflow-admin-user-job");
    const check = job("airflow-repository-check-job");
    const sync = job("airflow-git-sync-deployment");
    return [
        ...common.flatMap(([name, value]) => (own.has(name) ? [] : fault(`a task's ${name}`, value, worker[name]))),
        ...(admin === undefined
            ? fault("the Job of the first user", settings.auth.manager === AuthManager.Fab, false)
            : [
                  ...fault(
                      "admin.user",
                      settings.admin.enabled ? settings.admin.user : undefined,
                      told(admin).ADMIN_USER,
                  ),
                  ...fault(
                      "admin.email",
                      settings.admin.enabled ? settings.admin.email : undefined,
                      told(admin).ADMIN_EMAIL,
                  ),
              ]),
        ...(check === undefined
            ? []
            : [
                  ...fault("dags.git.repository", settings.dags.git.repository, told(check).REPOSITORY),
                  ...fault("dags.git.ref", settings.dags.git.ref, told(check).REF),
                  ...fault("dags.git.subPath", settings.dags.git.subPath, told(check).SUB_PATH),
                  ...fault("dags.git.username", settings.dags.git.username, told(check).USERNAME),
              ]),
        ...(sync === undefined
            ? []
            : [
                  ...fault("git-sync's repository", settings.dags.git.repository, told(sync).GITSYNC_REPO),
                  ...fault("git-sync's ref", settings.dags.git.ref, told(sync).GITSYNC_REF),
              ]),
    ];
}

/** The template of tasks as Python's YAML reads it, which is what the scheduler has; undefined without that library. */
function asPythonReads(text: string): unknown {
    const code = "import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin.read())))";
    const { status, stdout } = spawnSync("python3", ["-c", code], { input: text, encoding: "utf8" });
    return status === 0 ? JSON.parse(stdout) : undefined;
}

/** A value without what JSON has no word for. */
function plain(value: unknown): unknown {
    return JSON.parse(JSON.stringify(value));
}

describe("random configurations without a problem", function () {
    this.timeout(600_000);
    const known = new Set<string>();
    const learn = async (values: StackValues) => {
        for (const text of programs(await installed(values))) {
            known.add(text);
        }
    };

    before("the programs of installations that are known", async () => {
        // One of each delivery, one of each storage and each other choice are all the programs that there are.
        for (const values of Object.values(choices)) {
            await learn(values);
        }
        for (const [name, values] of Object.entries(combinations)) {
            if (name.endsWith(" on hostPath") || name.startsWith("volume on ")) {
                await learn(values);
            }
        }
        const packages = {
            ...combinations["volume on hostPath"],
            pythonPackages: { requirements: "examples/image/requirements.txt" },
        };
        await learn(packages);
    });

    it("become whole installations, in which every setting arrives as it was written and is part of no program", async () => {
        await fc.assert(
            fc.asyncProperty(changes, async ({ base, changes: list }) => {
                const values = accepted(base, list);
                const { args } = readArgs(withDeclaredDefaults(values));
                const settings = withDefaults(args);
                const registrations = await installed(values);

                expect(structuralFaults(registrations, values).join("\n"), "structure").to.equal("");
                expect(changedOnTheWay(settings, registrations).join("\n"), "settings").to.equal("");
                expect(
                    programs(registrations)
                        .filter((text) => !known.has(text))
                        .join("\n"),
                    "programs",
                ).to.equal("");

                const template = named(registrations, "airflow-worker-templates-file").inputs.data as Record<
                    string,
                    string
                >;
                const text = template["worker.yaml"];
                const files =
                    settings.airflow.localSettings === undefined
                        ? []
                        : [localSettingsMount("airflow-local-settings-workers-1a2b3c4d")];
                const expected = plain(workerPodTemplate(settings.namespaces.airflow, settings, files));
                expect(yamlSurprises(text).join("\n"), "YAML").to.equal("");
                expect(plain(asPythonReads(text) ?? expected), "as Python reads it").to.deep.equal(expected);

                const leaks = registrations.flatMap(({ type, name, sentInputs }) =>
                    openTexts(sentInputs)
                        .filter((open) => secretMarks.some((mark) => open.includes(mark)))
                        .map((open) => `${kindOf(type)} ${name}: ${open.slice(0, 200)}`),
                );
                expect(leaks.join("\n"), "secrets").to.equal("");
            }),
            randomRun(30),
        );
    });

    it("are the same installation when they are given twice", async () => {
        await fc.assert(
            fc.asyncProperty(changes, async ({ base, changes: list }) => {
                const values = accepted(base, list);
                const inputs = async () =>
                    (await installed(values)).map(({ urn, inputs: given }) => [urn, given] as const).sort();
                expect(await inputs()).to.deep.equal(await inputs());
            }),
            randomRun(3),
        );
    });
});
