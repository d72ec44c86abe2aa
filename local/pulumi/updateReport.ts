import { elapsed } from "../support/progress";

/** The parts of the CLI's event log that people are told of; one JSON object a line. */
export interface EngineEvent {
    readonly diagnosticEvent?: {
        readonly urn?: string;
        readonly message: string;
        readonly severity: string;
        /** Shown only while something goes on. */
        readonly ephemeral?: boolean;
    };
    readonly resourcePreEvent?: { readonly metadata: StepMetadata };
    readonly resOutputsEvent?: { readonly metadata: StepMetadata };
    readonly resOpFailedEvent?: { readonly metadata: StepMetadata };
    readonly summaryEvent?: {
        readonly durationSeconds: number;
        readonly resourceChanges: Readonly<Record<string, number>>;
    };
}

interface StepMetadata {
    readonly op: string;
    readonly urn: string;
}

/** The words for what has been done to resources, in the order in which they are told. */
const changes: Readonly<Record<string, string>> = {
    create: "created",
    import: "imported",
    update: "updated",
    replace: "replaced",
    delete: "deleted",
    discard: "forgotten",
    same: "unchanged",
};

/** Messages that name nothing to mend: the CLI's last word, and that the provider at hand is older than its types. */
const notForPeople = [
    /^(update|destroy|preview|refresh) failed$/,
    /^resource plugin kubernetes is expected to have version/,
    /pending operations from previous deployment/,
];

/** What an update has come to, read off the CLI's events as they come. */
export class UpdateReport {
    private readonly underWay = new Map<string, string>();
    private readonly told = { error: new Set<string>(), warning: new Set<string>() };
    private done = 0;
    private summary: EngineEvent["summaryEvent"];

    /** Takes the events of a piece of the log. */
    public add(events: readonly EngineEvent[]): void {
        for (const event of events) {
            this.take(event);
        }
    }

    /** One line on where it is: what is done, and what is waited for. */
    public progress(): string {
        const waiting = [...this.underWay.values()];
        const shown = waiting.slice(0, 3).join(", ");
        const more = waiting.length > 3 ? ` and ${waiting.length - 3} more` : "";
        return `${this.done} done${waiting.length === 0 ? "" : `, under way: ${shown}${more}`}`;
    }

    /** Warnings, each once. */
    public get warnings(): readonly string[] {
        return [...this.told.warning];
    }

    /** Errors, each once, with the resource that they are about. */
    public get errors(): readonly string[] {
        return [...this.told.error];
    }

    /** "Resources: 54 created, 2 unchanged, 38 s"; undefined when the update did not come so far. */
    public get result(): string | undefined {
        if (this.summary === undefined) {
            return undefined;
        }
        const { resourceChanges, durationSeconds } = this.summary;
        const counts = Object.entries(changes).flatMap(([op, word]) =>
            resourceChanges[op] === undefined ? [] : [`${resourceChanges[op]} ${word}`],
        );
        return `Resources: ${[...counts, elapsed(durationSeconds * 1000)].join(", ")}`;
    }

    private take(event: EngineEvent): void {
        const step = event.resourcePreEvent?.metadata;
        const ended = event.resOutputsEvent?.metadata ?? event.resOpFailedEvent?.metadata;
        if (step !== undefined && step.op !== "same") {
            this.underWay.set(step.urn, describeResource(step.urn));
        }
        if (ended !== undefined) {
            this.underWay.delete(ended.urn);
            this.done += event.resOutputsEvent === undefined ? 0 : 1;
        }
        this.summary = event.summaryEvent ?? this.summary;
        const said = event.diagnosticEvent;
        if (
            said !== undefined &&
            said.ephemeral !== true &&
            (said.severity === "error" || said.severity === "warning")
        ) {
            const message = withoutColours(said.message).trim();
            if (message !== "" && !notForPeople.some((pattern) => pattern.test(message))) {
                this.told[said.severity].add(aboutResource(said.urn, message));
            }
        }
    }
}

/** The whole events of a piece of an event log, and what is left of a line that is not whole yet. */
export function parseEvents(text: string): { readonly events: readonly EngineEvent[]; readonly rest: string } {
    const lines = text.split("\n");
    const rest = lines.pop() ?? "";
    return { events: lines.filter(Boolean).map((line) => JSON.parse(line) as EngineEvent), rest };
}

/** A resource as people know it: "Deployment airflow-scheduler". */
export function describeResource(urn: string): string {
    const [, , types = "", name = ""] = urn.split("::");
    const type = types.split("$").at(-1)?.split(":").at(-1) ?? "";
    return `${type} ${name}`;
}

function aboutResource(urn: string | undefined, message: string): string {
    const named = urn === undefined || urn === "" || urn.includes("pulumi:pulumi:Stack");
    return named
        ? message
        : `${describeResource(urn)}: ${message.replace(/^\w+ of resource "urn:[^"]*" failed: /, "")}`;
}

/** Text without the CLI's marks for colours. */
function withoutColours(text: string): string {
    return text.replace(/<\{%[^%]*%\}>/g, "");
}
