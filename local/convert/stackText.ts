import { Document, isMap, isScalar, type Scalar } from "yaml";
import { projectName } from "../pulumi/stackFile";
import { partsOf } from "./chartValues";
import type { Conversion, Note } from "./conversion";
import { Fate } from "./steps";

/** The commands that set the secrets of a conversion. No value is in them: Pulumi asks for it. */
export function secretCommands({ secrets }: Conversion, stack: string): readonly string[] {
    return secrets.map(
        ({ key, from }) => `pulumi config set --secret ${key} --stack ${stack}    # the value of ${from}`,
    );
}

/** The stack file of a conversion. What it could not carry over, and what it lacks, is told in comments at its end. */
export function stackText(conversion: Conversion, source: string, stack: string): string {
    const { stack: values, notes, missing } = conversion;
    const document = new Document(
        {
            config: Object.fromEntries(Object.entries(values).map(([key, value]) => [`${projectName}:${key}`, value])),
        },
        { aliasDuplicateObjects: false },
    );
    document.commentBefore = ` From ${source}, values of the official Helm chart of Airflow.`;
    const config = document.get("config");
    for (const pair of isMap(config) ? config.items : []) {
        const name = isScalar(pair.key) ? String(pair.key.value).slice(projectName.length + 1) : "";
        const sources = notes.filter(({ fate, text }) => fate === Fate.Carried && stackKey(text) === name);
        const paths = [...new Set(sources.map(({ path }) => path.replace(/\[\d+\].*$/, "")))];
        if (paths.length > 0 && isScalar(pair.key)) {
            (pair.key as Scalar).commentBefore = ` ${wrapped(paths.join(", ")).join("\n ")}`;
        }
    }
    const left = notes.filter(({ fate }) => fate === Fate.Left);
    document.comment = [
        ...section("To be set before the first update:", [...missing, ...secretCommands(conversion, stack)]),
        ...section("Not carried over:", left.map(noteText)),
    ]
        .join("\n")
        .replace(/\n$/, "");
    return `${document.toString({ lineWidth: 0 }).trimEnd()}\n`;
}

/** The stack key that a note speaks of first. */
function stackKey(text: string): string {
    const [first = ""] = partsOf(text.split(/[ ;,(]/)[0]);
    return first;
}

/** What became of a key, in one line. */
export function noteText({ path, text }: Note): string {
    return `${path}: ${text}`;
}

function section(title: string, points: readonly string[]): string[] {
    return points.length === 0
        ? []
        : [` ${title}`, ...points.map((point) => ` - ${wrapped(point, 110).join("\n   ")}`), ""];
}

/** A text in lines of a width. */
function wrapped(text: string, width = 110): string[] {
    const lines: string[] = [];
    for (const word of text.split(/\s+/)) {
        const last = lines.at(-1);
        if (last !== undefined && last.length + word.length < width) {
            lines[lines.length - 1] = `${last} ${word}`;
        } else {
            lines.push(word);
        }
    }
    return lines;
}

/** What is told of a conversion: each key of the values file once. */
export function report(conversion: Conversion, stack: string): string {
    const { notes, missing } = conversion;
    const part = (title: string, points: readonly string[]) =>
        points.length === 0 ? [] : [title, ...points.map((point) => `  - ${point}`), ""];
    const of = (fate: Fate) => notes.filter((note) => note.fate === fate);
    return [
        ...part(
            "Carried over:",
            of(Fate.Carried).map(({ path, text }) => `${path} -> ${text}`),
        ),
        ...part("So anyway, without a setting:", of(Fate.Same).map(noteText)),
        ...part("Not carried over:", of(Fate.Left).map(noteText)),
        ...part("Secrets, to be set by you (each command asks for the value):", secretCommands(conversion, stack)),
        ...part("To be set before the first update:", missing),
    ].join("\n");
}
