import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { AirflowApi } from "../../../local/airflow/airflowApi";
import { forwardAirflow, type PortForward } from "../../../local/airflow/portForward";
import { projectName } from "../../../local/pulumi/stackFile";
import { resourcesOf, type StateResource } from "../../../local/pulumi/stackState";
import { Session, type StackOutputs } from "../../../local/session/session";
import { clusterEnvironment, kubectl } from "../../../local/session/targetCluster";
import { waitFor } from "../../../local/support/deadline";
import { capture } from "../../../local/support/execution";
import { withLock } from "../../../local/support/lock";
import { foreignVariables } from "../../../local/support/makeSettings";
import { repositoryDirectory } from "../../../local/support/paths";
import { cluster } from "./kubernetes";
import { type Made, type Making, startMake, type Variables } from "./make";
import { outputDirectory, remember } from "./processes";

/** What the names of all namespaces and volumes of the tests begin with: a user's installation may run beside them. */
export const testPrefix = "airflow-test";

/** How long an `up` may take on a busy machine, in milliseconds: several times what it takes on two idle cores. */
const upWithin = 300_000;

/** Held by the `up` that runs. */
const upLock = join(outputDirectory, "up.lock");

/**
 * Airflow as the tests install it, through `make` alone: with namespaces, volumes, state and stack file of its own. Parts of
 * the suite share it, and say what they need; whatever is up already is used.
 */
export class Installation {
    /** Namespaces of its own. */
    public readonly namespaces: { readonly airflow: string; readonly workers: string; readonly storage: string };
    /** Where the node keeps its volumes. */
    public readonly hostPath: string;
    private readonly scratch = mkdtempSync(join(tmpdir(), "airflow-kubernetes-test-"));
    private isOnNode = true;
    private installedWith: string | undefined;
    private known: StackOutputs | undefined;
    private door: PortForward | undefined;
    private client: AirflowApi | undefined;
    private isMade = false;

    /** Who brings it up, by a kubeconfig and its context; the administrator of the local cluster unless set. */
    public actor: { readonly kubeconfig: string; readonly context: string } | undefined;

    /** The port of this machine at which it is reached; a free one unless set. */
    public port: number | undefined;

    /** Whom the REST API is asked as; the first user unless set. */
    public login: { readonly user: string; readonly password: string } | undefined;

    /** Where Pulumi keeps its state. */
    public readonly backend = join(this.scratch, "backend");

    /** The stack file that the tests use and may change. */
    public readonly stackFile = join(this.scratch, "Pulumi.minikube.yaml");

    /** @param name What the names of its namespaces begin with; it begins with {@link testPrefix}. */
    public constructor(name: string) {
        this.namespaces = { airflow: name, workers: `${name}-workers`, storage: `${name}-storage` };
        this.hostPath = `/data/${name}`;
        copyFileSync(join(repositoryDirectory, "Pulumi.minikube.yaml"), this.stackFile);
        // All that DAGs of the tests do has to comply with the strictest standard.
        this.configure({ namespaces: { workersPodSecurity: "restricted" } });
    }

    /** One that asks for little CPU and does without a triggerer, so that several fit on one small machine. */
    public static modest(name: string): Installation {
        const made = new Installation(name);
        const resources = { requests: { cpu: "10m" } };
        const parts = ["apiServer", "scheduler", "dagProcessor", "workers", "database"];
        made.configure({
            ...Object.fromEntries(parts.map((key) => [key, { resources }])),
            triggerer: { replicas: 0 },
        });
        return made;
    }

    /** Sets whole keys of the stack file, without the project's name; undefined takes one out. */
    public configure(values: Readonly<Record<string, unknown>>): void {
        const document = parseDocument(readFileSync(this.stackFile, "utf8"));
        if ("hosting" in values) {
            this.isOnNode = values.hosting !== "readWriteMany";
        }
        for (const [key, value] of Object.entries(values)) {
            const path = ["config", `${projectName}:${key}`];
            if (value === undefined) {
                document.deleteIn(path);
            } else {
                document.setIn(path, value);
            }
        }
        writeFileSync(this.stackFile, document.toString());
    }

    /** A folder of the installation's own, gone with it. */
    public folder(name: string): string {
        const folder = join(this.scratch, name);
        mkdirSync(folder, { recursive: true });
        return folder;
    }

    /** The environment of the tests' commands. */
    public get environment(): NodeJS.ProcessEnv {
        const foreign = foreignVariables();
        const inherited = Object.entries(process.env).filter(([name]) => !foreign.includes(name));
        mkdirSync(this.backend, { recursive: true });
        return {
            ...Object.fromEntries(inherited),
            AIRFLOW_KUBERNETES_STATE: join(this.scratch, "state"),
            PULUMI_BACKEND_URL: `file://${this.backend}`,
            PULUMI_CONFIG_PASSPHRASE: "only for tests",
            CONFIG_FILE: this.stackFile,
            ...(this.actor && { CLUSTER: this.actor.context, KUBECONFIG: this.actor.kubeconfig, YES: "1" }),
        };
    }

    /** The tests' own settings, as CONFIG takes them. */
    public get settings(): string {
        const namespaces = Object.entries(this.namespaces).map(([noun, name]) => `namespaces.${noun}=${name}`);
        return [...namespaces, ...(this.isOnNode ? [`storage.hostPath=${this.hostPath}`] : [])].join(" ");
    }

    /** Starts a make command on this installation; CONFIG adds to the tests' own settings. */
    public start(target: string, variables: Variables = {}): Making {
        this.isMade ||= target === "up";
        const CONFIG = [this.settings, variables.CONFIG].filter(Boolean).join(" ");
        return startMake(target, this.environment, { ...variables, CONFIG });
    }

    /** Runs a make command to its end, whatever that is; an `up` alone, see {@link oneAtATime}. */
    public async make(target: string, variables: Variables = {}): Promise<Made> {
        if (target !== "up") {
            return await this.start(target, variables).ended;
        }
        return await oneAtATime(() => this.inTime(this.start(target, variables)));
    }

    /** Waits for the end of an `up`; one that goes on for too long is interrupted, and told with what explains it. */
    private async inTime(up: Making): Promise<Made> {
        let reason = "";
        const timer = setTimeout(async () => {
            reason = await this.explain();
            up.signal("SIGINT");
        }, upWithin);
        const made = await up.ended.finally(() => clearTimeout(timer));
        return reason === "" ? made : { ...made, code: made.code || 1, all: `${made.all}\nInterrupted.\n${reason}` };
    }

    /** Runs a make command that must succeed. */
    public async makeWell(target: string, variables: Variables = {}): Promise<Made> {
        const made = await this.make(target, variables);
        if (made.code !== 0) {
            throw new Error(`make ${target} ended with ${made.code}:\n${tail(made.all, 60)}\n${await this.explain()}`);
        }
        return made;
    }

    /** Has Airflow up with these settings added to the tests' own; does nothing when it is. */
    public async isUp(settings = ""): Promise<void> {
        if (this.installedWith !== settings) {
            await this.up(settings);
        }
    }

    /** Runs `make up`. */
    public async up(settings = ""): Promise<Made> {
        await this.closeDoor();
        this.installedWith = undefined;
        const made = await this.makeWell("up", { CONFIG: settings });
        this.installedWith = settings;
        this.known = undefined;
        return made;
    }

    /** Forgets what it knows of the stack, which something else has changed; the next part that needs it up runs `make up`. */
    public async wasChanged(): Promise<void> {
        await this.closeDoor();
        this.installedWith = undefined;
        this.known = undefined;
    }

    /** Runs `make down`. */
    public async down(): Promise<Made> {
        await this.wasChanged();
        const made = await this.makeWell("down");
        this.isMade = false;
        return made;
    }

    /** The stack's outputs, with the password; asked for once after each `up`. */
    public async outputs(): Promise<StackOutputs> {
        if (this.known === undefined) {
            const told = JSON.parse((await this.makeWell("output", { SHOW_SECRETS: "1" })).stdout) as StackOutputs;
            // The password of a Secret is not in the stack.
            this.known = told.adminPassword === "" ? await this.keptOutputs() : told;
        }
        return this.known;
    }

    private async keptOutputs(): Promise<StackOutputs> {
        return await (await Session.open({ quiet: true, env: this.environment })).requireOutputs();
    }

    /** Airflow's REST API, through a port-forward that stays open, with one log-in for as long as it does. */
    public async api(): Promise<AirflowApi> {
        const { adminUser, adminPassword } = await this.outputs();
        const { user, password } = this.login ?? { user: adminUser, password: adminPassword };
        const url = await this.url();
        if (this.client?.url !== url) {
            this.client = new AirflowApi(url, user, password);
        }
        return this.client;
    }

    /** Airflow's address on this machine. */
    public async url(): Promise<string> {
        if (this.door === undefined) {
            const door = await forwardAirflow(cluster, this.namespaces.airflow, { port: this.port });
            remember(door.pid);
            this.door = door;
            void door.ended.then(() => {
                this.door = this.door === door ? undefined : this.door;
            });
        }
        return this.door.url;
    }

    /** Triggers a DAG as soon as Airflow knows it, and hands back the run's id. */
    public async trigger(dagId: string, conf: Record<string, unknown> = {}): Promise<string> {
        // Asked for anew each time: a forwarded port ends with its pod.
        await waitFor(async () => (await this.api()).dag(dagId), {
            within: 180_000,
            what: `DAG ${dagId}`,
            explain: this.explain,
        });
        const api = await this.api();
        await api.unpause(dagId);
        return (await api.trigger(dagId, conf)).dag_run_id;
    }

    /** Waits until a run has ended, and hands back its state. */
    public async runEnds(dagId: string, runId: string, within = 240_000): Promise<string> {
        return await waitFor(
            async () => {
                const { state } = await (await this.api()).run(dagId, runId);
                return ["success", "failed"].includes(state) && state;
            },
            { within, what: `the end of ${dagId} ${runId}`, explain: this.explain },
        );
    }

    /** What Pulumi knows of the stack, secrets in plain text. */
    public async state(): Promise<readonly StateResource[]> {
        const session = await Session.open({ quiet: true, env: this.environment });
        return resourcesOf(await session.state({ showSecrets: true }));
    }

    /** The stack's state as it lies in files, with secrets encrypted. Its history is left out: that has the stack file's own words. */
    public stateText(): string {
        return readdirSync(join(this.backend, ".pulumi", "stacks"), { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile())
            .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
            .join("\n");
    }

    /** Pods, events and the last words of every pod, for a test that fails. */
    public readonly explain = (): Promise<string> => explainNamespaces(Object.values(this.namespaces));

    /** Runs `make down` if there was an `up` since the last one. */
    public async clear(): Promise<void> {
        if (this.isMade) {
            await this.down();
        }
    }

    /** Leaves nothing of it on the cluster but its data, and closes it. */
    public async end(): Promise<void> {
        await this.clear();
        await this.close();
    }

    /** Ends what is open and removes the scratch folder; the cluster is left as it is. */
    public async close(): Promise<void> {
        await this.closeDoor();
        rmSync(this.scratch, { recursive: true, force: true });
    }

    private async closeDoor(): Promise<void> {
        await this.door?.stop();
        this.door = undefined;
        this.client = undefined;
    }
}

/**
 * Brings an installation up while no other suite does: several starts of Airflow at once starve each other on a small machine,
 * until their probes restart what starts too slowly.
 */
export async function oneAtATime<Result>(up: () => Promise<Result>): Promise<Result> {
    return await withLock(upLock, "brings an installation up", up);
}

/** The one installation that all parts of the suite share. */
export const installation = new Installation(testPrefix);

/** Its namespaces. */
export const { namespaces, hostPath, explain } = installation;

/** Pods, events and the last words of every pod of some namespaces. */
export async function explainNamespaces(namespaces: readonly string[]): Promise<string> {
    const say = async (title: string, args: readonly string[], lines: number): Promise<string> => {
        const said = await capture([...kubectl(cluster), ...args], {
            env: clusterEnvironment(cluster),
            timeout: 30_000,
        });
        return `--- ${title} ---\n${tail(said.stdout + said.stderr, lines)}`;
    };
    const parts: string[] = [];
    for (const namespace of namespaces) {
        const within = ["--namespace", namespace];
        parts.push(await say(`pods in ${namespace}`, ["get", "pods", "--output", "wide", ...within], 60));
        parts.push(await say(`events in ${namespace}`, ["get", "events", "--sort-by=.lastTimestamp", ...within], 20));
        parts.push(
            await say(
                `logs in ${namespace}`,
                [
                    "logs",
                    "--selector=app.kubernetes.io/name=airflow",
                    "--all-containers",
                    "--prefix",
                    "--tail=15",
                    ...within,
                ],
                150,
            ),
        );
    }
    return parts.join("\n");
}

/** Prints what explains a failure of any test in the enclosing `describe`. */
export function explainFailures(): void {
    afterEach("explain a failure", async function () {
        if (this.currentTest?.state === "failed") {
            this.timeout(120_000);
            console.log(await explain());
        }
    });
}

/** The last lines of a text. */
export function tail(text: string, lines: number): string {
    return text.trimEnd().split("\n").slice(-lines).join("\n");
}
