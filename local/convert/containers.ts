import { isDeepStrictEqual } from "node:util";
import { insteadOf } from "../../components/airflow/ownedVariables";
import { type Fields, isFields } from "../../components/kubernetes/fields";
import { isTemplated, listOf, plain, templateText, textsOf } from "./chartValues";
import { decided, optionStep } from "./options";
import { parts } from "./parts";
import type { At, Row } from "./row";
import { holdsSecret, mayBeSecret } from "./secretTexts";
import { carried, left, merged, patchAt, type Step, same } from "./steps";

type Convert = Row["convert"];

const inSecret =
    "a literal value that may be a secret: put it into a Secret, and set the variable with valueFrom.secretKeyRef";

/** A field of a pod of the part, at a path in its `podTemplate`. */
export function podField(path: string, as: (value: unknown) => unknown = (value) => value): Convert {
    return (value, { part }) => {
        const to = `${stackOf(part)}.podTemplate.${path}`;
        return [holdsSecret(value) ? left(inSecret) : carried(to, as(value))];
    };
}

/** A field of the part's own container. */
export function containerField(field: string, as: (value: unknown) => unknown = (value) => value): Convert {
    return (value, { part }) => [holdsSecret(value) ? left(inSecret) : ofContainer(part, field, as(value))];
}

/** Requests and limits. Where the chart's values name no limits, there are none, so there are none here. */
export function resourcesOf(to: (part: string) => string): Convert {
    return (value, { part }) => {
        const { requests, limits } = isFields(value) ? value : {};
        return [
            carried(to(part), { ...(isFields(requests) && { requests: textsOf(requests) }), limits: textsOf(limits) }),
        ];
    };
}

/** Where the stack has a part. Without one, it is what all pods have. */
export function stackOf(part: string): string {
    return parts[part]?.stack ?? (part === "" ? "airflow" : part);
}

function ofContainer(part: string, field: string, value: unknown, below = ""): Step {
    const stack = stackOf(part);
    const name = parts[part]?.container ?? "*";
    const patch = patchAt([...stack.split("."), "podTemplate", "spec", "containers"], [{ name, [field]: value }]);
    const text = `${stack}.podTemplate (container ${name}, ${field})`;
    return { ...carried(text, undefined, below), patch };
}

/** Variables: those of all parts, or those of one. Some are options that have a setting of their own. */
export const environment: Convert = (value, { part, values }) =>
    eachOf(value, (element, below) => {
        const { name, value: literal, valueFrom, ...others } = isFields(element) ? element : {};
        if (typeof name !== "string" || Object.keys(others).length > 0) {
            return left("a variable has a name with value or valueFrom", below);
        }
        if (valueFrom !== undefined) {
            return variable(part, { name, valueFrom }, below);
        }
        const [, section, option] = /^AIRFLOW__([A-Z0-9_]+?)__([A-Z0-9_]+)$/.exec(name) ?? [];
        if (part === "" && section !== undefined && option !== undefined) {
            return optionStep(section.toLowerCase(), option.toLowerCase(), literal, values, below);
        }
        const instead = insteadOf(name.toUpperCase());
        if (instead !== undefined) {
            return left(decided(instead), below);
        }
        return mayBeSecret(name, literal)
            ? left(inSecret, below)
            : variable(part, { name, value: plain(literal ?? "") }, below);
    });

const bothNamespaces = "it has to be in the namespaces airflow and airflow-workers, where every task can read it";

function variable(part: string, element: object, below: string): Step {
    if (["jobs", "dags.gitSync"].includes(stackOf(part))) {
        return ofContainer(part, "env", [element], below);
    }
    const step = carried(`${stackOf(part)}.env`, [element], below);
    return part === "" && "valueFrom" in element ? { ...step, text: `${step.text}; ${bothNamespaces}` } : step;
}

/** `secret`: variables from Secrets. */
export const secretVariables: Convert = (value) =>
    eachOf(value, (element, below) => {
        const { envName, secretName, secretKey, ...others } = isFields(element) ? element : {};
        return [envName, secretName, secretKey].every((text) => typeof text === "string") && !Object.keys(others).length
            ? variable("", { name: envName, valueFrom: { secretKeyRef: { name: secretName, key: secretKey } } }, below)
            : left("an entry has envName, secretName and secretKey", below);
    });

/** `extraEnvFrom`: whole ConfigMaps and Secrets of variables. */
export const environmentSources: Convert = (value) =>
    eachOf(value, (element, below) => ({
        ...carried("airflow.envFrom", [element], below),
        text: `airflow.envFrom; ${bothNamespaces}`,
    }));

/** Elements of a list one by one. */
export function eachOf(value: unknown, convert: (element: unknown, below: string) => Step): readonly Step[] {
    const list = listOf(value);
    if (list === undefined) {
        return [left(isTemplated(value) ? templateText : "it is no list")];
    }
    return list.map((element, index) =>
        isTemplated(element) ? left(templateText, `[${index}]`) : convert(element, `[${index}]`),
    );
}

/** Volumes of all of Airflow's containers, or mounts of them: each part has them, and no pod of another kind. */
export function everywhere(field: "volumes" | "volumeMounts"): Convert {
    return (value, at) => {
        if (holdsSecret(value)) {
            return [left(inSecret)];
        }
        const ofParts = ["apiServer", "scheduler", "dagProcessor", "triggerer", "workers"].flatMap((part) =>
            (field === "volumes" ? podField("spec.volumes") : containerField("volumeMounts"))(value, { ...at, part }),
        );
        const patch = ofParts.reduce((all: unknown, step) => merged(all, step.patch), {}) as Fields;
        return [{ ...ofParts[0], text: `podTemplate of each process and of workers (${field})`, patch }];
    };
}

/** Context of a pod or a container. That of the image's user is what pods have anyway. */
export function securityContext(value: unknown, { part, key }: At): readonly Step[] {
    const usual: Readonly<Record<string, unknown>> = {
        runAsUser: 50000,
        runAsGroup: 0,
        fsGroup: 0,
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        seccompProfile: { type: "RuntimeDefault" },
        capabilities: { drop: ["ALL"] },
    };
    if (isFields(value) && Object.entries(value).every(([field, set]) => isDeepStrictEqual(set, usual[field]))) {
        return [same("pods run as 50000, group 0, without privileges")];
    }
    if (part === "") {
        return [
            left("it would hold for Postgres and git-sync, too: set it in the podTemplate of the parts that need it"),
        ];
    }
    return key.endsWith(".container")
        ? containerField("securityContext")(value, { part, key, values: {} })
        : podField("spec.securityContext")(value, { part, key, values: {} });
}
