import { replaceMarked } from "../support/markedText";
import { mapping } from "./mapping";
import { type Row, Topic } from "./row";

/** The keys of a table's row, as the guide shows them. */
function shown(key: string): string {
    return `\`${key.replace(/^<job>\./, "<pod>.").replace("<process>", "<pod>")}\``;
}

/** The guide's table of one topic. */
function table(rows: readonly Row[]): string {
    const lines = rows.map(({ keys, ours, note }) => {
        const names = [...new Set(keys.map(shown))].join(", ");
        return `| ${[names, ours, note].join(" | ")} |`.replace(/ {2}\|$/, " |");
    });
    return ["| chart | here | |", "|---|---|---|", ...lines].join("\n");
}

/** The tables of all topics, which the guide shows between two comments. */
export function tables(): string {
    return Object.values(Topic)
        .map((topic) => `## ${topic}\n\n${table(mapping.filter((row) => row.topic === topic))}\n`)
        .join("\n");
}

const marks = { begin: "<!-- begin of the tables: make docs -->", end: "<!-- end of the tables -->" } as const;

/** The guide with the tables as they should be. */
export function withTables(guide: string): string {
    return replaceMarked(guide, marks, tables());
}
