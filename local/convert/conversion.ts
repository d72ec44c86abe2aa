import { pinnedKeysProblems } from "../../components";
import { elementsOf, type Fields, isFields } from "../../components/kubernetes/fields";
import { airflowNames } from "../../components/pods/reservedNames";
import { readArgs } from "../../config";
import {
    below,
    chartValues,
    isTemplated,
    isWithin,
    leaves,
    listOf,
    ShapeFault,
    templateText,
    valueAt,
    withoutEmpty,
} from "./chartValues";
import { mapping } from "./mapping";
import { expanded } from "./parts";
import type { At, Row } from "./row";
import { Fate, hasPartIn, left, merged, patchAt, type Step, same } from "./steps";

/** What became of a key of the values file. */
export interface Note {
    /** Its path in the file. */
    readonly path: string;
    readonly fate: Fate;
    readonly text: string;
}

/** A secret of the values file, for a secret key of the stack. */
export interface Secret {
    readonly key: string;
    /** Path of its value in the values file. */
    readonly from: string;
}

/** A values file as a stack. */
export interface Conversion {
    /** Keys of the stack, without the project's name. None is secret. */
    readonly stack: Fields;
    /** What became of each key that the file sets, in the file's order. Each is told once. */
    readonly notes: readonly Note[];
    readonly secrets: readonly Secret[];
    /** What the stack lacks before it can be used. */
    readonly missing: readonly string[];
}

/** A step of a row, at its full path in the chart's values. */
interface Taken extends Step {
    readonly path: string;
}

/** A cluster of several nodes, as the chart's users have. */
const start: Fields = { hosting: "readWriteMany" };

/** The rows in the order in which they count: Airflow takes an option from a variable before it looks into its file. */
const inOrder = [
    ...mapping.filter(({ keys }) => !keys[0].startsWith("config.")),
    ...mapping.filter(({ keys }) => keys[0].startsWith("config.")),
];

/** A stack of what a values file of the official chart says. */
export function convert(file: Fields): Conversion {
    const { prefix, values: given } = chartValues(file);
    const values = withLists(withoutEmpty(given));
    let taken = refused(
        inOrder.reduce((steps: readonly Taken[], row) => steps.concat(stepsOf(row, values, steps)), []),
    );
    // What the stack would refuse is not carried over. What is left may then be refused for another reason, and so on.
    for (;;) {
        const next = judged(taken);
        if (next === taken) {
            break;
        }
        taken = next;
    }
    const { stack, secrets } = builtFrom(taken);
    const steps = [
        ...taken,
        ...rest(values, taken).map((path) => ({ ...left("the converter does not know it"), path })),
    ];
    const order = leaves(withLists(given));
    const empty = order.filter((path) => !steps.some((step) => isWithin(path, step.path)));
    const all = [...steps, ...empty.filter((path) => path !== "").map((path) => ({ ...same("it is empty"), path }))];
    const placeOf = ({ path }: { path: string }) => order.findIndex((leaf) => isWithin(leaf, path));
    const beside = prefix === "" ? [] : Object.keys(file).filter((key) => key !== "airflow");
    return {
        stack,
        notes: [
            ...all
                .sort((one, other) => placeOf(one) - placeOf(other))
                .map(({ path, fate, text }) => ({ path: `${prefix}${path}`, fate, text })),
            ...beside.map((path) => ({ path, fate: Fate.Left, text: "it is not of the chart under the key airflow" })),
        ],
        secrets: taken.flatMap(({ path, secret }) =>
            secret === undefined ? [] : [{ key: secret.key, from: `${prefix}${path}` }],
        ),
        missing: missing(stack, secrets),
    };
}

/** The values with lists that the chart takes as text of YAML as lists. */
export function withLists(values: Fields): Fields {
    const lists = ["extraEnv", "extraEnvFrom"].flatMap((key) => {
        const list = listOf(values[key]);
        return list === undefined ? [] : [[key, list]];
    });
    return { ...values, ...Object.fromEntries(lists) };
}

/** What a row makes of the values. */
function stepsOf(row: Row, values: Fields, before: readonly Taken[]): readonly Taken[] {
    return row.keys.flatMap((pattern) =>
        expanded(pattern).flatMap(({ key, part }) => {
            const paths = key.endsWith(".*") ? untaken(values, key.slice(0, -2), before) : [key];
            return paths.flatMap((path) => {
                const value = valueAt(values, path);
                return value === undefined
                    ? []
                    : converted(row, value, { key: path, part, values }).map((step) => ({
                          ...(isTemplated(step.patch) ? left(templateText) : step),
                          path: `${path}${step.below}`,
                      }));
            });
        }),
    );
}

/** What a row makes of one value; one that has another shape than its key stays behind. */
function converted(row: Row, value: unknown, at: At): readonly Step[] {
    try {
        return row.convert(value, at);
    } catch (error) {
        if (error instanceof ShapeFault) {
            return [left(error.message)];
        }
        throw error;
    }
}

/** The paths in a map that no step has taken; of `config`, those of single options. */
function untaken(values: Fields, path: string, taken: readonly Taken[]): readonly string[] {
    const value = valueAt(values, path);
    const depth = path === "config" ? 2 : 1;
    return children(value, path, depth).filter(
        (child) => !taken.some((step) => isWithin(child, step.path) || isWithin(step.path, child)),
    );
}

function children(value: unknown, path: string, depth: number): string[] {
    if (!isFields(value) || depth === 0) {
        return [path];
    }
    return Object.entries(value).flatMap(([key, part]) => children(part, below(path, key), depth - 1));
}

/** What is set and no row knows, as high up as it is all of that. */
function rest(values: unknown, taken: readonly Taken[], path = ""): string[] {
    const within = taken.filter((step) => isWithin(step.path, path) || path === "");
    if (taken.some((step) => isWithin(path, step.path) && path !== "")) {
        return [];
    }
    if (within.length === 0 && path !== "") {
        return [path];
    }
    const entries: [string | number, unknown][] = Array.isArray(values)
        ? values.map((part, index) => [index, part])
        : Object.entries(isFields(values) ? values : {});
    return entries.flatMap(([key, part]) => rest(part, taken, below(path, key)));
}

/** The stack, and values of its secrets. A step that contradicts one before it stays behind. */
function builtFrom(taken: readonly Taken[]): {
    readonly stack: Fields;
    readonly secrets: Readonly<Record<string, string>>;
    readonly contradictions: readonly Taken[];
} {
    let stack: unknown = start;
    const secrets: Record<string, string> = {};
    const contradictions: Taken[] = [];
    for (const step of taken) {
        const next = merged(stack, step.patch ?? {});
        const { key, value } = step.secret ?? {};
        if (next === undefined || (key !== undefined && (secrets[key] ?? value) !== value)) {
            contradictions.push(step);
            continue;
        }
        stack = next;
        if (key !== undefined && value !== undefined) {
            secrets[key] = value;
        }
    }
    return { stack: stack as Fields, secrets, contradictions };
}

/** The steps without patches that contradict those before. */
function refused(taken: readonly Taken[]): readonly Taken[] {
    const { contradictions } = builtFrom(taken);
    return taken.map((step) =>
        contradictions.includes(step)
            ? { ...left("another key of the file, which counts more, says something else"), path: step.path }
            : step,
    );
}

/** The steps without what the stack's own checks refuse; the same list where they refuse none of it. */
function judged(taken: readonly Taken[]): readonly Taken[] {
    const { stack, secrets } = builtFrom(taken);
    const problems = [...problemsOf(stack, secrets), ...lostVolumes(stack)];
    let changed = false;
    const next = taken.map((step) => {
        const problem = problems.find(
            ({ path }) => path === step.secret?.key || (step.patch !== undefined && hasPartIn(step.patch, stack, path)),
        );
        if (problem === undefined) {
            return step;
        }
        changed = true;
        const { allowed, remedy } = problem;
        return {
            ...left(`${problem.path} would be refused; allowed: ${allowed}${remedy ? `. ${remedy}` : ""}`),
            path: step.path,
        };
    });
    return changed ? next : taken;
}

interface Fault {
    readonly path: string;
    readonly allowed: string;
    readonly remedy?: string;
}

/** What is wrong with a stack, by its own checks. */
function problemsOf(stack: Fields, secrets: Readonly<Record<string, string>>): readonly Fault[] {
    return read(stack, secrets).problems;
}

function read(stack: Fields, secrets: Readonly<Record<string, string>>): ReturnType<typeof readArgs> {
    const values = Object.entries({ ...withHost(stack), ...secrets }).map(([key, value]) => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
    ]);
    return readArgs(Object.fromEntries(values));
}

/** Without the address of its database, nothing else of a stack is looked at. */
function withHost(stack: Fields): Fields {
    return lacksHost(stack)
        ? { ...stack, ...(merged(stack, patchAt(hostPath.split("."), "host.example.com")) as Fields) }
        : stack;
}

const hostPath = "database.external.host";

function lacksHost(stack: Fields): boolean {
    return valueAt(stack, "database.external") !== undefined && valueAt(stack, hostPath) === undefined;
}

/** Mounts of volumes that stayed behind. */
function lostVolumes(stack: Fields): readonly Fault[] {
    const volumesOf = (part: unknown) =>
        elementsOf(valueAt(part, "podTemplate.spec.volumes")).map(([volume]) => volume.name);
    const parts: [string, unknown][] = [...Object.entries(stack), ["dags.gitSync", valueAt(stack, "dags.gitSync")]];
    return parts.flatMap(([name, part]) => {
        const known = [...airflowNames.volumes, ...volumesOf(part), ...volumesOf(stack.airflow)];
        return ["containers", "initContainers"].flatMap((list) =>
            elementsOf(valueAt(part, `podTemplate.spec.${list}`)).flatMap(([container, index]) =>
                elementsOf(container.volumeMounts)
                    .filter(([mount]) => !known.includes(mount.name))
                    .map(([, place]) => ({
                        path: `${name}.podTemplate.spec.${list}[${index}].volumeMounts[${place}].name`,
                        allowed: "a volume of the pod: this one stayed behind",
                    })),
            ),
        );
    });
}

/** What has to be set before the stack can be used. */
function missing(stack: Fields, secrets: Readonly<Record<string, string>>): readonly string[] {
    const { args, problems } = read(stack, secrets);
    const told = problems.map(({ path, allowed, remedy }) => `${path}: ${allowed}${remedy ? `. ${remedy}` : ""}`);
    const needsFernetKey = pinnedKeysProblems(args).some(({ remedy }) => remedy?.includes("airflow.fernetKey"));
    const delivery = valueAt(stack, "dags.delivery");
    return [
        "kubernetes:context: the name of a kubectl context",
        ...(lacksHost(stack) ? [`${hostPath}: the name or address of the database's server`] : []),
        ...told,
        ...(needsFernetKey
            ? [
                  "fernetKey: the key that the database was written with, as a secret or by airflow.fernetKeySecret; for a new database, make pin-keys makes one",
              ]
            : []),
        ...(delivery === undefined
            ? [
                  "dags: the values do not say where DAGs come from; set dags.delivery (docs/dags.md), or dags.volume.folder to a folder of yours",
              ]
            : []),
    ];
}
