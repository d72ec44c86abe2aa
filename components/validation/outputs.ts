import * as pulumi from "@pulumi/pulumi";
import { isKnown, isOutput } from "../kubernetes/known";
import { replacedAt, shownPath, valueAt } from "./argumentPaths";
import { ArgumentsError, type Problem } from "./problems";

/** Arguments that are checked together as soon as all of them are known. */
export interface OutputCheck<T> {
    /** Their paths. */
    readonly paths: readonly string[];
    /** What is wrong with all arguments. Those that are not known yet are taken as right. */
    readonly problems: (args: T) => readonly Problem[];
}

/**
 * Arguments in which those that only the update knows are checked when it does: whatever is made of a wrong one fails with the
 * problems that a plain value has. All fail with one error, which Pulumi shows once.
 */
export function checkedOutputs<T extends object>(args: T, { paths, problems }: OutputCheck<T>): T {
    const given = paths
        .map((path) => path.split("."))
        .map((path) => ({ path, value: valueAt(args, path) }))
        .filter(({ value }) => !isKnown(value));
    if (given.length === 0) {
        return args;
    }
    const right = pulumi.output(given.map(({ value }) => value)).apply((known: readonly unknown[]) => {
        const lacking = given.flatMap(({ path, value }, index) => missing(shownPath(path), value, known[index]));
        const complete = given.reduce((all, { path }, index) => replacedAt(all, path, () => known[index]), args);
        refuse(lacking.length > 0 ? lacking : problems(complete));
        return known;
    });
    return given.reduce(
        (all, { path, value }, index) => replacedAt(all, path, () => checkedParts(value, part(right, String(index)))),
        args,
    );
}

function refuse(problems: readonly Problem[]): void {
    if (problems.length > 0) {
        throw new ArgumentsError(problems, undefined, "Nothing that depends on them was created.");
    }
}

/** Outputs without a value, such as the name of a load balancer that has an address only. */
function missing(path: string, given: unknown, known: unknown): Problem[] {
    if (isOutput(given)) {
        return known === undefined || known === null ? [{ path, allowed: "a value, and this Output has none" }] : [];
    }
    return typeof given === "object" && given !== null
        ? Object.entries(given).flatMap(([key, below]) =>
              missing(`${path}${Array.isArray(given) ? `[${key}]` : `.${key}`}`, below, valueAt(known, [key])),
          )
        : [];
}

/** A value with the checked Outputs in place of its own. What is plain in it stays so. */
function checkedParts(value: unknown, right: pulumi.Output<unknown>): unknown {
    if (isKnown(value)) {
        return value;
    }
    if (isOutput(value)) {
        return right;
    }
    return Array.isArray(value)
        ? value.map((element, index) => checkedParts(element, part(right, String(index))))
        : Object.fromEntries(
              Object.entries(value as object).map(([key, below]) => [key, checkedParts(below, part(right, key))]),
          );
}

function part(whole: pulumi.Output<unknown>, key: string): pulumi.Output<unknown> {
    return whole.apply((known) => valueAt(known, [key]));
}
