/** One `key=value` of `CONFIG="..."`: the full configuration key, the path inside its object, the typed value. */
export interface Override {
    readonly key: string;
    readonly path: readonly string[];
    /** Undefined takes the key out. */
    readonly value: OverrideValue | undefined;
}

export type OverrideValue = string | number | boolean | readonly string[];

/** The overrides that could be read, and what is wrong with the rest, in the words of the person who typed them. */
export interface ParsedOverrides {
    readonly overrides: readonly Override[];
    readonly faults: readonly string[];
}

/** One setting as typed: the text with its quotes resolved, and whether its value stood in quotes. */
interface Word {
    readonly text: string;
    readonly quoted: boolean;
}

const keyPattern = /^(?:([A-Za-z][\w-]*):)?([A-Za-z][\w-]*(?:\.[\w-]+)*)$/;

/**
 * Reads `CONFIG="a=1 b.c=true kubernetes:context=dev note='two words'"`. `true`, `false` and whole numbers are typed unless
 * quoted; a dotted key sets a path inside an object; a key without a namespace belongs to `project`.
 */
export function parseOverrides(text: string, project: string): ParsedOverrides {
    const overrides: Override[] = [];
    const faults: string[] = [];
    const { words, fault } = splitWords(text);
    if (fault !== undefined) {
        faults.push(fault);
    }
    for (const word of words) {
        const read = readOverride(word, project);
        if (typeof read === "string") {
            faults.push(read);
            continue;
        }
        const clash = overrides.find((other) => clashes(other, read));
        if (clash !== undefined) {
            faults.push(`"${word.text}" sets what "${nameOf(clash)}=${clash.value}" sets already; keep one of them`);
            continue;
        }
        overrides.push(read);
    }
    return { overrides, faults };
}

/** The override's key as it is written in CONFIG and in a stack file, path included. */
export function nameOf(override: Override): string {
    return [override.key, ...override.path].join(".");
}

function readOverride(word: Word, project: string): Override | string {
    const equals = word.text.indexOf("=");
    if (equals < 0) {
        return `"${word.text}" has no "="; write key=value`;
    }
    const name = word.text.slice(0, equals);
    const match = keyPattern.exec(name);
    if (match === null) {
        return `"${word.text}": "${name}" is no key; write key, key.path or namespace:key, with letters, digits, - and _`;
    }
    const [, namespace = project, dotted = ""] = match;
    const [key, ...path] = dotted.split(".");
    return { key: `${namespace}:${key}`, path, value: typed(word.text.slice(equals + 1), word.quoted) };
}

function typed(text: string, quoted: boolean): OverrideValue {
    if (quoted) {
        return text;
    }
    if (text === "true" || text === "false") {
        return text === "true";
    }
    return /^-?(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text;
}

function clashes(one: Override, other: Override): boolean {
    return (
        one.key === other.key &&
        one.path.slice(0, other.path.length).join(".") === other.path.slice(0, one.path.length).join(".")
    );
}

function splitWords(text: string): { words: Word[]; fault?: string } {
    const words: Word[] = [];
    let current = "";
    let inWord = false;
    let quoted = false;
    let quote: string | undefined;
    const finish = (): void => {
        if (inWord) {
            words.push({ text: current, quoted });
        }
        current = "";
        inWord = false;
        quoted = false;
    };
    for (const character of text) {
        if (quote !== undefined) {
            if (character === quote) {
                quote = undefined;
            } else {
                current += character;
            }
        } else if (character === '"' || character === "'") {
            quote = character;
            inWord = true;
            quoted = true;
        } else if (/\s/.test(character)) {
            finish();
        } else {
            current += character;
            inWord = true;
        }
    }
    if (quote !== undefined) {
        return { words, fault: `"${current}" opens a ${quote} that nothing closes` };
    }
    finish();
    return { words };
}
