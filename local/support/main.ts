import { UserError } from "./errors";

/** Runs a command's work and turns how it ends into an exit code: a number is one, nothing is success. */
export function main(work: () => Promise<number | undefined>): void {
    work().then(
        (code) => {
            process.exitCode = code ?? 0;
        },
        (error: unknown) => {
            if (error instanceof UserError) {
                process.stderr.write(`${error.message}\n`);
                process.exitCode = error.exitCode;
            } else {
                process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
                process.exitCode = 1;
            }
        },
    );
}
