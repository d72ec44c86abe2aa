/** A part of the installation: where the stack file has it, and the name of its container. */
export interface Part {
    readonly stack: string;
    readonly container: string;
    /** Its ServiceAccount. */
    readonly account: string;
}

const apiServer: Part = { stack: "apiServer", container: "api-server", account: "apiServer" };
const tasks: Part = { stack: "workers", container: "base", account: "worker" };
const jobs: Part = { stack: "jobs", container: "*", account: "jobs" };

/** Parts by their names in the chart. Where two are one here, the first one counts. */
export const parts: Readonly<Record<string, Part>> = {
    apiServer,
    webserver: apiServer,
    scheduler: { stack: "scheduler", container: "scheduler", account: "scheduler" },
    dagProcessor: { stack: "dagProcessor", container: "dag-processor", account: "dagProcessor" },
    triggerer: { stack: "triggerer", container: "triggerer", account: "triggerer" },
    "workers.kubernetes": tasks,
    workers: tasks,
    migrateDatabaseJob: jobs,
    createUserJob: jobs,
};

const processes = ["apiServer", "webserver", "scheduler", "dagProcessor", "triggerer"];

/** What a placeholder in a row's key stands for. */
export const placeholders: Readonly<Record<string, readonly string[]>> = {
    "<process>": processes,
    "<pod>": Object.keys(parts),
    "<job>": ["migrateDatabaseJob", "createUserJob"],
};

/** The keys that a row's key stands for, each with what its placeholder is. */
export function expanded(key: string): readonly { readonly key: string; readonly part: string }[] {
    const [placeholder] = /^<\w+>/.exec(key) ?? [];
    return placeholder === undefined
        ? [{ key, part: "" }]
        : (placeholders[placeholder] ?? []).map((part) => ({ key: key.replace(placeholder, part), part }));
}
