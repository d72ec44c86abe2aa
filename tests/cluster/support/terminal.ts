import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { waitFor } from "../../../local/support/deadline";
import { repositoryDirectory } from "../../../local/support/paths";
import { tail } from "./installation";
import { remember } from "./processes";

const prompt = "typed> ";

/** A terminal in which a test types what a person would, and reads what it shows. */
export class Terminal {
    private shown = "";
    private readonly child: ChildProcessWithoutNullStreams;

    /** Types a command into a shell of its own; the command has to open another one. */
    public constructor(command: string, environment: NodeJS.ProcessEnv) {
        this.child = spawn("script", ["--quiet", "--return", "--flush", "--command", command, "/dev/null"], {
            cwd: repositoryDirectory,
            env: { ...environment, SHELL: "/bin/sh", PS1: prompt, TERM: "screen" },
            detached: true,
        });
        remember(this.child.pid ?? 0);
        this.child.stdout.setEncoding("utf8").on("data", (text: string) => {
            this.shown += text;
        });
    }

    /** Waits until the shell asks for a command, and hands back what was shown since the last one. */
    public async asks(within = 60_000): Promise<string> {
        return await this.shows(prompt, within);
    }

    /** Types a line, waits until the shell asks again, and hands back what was shown in between. */
    public async type(line: string, within = 60_000): Promise<string> {
        this.enter(line);
        return await this.asks(within);
    }

    /** Types a line and waits for nothing. */
    public enter(line: string): void {
        this.shown = "";
        this.child.stdin.write(`${line}\n`);
    }

    /** Waits until a text is shown, and hands back all that was shown since the last line was typed. */
    public async shows(text: string, within = 60_000): Promise<string> {
        await waitFor(async () => this.shown.includes(text), {
            within,
            every: 100,
            what: `the terminal to show "${text}"`,
            explain: () => tail(this.shown, 40),
        });
        return this.shown;
    }

    /** Ends the shell, and hands back its last words. */
    public async exit(): Promise<string> {
        this.enter("exit");
        await waitFor(async () => this.child.exitCode !== null, {
            within: 30_000,
            every: 100,
            what: "the shell to end",
            explain: () => tail(this.shown, 40),
        });
        return this.shown;
    }
}
