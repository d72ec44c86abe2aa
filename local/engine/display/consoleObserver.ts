import type { Observer, Step, StepKind } from "../deployment/step";
import { describeUrn } from "../deployment/urn";
import { type ProgramMessage, readableFailure } from "../protocol/programLog";
import { maskText } from "../values/masking";
import { formatSeconds, stepLines, summary } from "./stepText";

/** Where lines go. */
export type Print = (line: string) => void;

/** Shows a run on the console: a line for each step when it is done, and the reasons when one takes long. */
export class ConsoleObserver implements Observer {
    private readonly counts = new Map<StepKind, number>();
    private readonly errors: string[] = [];
    private readonly started = Date.now();

    constructor(
        private readonly print: Print,
        private readonly planned: boolean,
        /** Strings that must not be shown. */
        private readonly secrets: ReadonlySet<string>,
    ) {}

    /** True when a step changes anything. */
    public get changes(): boolean {
        return [...this.counts].some(([kind, count]) => kind !== "same" && kind !== "read" && count > 0);
    }

    public step(step: Step): void {
        if (step.custom && step.kind !== "discard") {
            this.counts.set(step.kind, (this.counts.get(step.kind) ?? 0) + 1);
        }
        stepLines(step, this.planned).forEach((line) => void this.show(line));
    }

    public progress(urn: string, line: string): void {
        this.show(`     ${describeUrn(urn)} ${line}`);
    }

    public note(line: string): void {
        this.show(line);
    }

    public error(urn: string, message: string): void {
        const text = urn === "" ? message : `${describeUrn(urn)}: ${message}`;
        this.errors.push(text);
        this.show(`  error: ${text.split("\n")[0]}`);
    }

    /** A message of the program. */
    public log(message: ProgramMessage): void {
        switch (message.severity) {
            case "debug":
                return;
            case "error":
                this.errors.push(readableFailure(message.text));
                return;
            default:
                this.show(`  ${message.severity}: ${message.text.trimEnd().replaceAll("\n", "\n    ")}`);
        }
    }

    /** The end of a run: every fault, whole, then the counts. */
    public finish(head: string): void {
        if (this.errors.length > 0) {
            this.show("");
            this.show(this.errors.length === 1 ? "Failed:" : `Failed, ${this.errors.length} errors:`);
            this.errors.forEach((error) => void this.show(`  ${error.trimEnd().replaceAll("\n", "\n  ")}`));
        }
        this.show(summary(head, this.counts, this.planned, (Date.now() - this.started) / 1000));
    }

    /** How long the run has taken so far. */
    public get elapsed(): string {
        return formatSeconds((Date.now() - this.started) / 1000);
    }

    private show(line: string): void {
        this.print(maskText(line, this.secrets));
    }
}
