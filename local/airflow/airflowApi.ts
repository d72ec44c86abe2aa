import { UserError } from "../support/errors";

/** A DAG as the REST API shows it (the fields used here). */
export interface Dag {
    readonly dag_id: string;
    readonly is_paused: boolean;
    readonly description: string | null;
}

/** One run of a DAG. */
export interface DagRun {
    readonly dag_run_id: string;
    readonly state: string;
    readonly start_date: string | null;
    readonly end_date: string | null;
}

/** One task of a run; a mapped task has one for each index. */
export interface TaskInstance {
    readonly task_id: string;
    readonly map_index: number;
    readonly try_number: number;
    readonly state: string | null;
    readonly start_date: string | null;
    readonly end_date: string | null;
    readonly hostname: string | null;
}

/** An answer with another status than the request was made for. */
export class UnexpectedStatus extends Error {
    public constructor(
        public readonly status: number,
        public readonly request: string,
        public readonly body: string,
    ) {
        super(`${request} answered ${status}: ${body.slice(0, 500)}`);
        this.name = "UnexpectedStatus";
    }
}

/** Sends a request, as `fetch` does. */
export type Ask = (url: string, options: RequestInit) => Promise<Response>;

/** Airflow's REST API, logged in as one user. Tokens are fetched when needed and renewed when refused. */
export class AirflowApi {
    private token: string | undefined;

    /** @param ask Where requests come from: this program, unless given. */
    public constructor(
        public readonly url: string,
        private readonly user: string,
        private readonly password: string,
        private readonly ask: Ask = fetch,
    ) {}

    /** The status of a log-in: 201 with a token, 401 when refused. */
    public static async logIn(
        url: string,
        user: string,
        password: string,
        ask: Ask = fetch,
    ): Promise<{ status: number; token?: string }> {
        const answer = await ask(`${url}/auth/token`, {
            method: "POST",
            headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ username: user, password }),
            signal: AbortSignal.timeout(30_000),
        });
        const body = (await answer.json().catch(() => ({}))) as { access_token?: string };
        return { status: answer.status, token: body.access_token };
    }

    /** A request below /api/v2 that must succeed; the answer's JSON. */
    public async request<T>(method: string, path: string, body?: unknown): Promise<T> {
        let answer = await this.send(method, path, body);
        if (answer.status === 401) {
            this.token = undefined;
            answer = await this.send(method, path, body);
        }
        const text = await answer.text();
        if (!answer.ok) {
            throw new UnexpectedStatus(answer.status, `${method} /api/v2${path}`, text);
        }
        return (text === "" ? undefined : JSON.parse(text)) as T;
    }

    /** The DAG, or undefined while Airflow does not know it. */
    public async dag(dagId: string): Promise<Dag | undefined> {
        try {
            return await this.request<Dag>("GET", `/dags/${encodeURIComponent(dagId)}`);
        } catch (error) {
            if (error instanceof UnexpectedStatus && error.status === 404) {
                return undefined;
            }
            throw error;
        }
    }

    /** The ids of all DAGs. */
    public async dagIds(): Promise<string[]> {
        const dags = await this.all<Dag>("/dags?exclude_stale=true", "dags");
        return dags.map((dag) => dag.dag_id).sort();
    }

    /** Files that could not be read as DAGs, each with its error. */
    public async importErrors(): Promise<{ filename: string; stack_trace: string }[]> {
        return await this.all("/importErrors", "import_errors");
    }

    /** Lets the scheduler run the DAG. */
    public async unpause(dagId: string): Promise<void> {
        await this.request("PATCH", `/dags/${encodeURIComponent(dagId)}`, { is_paused: false });
    }

    /** Starts a run now. */
    public async trigger(dagId: string, conf: Record<string, unknown> = {}): Promise<DagRun> {
        return await this.request<DagRun>("POST", `/dags/${encodeURIComponent(dagId)}/dagRuns`, {
            logical_date: null,
            conf,
        });
    }

    /** One run. */
    public async run(dagId: string, runId: string): Promise<DagRun> {
        return await this.request<DagRun>("GET", runPath(dagId, runId));
    }

    /** All task instances of a run. */
    public async tasks(dagId: string, runId: string): Promise<TaskInstance[]> {
        return await this.all(`${runPath(dagId, runId)}/taskInstances`, "task_instances");
    }

    /** What one try of a task logged, a line an entry. */
    public async log(dagId: string, runId: string, task: TaskInstance, attempt = task.try_number): Promise<string> {
        const path = `${runPath(dagId, runId)}/taskInstances/${encodeURIComponent(task.task_id)}/logs/${attempt}`;
        const answer = await this.request<{ content: readonly LogEntry[] | string }>(
            "GET",
            `${path}?full_content=true&map_index=${task.map_index}`,
        );
        return typeof answer.content === "string" ? answer.content : answer.content.map(logLine).join("\n");
    }

    /** All items of a list, page by page: Airflow hands out no more at a time than its `[api] maximum_page_limit`. */
    private async all<T>(path: string, key: string): Promise<T[]> {
        const found: T[] = [];
        for (;;) {
            const page = `limit=100&offset=${found.length}`;
            const answer = await this.request<Record<string, T[]>>(
                "GET",
                `${path}${path.includes("?") ? "&" : "?"}${page}`,
            );
            const items = answer[key] ?? [];
            found.push(...items);
            if (items.length === 0 || found.length >= Number(answer.total_entries)) {
                return found;
            }
        }
    }

    private async send(method: string, path: string, body: unknown): Promise<Response> {
        this.token ??= await this.freshToken();
        return await this.ask(`${this.url}/api/v2${path}`, {
            method,
            headers: {
                Accept: "application/json",
                Authorization: `Bearer ${this.token}`,
                ...(body === undefined ? {} : { "Content-Type": "application/json" }),
            },
            body: body === undefined ? undefined : JSON.stringify(body),
            signal: AbortSignal.timeout(60_000),
        });
    }

    private async freshToken(): Promise<string> {
        const { status, token } = await AirflowApi.logIn(this.url, this.user, this.password, this.ask);
        if (token !== undefined) {
            return token;
        }
        throw new UserError(
            [401, 403].includes(status)
                ? `Airflow at ${this.url} refused the log-in of ${this.user} (status ${status}).`
                : `Airflow at ${this.url} cannot log ${this.user} in now (status ${status}): it is not ready, or broken. ` +
                      "make status tells.",
        );
    }
}

/** A log entry: plain text, or structured with at least the event. */
export type LogEntry =
    | string
    | {
          readonly event?: string;
          readonly timestamp?: string | null;
          readonly level?: string;
          /** What was raised, if anything. */
          readonly error_detail?: readonly { readonly exc_type?: string; readonly exc_value?: string }[] | null;
      };

/** A log entry as text: one line, and one more for each error that it tells of. */
export function logLine(entry: LogEntry): string {
    if (typeof entry === "string") {
        return entry;
    }
    const time = entry.timestamp ? `${entry.timestamp.slice(11, 19)} ` : "";
    const level = entry.level && entry.level !== "info" ? `${entry.level.toUpperCase()} ` : "";
    const errors = (entry.error_detail ?? []).map(({ exc_type, exc_value }) => `\n${exc_type}: ${exc_value}`);
    return `${time}${level}${entry.event ?? ""}${errors.join("")}`;
}

function runPath(dagId: string, runId: string): string {
    return `/dags/${encodeURIComponent(dagId)}/dagRuns/${encodeURIComponent(runId)}`;
}
