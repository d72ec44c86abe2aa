import * as pulumi from "@pulumi/pulumi";

/** Whether a value is one that only an update will know. */
export function isOutput(value: unknown): value is pulumi.Output<unknown> | Promise<unknown> {
    return pulumi.Output.isInstance(value) || value instanceof Promise;
}

/** Whether all of a value is known already. */
export function isKnown(value: unknown): boolean {
    return !isOutput(value) && (typeof value !== "object" || value === null || Object.values(value).every(isKnown));
}

/** What a function makes of a value: at once where all of that is known, so that a preview shows it, or else as an Output. */
export function mapInput<T, U>(value: T, make: (known: pulumi.Unwrap<T>) => U): U | pulumi.Output<U> {
    return isKnown(value)
        ? make(value as pulumi.Unwrap<T>)
        : (pulumi.output(value).apply((known) => make(known as pulumi.Unwrap<T>)) as pulumi.Output<U>);
}

/** The elements of a list, or none while there is no knowing how many it has. */
export function knownElements<T>(list: pulumi.Input<readonly T[] | undefined>): readonly T[] {
    return Array.isArray(list) ? list : [];
}
