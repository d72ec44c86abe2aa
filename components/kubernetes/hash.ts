import { createHash } from "node:crypto";

/**
 * Ten hexadecimal digits that stand for a value, for names of objects that cannot be changed in place (Jobs).
 * Keys are sorted, so equal values give equal names whatever order they were written in.
 */
export function shortHash(value: unknown): string {
    return createHash("sha256").update(canonical(value)).digest("hex").slice(0, 10);
}

function canonical(value: unknown): string {
    return JSON.stringify(value, (_key, part: unknown) =>
        typeof part === "object" && part !== null && !Array.isArray(part)
            ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
            : part,
    );
}
