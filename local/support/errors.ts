/** A failure that the person at the terminal can mend: shown as its message alone, without a stack trace. */
export class UserError extends Error {
    public constructor(
        message: string,
        public readonly exitCode: number = 1,
    ) {
        super(message);
        this.name = "UserError";
    }
}

/** The run was interrupted (Ctrl-C) and its children have ended. */
export class Interrupted extends UserError {
    public constructor() {
        super("Interrupted.", 130);
    }
}

/** A headline with its points below it. */
export function listed(headline: string, points: readonly string[]): string {
    return [headline, ...points.map((point) => `  - ${point}`)].join("\n");
}
