import { UserError } from "./errors";

/**
 * Runs a command's work and turns how it ends into an exit code: a number is one, nothing is success. A failure that a person
 * can mend is told as its message alone; any other as its message, too, with the stack trace when `DEBUG=1` asks for it.
 */
export function main(work: () => Promise<number | undefined>): void {
    work().then(
        (code) => {
            process.exitCode = code ?? 0;
        },
        (error: unknown) => {
            process.stderr.write(`${failureText(error, process.env.DEBUG === "1")}\n`);
            process.exitCode = error instanceof UserError ? error.exitCode : 1;
        },
    );
}

/** What is told of a failure. */
export function failureText(error: unknown, debug: boolean): string {
    if (!(error instanceof Error)) {
        return String(error);
    }
    if (debug) {
        return withCauses(error);
    }
    return error instanceof UserError
        ? error.message
        : `${error.name}: ${error.message}\nDEBUG=1 shows the stack trace.`;
}

function withCauses(error: Error): string {
    const stack = error.stack ?? error.message;
    return error.cause instanceof Error ? `${stack}\nCaused by: ${withCauses(error.cause)}` : stack;
}
