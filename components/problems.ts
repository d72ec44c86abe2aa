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
        const message = problemsMessage(problems, subject);
        super(message);
        this.name = "ArgumentsError";
        // What depends on an Output that fails with this writes "error serializing property" before it, each resource once more.
        Object.defineProperty(this, "message", { get: () => message, set: () => undefined });
    }
}

/** All problems in one text. */
export function problemsMessage(problems: readonly Problem[], subject: string): string {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    return [`${count} in ${subject}. Nothing was created.`, ...problems.map(problemLines)].join("\n");
}

function problemLines({ path, value, allowed, remedy }: Problem, index: number): string {
    const given = value === undefined ? "" : ` is ${printable(JSON.stringify(value))}`;
    const lines = [`  ${index + 1}. ${printable(path === "" ? '""' : path)}${given}; allowed: ${printable(allowed)}`];
    return [...lines, ...(remedy === undefined ? [] : [`     ${printable(remedy)}`])].join("\n");
}

/** The most characters of a text that are shown. */
const mostShown = 300;

/** A text in one line: what would move the cursor of a terminal is escaped, and of a long one the beginning is shown. */
function printable(text: string): string {
    const rest = text.length - mostShown;
    const shown = rest > 0 ? `${text.slice(0, mostShown)}... and ${rest} more characters` : text;
    return shown.replace(
        /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu,
        (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
    );
}
