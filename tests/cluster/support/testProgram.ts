import { waitFor } from "../../../local/support/deadline";
import { type Companion, lastLines, type Surroundings, start } from "../../../local/support/execution";
import { remember } from "./processes";

/** How a program is told to have begun. */
export interface Beginning {
    /** Its name, for people. */
    readonly name: string;
    /** Whether it answers. One that cannot be asked yet may fail. */
    readonly answers: () => Promise<boolean>;
    /** Milliseconds that it may take. */
    readonly within: number;
}

/** A program of this machine that tests need beside the cluster. The next test run ends it when this one is killed. */
export class TestProgram {
    private words = "";

    private constructor(
        private readonly name: string,
        private readonly program: Companion,
    ) {
        for (const stream of [program.stdout, program.stderr]) {
            stream.on("data", (chunk: Buffer) => {
                this.words += chunk.toString();
            });
        }
    }

    /** Starts a command, and comes back when it answers. */
    public static async started(
        command: readonly string[],
        { answers, name, within }: Beginning,
        surroundings: Surroundings = {},
    ): Promise<TestProgram> {
        const companion = await start(command, surroundings);
        remember(companion.pid);
        const program = new TestProgram(name, companion);
        await waitFor(answers, { within, every: 200, what: `${name} to answer`, explain: program.explain });
        return program;
    }

    /** All that it has said. */
    public get said(): string {
        return this.words;
    }

    /** What it said last, for people. */
    public readonly explain = (): string => `--- ${this.name} ---\n${lastLines(this.words, 50)}`;

    /** Stops it. */
    public async stop(): Promise<void> {
        await this.program.stop();
    }
}
