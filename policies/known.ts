import { UnknownValueError } from "@pulumi/policy";

/** What a function reads, or undefined where a preview does not know it yet. */
export function known<Result>(read: () => Result): Result | undefined {
    try {
        return read();
    } catch (error) {
        if (error instanceof UnknownValueError) {
            return undefined;
        }
        throw error;
    }
}

/** Every text in a value that is known by now. */
export function texts(value: unknown): string[] {
    if (typeof value === "string") {
        return [value];
    }
    if (typeof value !== "object" || value === null) {
        return [];
    }
    const parts = value as Readonly<Record<string, unknown>>;
    return Object.keys(parts).flatMap((key) => known(() => texts(parts[key])) ?? []);
}
