import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keyOf, secretKeys, secretRecordKeys } from "../../config";
import { main } from "../support/main";
import { replaceMarked } from "../support/markedText";
import { repositoryDirectory } from "../support/paths";
import {
    type ArgumentField,
    type ArgumentGroup,
    type ArgumentType,
    argumentTypes,
    type Documentation,
} from "./argumentTypes";

/** The page of all keys. Its tables stand between two marks; the rest is written by hand. */
const file = join(repositoryDirectory, "docs/configuration.md");
const marks = { begin: "<!-- begin of the keys: make docs -->", end: "<!-- end of the keys -->" } as const;

/** Keys of a stack that hold secrets, by the paths of their arguments. */
const secrets: Readonly<Record<string, string>> = { ...secretKeys, ...secretRecordKeys };

interface Row {
    readonly key: string;
    readonly type: string;
    readonly default: string;
    readonly text: string;
}

/** The page with its tables written anew from the doc comments of the arguments. */
export function configurationPage(page: string): string {
    return replaceMarked(page, marks, keys(argumentTypes()));
}

/** The page as it is. */
export function currentPage(): string {
    return readFileSync(file, "utf8");
}

/** All keys of a stack, in sections. */
function keys(root: ArgumentGroup): string {
    const shapes = sharedGroups(root);
    const sections: string[] = [];
    for (let index = 0; index < root.fields.length; ) {
        const [field, ...others] = root.fields.slice(index);
        // Neighbours of one shape have one section.
        const count = shapes.includes(nameOf(field.type))
            ? 1 + others.findIndex(({ type }) => nameOf(type) !== nameOf(field.type))
            : 1;
        sections.push(section(root.fields.slice(index, index + count), shapes));
        index += count;
    }
    const described = shapes
        .filter((name) => !root.fields.some(({ type }) => nameOf(type) === name))
        .map((name) => shape(groupNamed(root, name), shapes));
    return [...sections, secretSection(root), "## Shapes that several keys have", ...described].join("\n\n");
}

/** Section of one key, or of several that have the same fields. */
function section(fields: readonly ArgumentField[], shapes: readonly string[]): string {
    const [{ name, type, documentation }] = fields;
    const heading = `## ${fields.map((field) => code(field.name)).join(", ")}`;
    if (type.kind !== "group") {
        return [heading, table([row(name, fields[0], shapes)])].join("\n\n");
    }
    const one = fields.length === 1;
    const text = one
        ? sentence(documentation, "")
        : fields.map((field) => `- ${code(field.name)}: ${sentence(field.documentation, "")}`).join("\n");
    return [heading, text, table(rows(type, one ? name : "", name, shapes))].join("\n\n");
}

/** Section of a group that several keys have. */
function shape(group: ArgumentGroup, shapes: readonly string[]): string {
    const text = sentence(group.documentation, "");
    return [`### ${words(group.name)}`, text, table(rows(group, "", "", shapes))].join("\n\n");
}

function secretSection(root: ArgumentGroup): string {
    const found = Object.entries(secrets).map(([path, key]) => {
        const field = fieldAt(root, path.split("."));
        return { ...row(key, field, [], path.split(".").slice(0, -1).join(".")), type: code(path) };
    });
    return [
        "## Secrets",
        "All optional, set with `pulumi config set --secret`.",
        table(found, ["key", "argument", "default", "what it is"]),
    ].join("\n\n");
}

/**
 * Rows of a group's fields, those of groups in it included.
 *
 * @param prefix What stands before the keys in the table.
 * @param path Path of the group among the arguments.
 */
function rows(group: ArgumentGroup, prefix: string, path: string, shapes: readonly string[]): Row[] {
    return group.fields
        .filter(({ name }) => secrets[`${path}.${name}`] === undefined)
        .flatMap((field) => {
            const key = keyOf[`${path}.${field.name}`] ?? (prefix === "" ? field.name : `${prefix}.${field.name}`);
            const below =
                field.type.kind === "group" && !shapes.includes(field.type.name)
                    ? rows(field.type, key, `${path}.${field.name}`, shapes)
                    : [];
            return [row(key, field, shapes, path), ...below];
        });
}

function row(key: string, field: ArgumentField, shapes: readonly string[], path = ""): Row {
    const { documentation, optional, type } = field;
    const members = type.kind === "enum" ? type.members.filter((member) => member.documentation.text !== "") : [];
    const values = members.map((member) => ` ${code(member.value)}: ${member.documentation.text}`).join("");
    const inner = type.kind === "group" && !shapes.includes(type.name) ? type.documentation : undefined;
    // Such a comment says only when the group counts, not what it is.
    const more = inner !== undefined && documentation.text.startsWith("Settings of ") ? ` ${inner.text}` : "";
    const links = [...documentation.links, ...(inner?.links ?? [])];
    return {
        key,
        type: typeText(type, shapes),
        default: optional ? defaultText(field) : "none; needed",
        text: sentence({ text: `${documentation.text}${values}${more}`, links }, path),
    };
}

function table(found: readonly Row[], head = ["key", "type", "default", "what it is"]): string {
    const line = (cells: readonly string[]): string =>
        `|${cells.map((cell) => (cell === "" ? " " : ` ${cell.replace(/\|/g, "\\|")} `)).join("|")}|`;
    const lines = found.map(({ key, type, default: value, text }) => line([code(key), type, value, text]));
    return [line(head), `|${head.map(() => "---|").join("")}`, ...lines].join("\n");
}

/** Text and links of a comment. Secrets are called by their keys of a stack. */
function sentence({ text, links }: Documentation, path: string): string {
    const renamed = Object.entries(secrets).reduce((changed, [argument, key]) => {
        const name = argument.slice(argument.lastIndexOf(".") + 1);
        const near = argument === `${path}.${name}` ? changed.replaceAll(code(name), code(key)) : changed;
        return near.replaceAll(code(argument), code(key));
    }, text);
    return [renamed, ...links.map(link)].join(" ");
}

/** A link of a comment, by the page that it leads to. Guides are named from the root of the repository. */
function link(target: string): string {
    const guide = /^docs\/(([\w-]+)\.md.*)$/.exec(target);
    return guide === null ? `[${new URL(target).hostname}](${target})` : `[${guide[2]}.md](${guide[1]})`;
}

function typeText(type: ArgumentType, shapes: readonly string[]): string {
    switch (type.kind) {
        case "text":
            return "text";
        case "number":
            return "whole number";
        case "boolean":
            return "`true` or `false`";
        case "enum":
            return type.members.map(({ value }) => code(value)).join(", ");
        case "list":
            return `list of ${typeText(type.of, shapes)}`;
        case "map":
            return `map of ${typeText(type.of, shapes)}`;
        case "kubernetes":
            return type.name;
        case "group":
            return shapes.includes(type.name)
                ? `[${words(type.name)}](#${words(type.name).replace(/ /g, "-")})`
                : "object";
    }
}

/** A default as it stands in a stack file: enums by value, texts without their quotes. */
function defaultText({ type, documentation }: ArgumentField): string {
    const [, described] = /^- (.*)$/.exec(documentation.default ?? "- ") ?? [];
    if (described !== undefined) {
        return described;
    }
    const [, value, more = ""] = /^(".*"|[^,]+)(, .*)?$/.exec(documentation.default ?? "") ?? [];
    const member = type.kind === "enum" ? type.members.find(({ name }) => value === `${type.name}.${name}`) : undefined;
    return `${code(member?.value ?? value.replace(/^"|"$/g, ""))}${more}`;
}

/** Names of the groups that more than one field has. */
function sharedGroups(root: ArgumentGroup): string[] {
    const uses = new Map<string, number>();
    const count = (group: ArgumentGroup): void => {
        for (const { type } of group.fields) {
            if (type.kind === "group") {
                uses.set(type.name, (uses.get(type.name) ?? 0) + 1);
                count(type);
            }
        }
    };
    count(root);
    return [...uses].filter(([, times]) => times > 1).map(([name]) => name);
}

function groupNamed(root: ArgumentGroup, name: string): ArgumentGroup {
    const search = (group: ArgumentGroup): ArgumentGroup | undefined =>
        group.name === name
            ? group
            : group.fields
                  .map(({ type }) => (type.kind === "group" ? search(type) : undefined))
                  .find((found) => found !== undefined);
    const found = search(root);
    if (found === undefined) {
        throw new Error(`no group ${name} among the arguments`);
    }
    return found;
}

function fieldAt(group: ArgumentGroup, [name, ...rest]: readonly string[]): ArgumentField {
    const field = group.fields.find((candidate) => candidate.name === name);
    if (field === undefined) {
        throw new Error(`no argument ${name} in ${group.name}`);
    }
    return rest.length > 0 && field.type.kind === "group" ? fieldAt(field.type, rest) : field;
}

function nameOf(type: ArgumentType): string {
    return type.kind === "group" ? type.name : "";
}

/** `SecretKeyArgs` is called "secret key". */
function words(name: string): string {
    return name
        .replace(/Args$/, "")
        .replace(/([a-z])([A-Z])/g, "$1 $2")
        .toLowerCase();
}

function code(text: string): string {
    return `\`${text}\``;
}

if (require.main === module) {
    main(async () => {
        writeFileSync(file, configurationPage(currentPage()));
        return 0;
    });
}
