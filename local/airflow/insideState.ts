/** A number that a pod of the installation serves, or what looks at the installation from inside. */
export interface Sample {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
}

/** What was found wrong, and what to do. */
export interface Finding {
    readonly wrong: string;
    readonly remedy: string;
    /** Whether the installation itself is well: a matter of who writes DAGs. */
    readonly isNotice?: boolean;
}

/** Reads what Prometheus would. Lines that are none are left out. */
export function parseSamples(text: string): Sample[] {
    return text.split("\n").flatMap((line) => {
        const match = /^([a-zA-Z_]\w*)(?:\{(.*)\})? (\S+)$/.exec(line.trim());
        if (match === null) {
            return [];
        }
        const [, name, inside = "", number] = match;
        const labels = [...inside.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, value]) => [key, value]);
        const value = number === "+Inf" ? Number.POSITIVE_INFINITY : Number(number);
        return Number.isNaN(value) ? [] : [{ name, labels: Object.fromEntries(labels) as Sample["labels"], value }];
    });
}

const minute = 60;
const hour = 60 * minute;

/** How long a process may be silent, in seconds, and what stands still meanwhile. */
const silences: Readonly<Record<string, { readonly seconds: number; readonly stands: string }>> = {
    scheduler: { seconds: 2 * minute, stands: "no task starts" },
    "dag-processor": { seconds: 5 * minute, stands: "changes of DAGs do not arrive" },
    triggerer: { seconds: 2 * minute, stands: "deferred tasks wait" },
};

/** What is wrong inside of an installation whose pods may all be well. The alert rules have the same limits. */
export function insideFindings(samples: readonly Sample[], now = Date.now()): Finding[] {
    const one = (name: string) => samples.find((sample) => sample.name === name)?.value;
    const dags = one("airflow_dags");
    const errors = one("airflow_import_errors") ?? 0;
    const waited = one("airflow_queued_task_age_seconds") ?? 0;
    const age = now / 1_000 - (one("airflow_dags_changed_timestamp_seconds") ?? Number.POSITIVE_INFINITY);
    const used = (one("airflow_database_connections") ?? 0) / (one("airflow_database_max_connections") ?? 1);
    return [
        ...found(
            one("airflow_database_up") === 0,
            "the database does not answer: tasks that run wait for it, and nothing new starts",
            "see what is said of airflow-postgres; with database.external, whoever runs it knows",
        ),
        ...samples.filter(({ name }) => name === "airflow_heartbeat_age_seconds").flatMap(silence),
        ...notice(
            errors > 0,
            `${errors} file${errors === 1 ? "" : "s"} of DAGs cannot be imported`,
            "the UI shows the errors above the list of DAGs; the others go on",
        ),
        ...notice(
            dags === 0 && errors === 0,
            "Airflow knows no DAG",
            "is what dags.delivery names empty, or are the DAGs in another folder of it? New ones need up to half a minute",
        ),
        ...notice(
            age > 30 * 24 * hour,
            `the DAGs have not changed for ${Math.round(age / (24 * hour))} days`,
            "nothing is wrong with that, unless somebody believes that they have: does dags.git.ref name the branch?",
        ),
        ...found(
            waited > 15 * minute,
            `a task has waited for its pod for ${duration(waited)}`,
            "kubectl get pods,events in the namespace of the workers: no room, a quota, an image, a full volume",
        ),
        ...found(
            used > 0.8,
            `${percent(used)} of the connections to the database are used`,
            "raise max_connections there, or lower the pools: airflow.options.database",
        ),
        ...fullVolumes(samples),
    ];
}

function silence({ labels: { process = "" }, value }: Sample): Finding[] {
    const { seconds, stands } = silences[process] ?? { seconds: hour, stands: "" };
    const since = Number.isFinite(value) ? `has not been heard of for ${duration(value)}` : "has never been heard of";
    return found(
        value > seconds,
        `the ${process} ${since}: ${stands}`,
        `its log says why: kubectl logs of airflow-${process}; one that has just started needs a minute`,
    );
}

/** Volumes with less than a tenth of their bytes, or a twentieth of their files, left. */
function fullVolumes(samples: readonly Sample[]): Finding[] {
    const of = (name: string, volume: string) =>
        samples.find((sample) => sample.name === name && sample.labels.volume === volume)?.value;
    const sizes = samples.filter(({ name }) => name === "airflow_volume_size_bytes");
    return sizes.flatMap(({ labels: { volume = "" }, value: size }) => {
        const left = (of("airflow_volume_available_bytes", volume) ?? size) / size;
        const files = of("airflow_volume_files", volume) ?? 0;
        const filesLeft = files === 0 ? 1 : (of("airflow_volume_available_files", volume) ?? files) / files;
        const remedy =
            volume === "logs"
                ? "lower logs.retentionDays or logs.maximumSize, or make the volume larger"
                : "make the volume larger, or deliver less";
        return [
            ...found(
                left < 0.1,
                left <= 0.001
                    ? `the volume of ${volume} is full`
                    : `the volume of ${volume} is ${percent(1 - left)} full`,
                remedy,
            ),
            ...found(filesLeft < 0.05, `the volume of ${volume} can hold few more files`, remedy),
        ];
    });
}

/** What git-sync says of its repository in the last minutes, by its log. */
export function gitSyncFindings(log: string): Finding[] {
    const told = log.trim().split("\n").flatMap(parsed);
    // Of a look that finds nothing new it says nothing.
    const last = told.filter((line) => isFailure(line) || /updated successfully/.test(String(line.msg))).at(-1);
    if (last === undefined || !isFailure(last)) {
        return [];
    }
    const reason = String(last.error)
        .replaceAll(/(\\n|\s)+/g, " ")
        .slice(0, 300);
    return found(
        true,
        `git-sync does not reach its repository, and DAGs stay as they are: ${reason}`,
        /auth|denied|403|401|could not read Username|publickey/i.test(reason)
            ? "another token or key: gitToken, gitSshKey, or the Secret in dags.git"
            : /Remote branch|couldn't find remote ref|unknown revision|not our ref/i.test(reason)
              ? "is there such a branch, tag or commit? dags.git.ref"
              : "is its server there, and its name right? dags.git.repository; it tries again by itself",
    );
}

function isFailure(line: Record<string, unknown>): boolean {
    return "error" in line && /error syncing|too many failures/.test(String(line.msg));
}

/** A line of a log that is a JSON object. */
function parsed(line: string): Record<string, unknown>[] {
    try {
        const value: unknown = JSON.parse(line);
        return typeof value === "object" && value !== null ? [value as Record<string, unknown>] : [];
    } catch {
        return [];
    }
}

function found(isWrong: boolean, wrong: string, remedy: string): Finding[] {
    return isWrong ? [{ wrong, remedy }] : [];
}

function notice(isSo: boolean, wrong: string, remedy: string): Finding[] {
    return found(isSo, wrong, remedy).map((finding) => ({ ...finding, isNotice: true }));
}

function percent(share: number): string {
    return `${Math.round(share * 100)} %`;
}

function duration(seconds: number): string {
    return seconds < 2 * hour ? `${Math.round(seconds / minute)} min` : `${Math.round(seconds / hour)} h`;
}
