import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { root } from "./program";

/** Where the workflows lie that users copy. */
export const workflowsFolder = join("examples", "ci");

/** A command of a job, with what its environment has besides that of the job. */
export interface Command {
    readonly run: string;
    readonly env: Readonly<Record<string, string>>;
    /** Whether it runs although one before it has failed. */
    readonly always: boolean;
}

/** A job as its runner gets it. */
export interface Job {
    readonly env: Readonly<Record<string, string>>;
    readonly commands: readonly Command[];
}

interface GitHubWorkflow {
    readonly env?: Record<string, string>;
    readonly jobs: Record<
        string,
        {
            readonly env?: Record<string, string>;
            readonly steps: {
                readonly run?: string;
                readonly uses?: string;
                readonly if?: string;
                env?: Record<string, string>;
            }[];
        }
    >;
}

interface GitLabJob {
    readonly variables?: Record<string, string>;
    readonly before_script?: string[];
    readonly script: string[];
    readonly after_script?: string[];
}

/** The text of a file below the folder of workflows. */
export function workflowText(...path: readonly string[]): string {
    return readFileSync(join(root, workflowsFolder, ...path), "utf8");
}

/**
 * A job of a workflow for GitHub.
 *
 * @param values What expressions stand for, such as `secrets.NAME`; one that is not named here is a fault.
 */
export function gitHubJob(file: string, name: string, values: Readonly<Record<string, string>>): Job {
    const workflow = parse(workflowText("github", file)) as GitHubWorkflow;
    const job = workflow.jobs[name];
    if (job === undefined) {
        throw new Error(`${file} has no job ${name}`);
    }
    const known = (env: Readonly<Record<string, string>> = {}): Record<string, string> =>
        Object.fromEntries(Object.entries(env).map(([key, value]) => [key, replaced(value, values)]));
    return {
        env: known({ ...workflow.env, ...job.env }),
        commands: job.steps.flatMap(({ run, env, if: condition }) =>
            run === undefined ? [] : [{ run, env: known(env), always: condition !== undefined }],
        ),
    };
}

function replaced(text: string, values: Readonly<Record<string, string>>): string {
    return text.replace(/\$\{\{ *([\w.]+) *\}\}/g, (_, expression: string) => {
        const value = values[expression];
        if (value === undefined) {
            throw new Error(`nothing is known of ${expression}`);
        }
        return value;
    });
}

/** A job of the pipeline for GitLab; variables in variables have the values given here. */
export function gitLabJob(name: string, values: Readonly<Record<string, string>>): Job {
    const pipeline = parse(workflowText("gitlab", ".gitlab-ci.yml")) as Record<string, GitLabJob> & {
        default: GitLabJob;
    };
    const job = pipeline[name];
    const variables = { ...(pipeline.variables as unknown as Record<string, string>), ...job?.variables };
    const env = Object.entries(variables).map(([key, value]) => [
        key,
        value.replace(/\$(\w+)/g, (_, variable: string) => values[variable] ?? ""),
    ]);
    const command = (always: boolean) => (run: string) => ({ run, env: {}, always });
    return {
        env: Object.fromEntries(env),
        commands: [
            ...[...(job?.before_script ?? pipeline.default.before_script ?? []), ...(job?.script ?? [])].map(
                command(false),
            ),
            ...(job?.after_script ?? []).map(command(true)),
        ],
    };
}

/** The names of jobs, by workflow of GitHub. */
export const gitHubJobs = [
    ["preview.yaml", "check"],
    ["preview.yaml", "preview"],
    ["drift.yaml", "drift"],
    ["up.yaml", "up"],
] as const;

/** The names of GitLab's jobs. */
export const gitLabJobs = ["check", "preview", "drift", "up"] as const;
