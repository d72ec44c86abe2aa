import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import type { KubernetesObject } from "../airflow/diagnosis";
import { waitFor } from "../support/deadline";
import { listed, UserError } from "../support/errors";
import { capture, output, run } from "../support/execution";
import { progress, withHeartbeat } from "../support/progress";
import { objectsIn } from "./clusterObjects";
import { type Cluster, clusterEnvironment, kubectl } from "./targetCluster";

/** A backup that is kept. */
export interface Backup {
    readonly name: string;
    readonly bytes: number;
}

/** How a Job ended: what its last container said of it, and whether the database was replaced by it. */
interface Ended {
    readonly succeeded: boolean;
    /** The word that the pod leaves at its end. */
    readonly said: string;
    /** What its containers printed. */
    readonly logs: string;
    readonly loaded: boolean;
}

interface Container {
    readonly name: string;
    readonly command: readonly string[];
    readonly env: readonly { readonly name: string; readonly value?: string }[];
}

/** What Jobs are made of. */
interface JobTemplate {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: {
        readonly template: {
            readonly metadata: object;
            readonly spec: { readonly initContainers: readonly Container[]; readonly containers: readonly Container[] };
        };
    };
}

/** A restore that failed: whether the database is another one by now. */
export class RestoreFailed extends UserError {
    public constructor(
        message: string,
        public readonly loaded: boolean,
    ) {
        super(message);
    }
}

/** The longest that a backup or a restore may take, which is the deadline of their Jobs, and a little more. */
const within = 6.2 * 3_600_000;

/** Backups of an installation: made and restored by Jobs of its CronJobs, listed and copied by a pod with the same volume or bucket. */
export class Backups {
    private constructor(
        private readonly cluster: Cluster,
        private readonly namespace: string,
        private readonly restoreTemplate: JobTemplate,
    ) {}

    /**
     * @throws UserError where the stack makes no backups.
     */
    public static async of(cluster: Cluster, namespace: string): Promise<Backups> {
        const found = await objectsIn(cluster, namespace, "cronjobs");
        const restore = found.find(({ metadata }) => metadata.name === "airflow-restore");
        if (restore === undefined) {
            throw new UserError(
                "This stack makes no backups. To have them made: pulumi config set --path database.backup.retentionDays 14, " +
                    "then make up (docs/backup.md).",
            );
        }
        const { jobTemplate } = (restore as unknown as { spec: { jobTemplate: JobTemplate } }).spec;
        return new Backups(cluster, namespace, jobTemplate);
    }

    /** Makes a backup now; hands back its name. */
    public async make(): Promise<string> {
        const name = jobName("airflow-backup");
        await this.kubectl("create", "job", name, "--from=cronjob/airflow-backup");
        const { succeeded, said, logs } = await withHeartbeat("Backing up the database", () => this.ended(name));
        if (!succeeded) {
            throw new UserError(`${logs.trim()}\n\nNo backup was made. Earlier ones are left as they are.`);
        }
        return said;
    }

    /** The backups that there are, the newest first. */
    public async list(): Promise<Backup[]> {
        return await this.withFiles(async (pod) => readList(await this.kubectl("exec", pod, "--", ...store("list"))));
    }

    /** Copies a backup to a file, which has its name when it is whole. */
    public async download(name: string, file: string): Promise<void> {
        const path = resolve(file);
        const part = `${path}.part`;
        await this.withFiles(async (pod) => {
            const bytes = readList(await this.kubectl("exec", pod, "--", ...store("list"))).find(
                (backup) => backup.name === name,
            )?.bytes;
            const get = this.command("exec", pod, "--", ...store("get", name));
            const code = await run(["sh", "-c", 'out=$1; shift; exec "$@" >"$out"', "sh", part, ...get], this.options);
            if (code !== 0 || statSync(part).size !== bytes) {
                rmSync(part, { force: true });
                throw new UserError(`${name} could not be copied: the backup itself is kept.`);
            }
        });
        renameSync(part, path);
    }

    /** Copies a file to where backups are kept; hands back its name there. */
    public async upload(file: string): Promise<string> {
        const name = uploadName(file);
        const bytes = statSync(file).size;
        await this.withFiles(async (pod) => {
            const there = readList(await this.kubectl("exec", pod, "--", ...store("list")));
            if (there.some((backup) => backup.name === name && backup.bytes === bytes)) {
                return;
            }
            const put = ["exec", "--stdin", pod, "--", "env", `BYTES=${bytes}`, ...store("put", name)];
            await output(this.command(...put), { ...this.options, inputFile: file });
        });
        return name;
    }

    /**
     * Looks whether this installation can work with a backup, and changes nothing.
     *
     * @throws UserError with the reason why it cannot.
     */
    public async check(backup: string): Promise<void> {
        const { spec } = this.restoreTemplate.spec.template;
        const [fetch, examine, check] = spec.initContainers;
        const { succeeded, logs } = await withHeartbeat("Looking at the backup", () =>
            this.job(backup, { ...spec, initContainers: [fetch, examine], containers: [check] }),
        );
        if (!succeeded) {
            throw new UserError(logs.trim());
        }
    }

    /**
     * Puts a backup in place of the database, whose processes are stopped. Hands back what came back.
     *
     * @throws RestoreFailed with the reason.
     */
    public async restore(backup: string): Promise<string> {
        const { succeeded, said, logs, loaded } = await withHeartbeat("Restoring the database", () =>
            this.job(backup, this.restoreTemplate.spec.template.spec),
        );
        if (!succeeded) {
            throw new RestoreFailed(logs.trim(), loaded);
        }
        return said;
    }

    /** Ends what an interrupted restore has left running: the server takes back what was not finished. */
    public async endEarlier(): Promise<void> {
        const jobs = await objectsIn(this.cluster, this.namespace, "jobs");
        for (const { metadata } of jobs.filter((job) => isOfRestore(job) && condition(job) === undefined)) {
            progress(`An earlier restore still runs (${metadata.name}); it is ended first.`);
            await this.kubectl("delete", "job", metadata.name, "--cascade=foreground", "--ignore-not-found");
        }
    }

    /** Runs a Job of the containers of a restore, for this backup. */
    private async job(backup: string, spec: JobTemplate["spec"]["template"]["spec"]): Promise<Ended> {
        const name = jobName("airflow-restore");
        const [first, ...others] = spec.initContainers;
        const env = [...first.env.filter((variable) => variable.name !== "BACKUP"), { name: "BACKUP", value: backup }];
        await this.createJob(name, { ...spec, initContainers: [{ ...first, env }, ...others] });
        return await this.ended(name);
    }

    private async createJob(name: string, spec: object, more: object = {}): Promise<void> {
        const { metadata, spec: job } = this.restoreTemplate;
        const template = { ...job.template, spec };
        // They are of use for a look at what went wrong, and then nobody's.
        const object = {
            apiVersion: "batch/v1",
            kind: "Job",
            metadata: { name, labels: metadata.labels },
            spec: { ...job, ttlSecondsAfterFinished: 86_400, ...more, template },
        };
        await output(this.command("create", "--filename", "-"), { ...this.options, input: JSON.stringify(object) });
    }

    /** Waits for the end of a Job. */
    private async ended(name: string): Promise<Ended> {
        const end = await waitFor(
            async () => {
                const jobs = await objectsIn(this.cluster, this.namespace, "jobs");
                const job = jobs.find(({ metadata }) => metadata.name === name);
                return job === undefined ? undefined : condition(job);
            },
            { within, what: `the end of the Job ${name}` },
        );
        const selector = ["--selector", `batch.kubernetes.io/job-name=${name}`];
        const pods = JSON.parse(await this.kubectl("get", "pods", ...selector, "--output", "json")) as {
            items: KubernetesObject[];
        };
        const pod = pods.items[pods.items.length - 1];
        const [last] = pod?.status?.containerStatuses ?? [];
        const load = pod?.status?.initContainerStatuses?.find((container) => container.name === "backup-load");
        const logs = await capture(
            this.command("logs", `job/${name}`, "--all-containers", "--ignore-errors"),
            this.options,
        );
        const reason = [pod?.status?.message, end.reason, end.message].filter((text) => text).join(": ");
        return {
            succeeded: end.succeeded,
            said: last?.state?.terminated?.message?.trim() ?? "",
            logs: end.succeeded || logs.stdout.trim() !== "" ? logs.stdout : `The Job ${name} failed: ${reason}`,
            loaded: load?.state?.terminated?.exitCode === 0,
        };
    }

    /** Works with a pod that has the place of backups and does nothing by itself. */
    private async withFiles<T>(work: (pod: string) => Promise<T>): Promise<T> {
        const name = jobName("airflow-backup-files");
        const { spec } = this.restoreTemplate.spec.template;
        const container = { ...spec.initContainers[0], name: "files", command: ["sleep", "3600"] };
        const own = { ...spec, initContainers: [], containers: [container], terminationGracePeriodSeconds: 1 };
        await this.createJob(name, own, { activeDeadlineSeconds: 3600, ttlSecondsAfterFinished: 0 });
        try {
            const pod = await waitFor(
                async () => {
                    const pods = await objectsIn(this.cluster, this.namespace, "pods");
                    return pods.find(
                        ({ metadata, status }) => metadata.name.startsWith(`${name}-`) && status?.phase === "Running",
                    )?.metadata.name;
                },
                { within: 180_000, what: "a pod that reads the backups" },
            );
            return await work(pod);
        } finally {
            await this.kubectl("delete", "job", name, "--wait=false", "--ignore-not-found");
        }
    }

    private get options(): { env: NodeJS.ProcessEnv } {
        return { env: clusterEnvironment(this.cluster) };
    }

    private command(...args: readonly string[]): string[] {
        return [...kubectl(this.cluster), "--namespace", this.namespace, ...args];
    }

    private async kubectl(...args: readonly string[]): Promise<string> {
        return await output(this.command(...args), this.options);
    }
}

/** What a file is called among the backups: its own name, if that is one that they can have. */
export function uploadName(file: string): string {
    const name = basename(file);
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,200}\.dump$/.test(name)) {
        throw new UserError(
            `"${name}" is no name of a backup: letters, digits, dots, dashes and underscores, and .dump at its end. Rename the file.`,
        );
    }
    return name;
}

/** Backups as the script lists them. */
export function readList(text: string): Backup[] {
    return text
        .split("\n")
        .map((line) => /^(\S+\.dump)\t(\d+)$/.exec(line.trim()))
        .flatMap((match) => (match === null ? [] : [{ name: match[1], bytes: Number(match[2]) }]));
}

/**
 * What `FILE=` means: a file of this machine, or a backup that is kept.
 *
 * @throws UserError with the backups that there are, when it is neither.
 */
export function chosen(asked: string | undefined, backups: readonly Backup[]): { file: string } | { backup: string } {
    const names = backups.map(({ name, bytes }) => `${name} (${megabytes(bytes)})`);
    const there = names.length === 0 ? "There is no backup yet: make backup" : listed("These are there:", names);
    if (asked === undefined) {
        throw new UserError(`Which backup? make restore FILE=<name, or a file of this machine>\n${there}`);
    }
    if (asked === "latest" && backups.length > 0) {
        return { backup: backups[0].name };
    }
    if (backups.some(({ name }) => name === asked)) {
        return { backup: asked };
    }
    if (existsSync(asked) && statSync(asked).isFile()) {
        return { file: asked };
    }
    throw new UserError(`"${asked}" is neither a backup nor a file of this machine.\n${there}`);
}

/** Bytes as people read them. */
export function megabytes(bytes: number): string {
    return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function store(...command: readonly string[]): string[] {
    return ["python", "/scripts/backups.py", ...command];
}

/** A name that no other Job has. */
function jobName(begin: string): string {
    return `${begin}-${Date.now().toString(36)}`;
}

function isOfRestore({ metadata }: KubernetesObject): boolean {
    return metadata.labels?.["app.kubernetes.io/component"] === "restore";
}

/** How a Job ended; undefined while it runs. */
function condition({
    status,
}: KubernetesObject): { succeeded: boolean; reason?: string; message?: string } | undefined {
    const end = status?.conditions?.find(
        (each) => each.status === "True" && (each.type === "Complete" || each.type === "Failed"),
    );
    return end && { succeeded: end.type === "Complete", reason: end.reason, message: end.message };
}
