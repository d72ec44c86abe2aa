/** The flags that the commands share. */
export interface CommandOptions {
    readonly cwd: string;
    readonly stack: string;
    readonly configFile?: string;
    readonly yes: boolean;
    readonly skipPreview: boolean;
    readonly expectNoChanges: boolean;
    readonly nonInteractive: boolean;
    readonly parallel: number;
}
