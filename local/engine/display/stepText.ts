import type { Step, StepKind } from "../deployment/step";
import { describeUrn } from "../deployment/urn";
import { differences, type PropertyChange } from "../values/difference";
import { maskedSecret, shown } from "../values/masking";
import { formatPropertyPath } from "../values/propertyPath";
import type { PropertyMap, PropertyValue } from "../values/propertyValue";

const longestValue = 120;
const mostChanges = 40;

interface Words {
    readonly symbol: string;
    readonly planned: string;
    readonly done: string;
}

const words: { readonly [kind in StepKind]: Words } = {
    create: { symbol: "+", planned: "create", done: "created" },
    update: { symbol: "~", planned: "update", done: "updated" },
    replace: { symbol: "+-", planned: "replace", done: "replaced" },
    delete: { symbol: "-", planned: "delete", done: "deleted" },
    discard: { symbol: "-", planned: "delete the replaced one", done: "replaced one deleted" },
    forget: { symbol: "-", planned: "leave alone", done: "left alone" },
    read: { symbol: ">", planned: "read", done: "read" },
    import: { symbol: "=", planned: "import", done: "imported" },
    gone: { symbol: "-", planned: "gone", done: "gone" },
    drift: { symbol: "~", planned: "changed by others", done: "changed by others" },
    same: { symbol: " ", planned: "unchanged", done: "unchanged" },
};

/** A step as the lines that are shown of it; nothing for what stays as it is. */
export function stepLines(step: Step, planned: boolean): string[] {
    if (step.kind === "same" || !step.custom) {
        return [];
    }
    const { symbol, planned: plannedWord, done } = words[step.kind];
    const seconds = step.seconds === undefined ? "" : ` (${formatSeconds(step.seconds)})`;
    const why = step.reasons.length > 0 ? `: ${step.reasons.join("; ")}` : "";
    const head = `  ${symbol.padEnd(2)} ${describeUrn(step.urn)} ${planned ? plannedWord : done}${seconds}${why}`;
    const changes = step.changes.slice(0, mostChanges).map((change) => `         ${changeText(change)}`);
    const more = step.changes.length - changes.length;
    const detailed = planned || step.kind === "drift";
    return detailed ? [head, ...changes, ...(more > 0 ? [`         and ${more} more`] : [])] : [head];
}

/** `path: old => new`, with secrets masked. */
export function changeText(change: PropertyChange): string {
    const path = formatPropertyPath(change.path);
    const before = change.secret ? maskedSecret : valueText(change.before);
    const after = change.secret ? maskedSecret : valueText(change.after);
    if (change.before === undefined) {
        return `+ ${path}: ${after}`;
    }
    return change.after === undefined ? `- ${path}: ${before}` : `${path}: ${before} => ${after}`;
}

/** The changes of a stack's outputs. */
export function outputLines(before: PropertyMap, after: PropertyMap): string[] {
    return differences(before, after).map((change) => `         ${changeText(change)}`);
}

/** `Resources: 3 created, 41 unchanged, 12s`. */
export function summary(
    head: string,
    counts: ReadonlyMap<StepKind, number>,
    planned: boolean,
    seconds: number,
): string {
    const order: StepKind[] = [
        "create",
        "import",
        "update",
        "replace",
        "delete",
        "forget",
        "gone",
        "drift",
        "read",
        "same",
    ];
    const parts = order
        .filter((kind) => (counts.get(kind) ?? 0) > 0)
        .map((kind) => {
            const { planned: plannedWord, done } = words[kind];
            return `${counts.get(kind)} ${planned && kind !== "same" ? `to ${plannedWord}` : done}`;
        });
    return `${head}: ${[...(parts.length === 0 ? ["none"] : parts), formatSeconds(seconds)].join(", ")}`;
}

/** `9s`, `3m04s`. */
export function formatSeconds(seconds: number): string {
    const whole = Math.round(seconds);
    return whole < 60 ? `${whole}s` : `${Math.floor(whole / 60)}m${String(whole % 60).padStart(2, "0")}s`;
}

function valueText(value: PropertyValue | undefined): string {
    const text = value === undefined ? "" : JSON.stringify(shown(value));
    return text.length > longestValue ? `${text.slice(0, longestValue)}...` : text;
}
