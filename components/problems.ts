import * as pulumi from "@pulumi/pulumi";

/** Something that is wrong with an argument. */
export interface Problem {
    /** Path of the argument, such as `dags.delivery`. */
    readonly path: string;
    /** What was given; left out when it is a secret. */
    readonly value?: unknown;
    /** What is allowed. */
    readonly allowed: string;
    /** What to do, where `allowed` does not say it already. */
    readonly remedy?: string;
}

/** A fault of the arguments. Pulumi prints its message without a stack trace, and nothing has been created. */
export class ArgumentsError extends pulumi.RunError {
    constructor(problems: readonly Problem[], subject = "the arguments of AirflowKubernetes") {
        super(problemsMessage(problems, subject));
        this.name = "ArgumentsError";
    }
}

/** All problems in one text. */
export function problemsMessage(problems: readonly Problem[], subject: string): string {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    return [`${count} in ${subject}. Nothing was created.`, ...problems.map(problemLines)].join("\n");
}

function problemLines({ path, value, allowed, remedy }: Problem, index: number): string {
    const given = value === undefined ? "" : ` is ${JSON.stringify(value)}`;
    const lines = [`  ${index + 1}. ${path}${given}; allowed: ${allowed}`];
    return [...lines, ...(remedy === undefined ? [] : [`     ${remedy}`])].join("\n");
}
