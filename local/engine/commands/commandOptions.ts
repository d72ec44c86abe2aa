import type { ProgramLauncher } from "../program/runProgram";

/** The flags that the commands share, and what they work with. */
export interface CommandOptions {
    /** Where the states of stacks are kept. */
    readonly stateDirectory: string;
    readonly launch: ProgramLauncher;
    readonly cwd: string;
    readonly stack: string;
    readonly configFile?: string;
    readonly yes: boolean;
    readonly skipPreview: boolean;
    readonly expectNoChanges: boolean;
    readonly nonInteractive: boolean;
    readonly parallel: number;
}
