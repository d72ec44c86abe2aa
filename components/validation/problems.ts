import * as pulumi from "@pulumi/pulumi";
import { isKnown } from "../kubernetes/known";

/** Something that is wrong with an argument. */
export interface Problem {
    /** Path of the argument, such as `dags.delivery`. */
    readonly path: string;
    /** What was given; left out when it is a secret, and not shown while it is not known. */
    readonly value?: unknown;
    /** What is allowed. */
    readonly allowed: string;
    /** What to do, where `allowed` does not say it already. */
    readonly remedy?: string;
}

/** What is told of faults that are found before the first resource is registered. */
const nothingMade = "Nothing was created.";

/** A fault of the arguments. Pulumi prints its message without a stack trace. */
export class ArgumentsError extends pulumi.RunError {
    /** @param outcome What has been made in spite of it; nothing unless set. */
    constructor(
        problems: readonly Problem[],
        subject = "the arguments of AirflowKubernetes",
        outcome: string = nothingMade,
    ) {
        const message = problemsMessage(problems, subject, outcome);
        super(message);
        this.name = "ArgumentsError";
        // Each resource that depends on an Output failing with this would put "error serializing property" before the message.
        Object.defineProperty(this, "message", { get: () => message, set: () => undefined });
        // Nobody sees the stack, but Pulumi formats it, and Node.js 20.20 takes half a minute for one with node_modules in it.
        this.stack = `${this.name}: ${message}`;
    }
}

/** All problems in one text. */
export function problemsMessage(problems: readonly Problem[], subject: string, outcome: string = nothingMade): string {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    return [`${count} in ${subject}. ${outcome}`, ...problems.map(problemLines)].join("\n");
}

function problemLines({ path, value, allowed, remedy }: Problem, index: number): string {
    const given = value === undefined || !isKnown(value) ? "" : ` is ${printable(JSON.stringify(value))}`;
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
