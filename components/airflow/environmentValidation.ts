import type * as k8s from "@pulumi/kubernetes";
import { fieldsOf } from "../kubernetes/fields";
import type { Problem } from "../problems";
import { check, dnsName } from "../validation/checks";
import { keyProblems } from "../validation/secrets";
import { secretVariables } from "./environment";
import { ownedVariables, secretVariableNames } from "./ownedVariables";

type EnvVar = k8s.types.input.core.v1.EnvVar;
type EnvFromSource = k8s.types.input.core.v1.EnvFromSource;

/** Everything that is wrong with variables of a user for containers of Airflow. */
export function environmentProblems(path: string, variables: readonly EnvVar[]): Problem[] {
    return variables.flatMap(({ name, value, valueFrom }, index) => {
        const at = `${path}[${index}]`;
        if (typeof name !== "string") {
            return [];
        }
        return [
            ...check(
                /^[A-Za-z_]\w*$/.test(name),
                `${at}.name`,
                name,
                "letters, digits and underscores, no digit first",
            ),
            ...check(
                variables.findIndex((other) => other.name === name) === index,
                `${at}.name`,
                name,
                "each name once",
            ),
            ...check((value === undefined) !== (valueFrom === undefined), at, name, "either value or valueFrom"),
            ...sourceProblems(`${at}.valueFrom`, valueFrom),
            ...(valueFrom === undefined
                ? variableFault(`${at}.name`, name.toUpperCase(), name)
                : referenceFault(`${at}.name`, name.toUpperCase())),
        ];
    });
}

/** Processes find the component's executor by it. */
export function searchPathProblems(path: string, variables: readonly EnvVar[]): Problem[] {
    return variables.flatMap(({ name }, index) =>
        check(
            name !== "PYTHONPATH",
            `${path}[${index}].name`,
            name,
            "nothing: the component sets PYTHONPATH itself",
            "Set pythonPackages.requirements, or put modules into the folder of DAGs.",
        ),
    );
}

/** Everything that is wrong with whole ConfigMaps and Secrets of variables. */
export function environmentSourcesProblems(path: string, sources: readonly EnvFromSource[]): Problem[] {
    return sources.flatMap((source, index) => {
        const at = `${path}[${index}]`;
        const { configMapRef, secretRef } = source;
        return [
            ...check(
                (configMapRef === undefined) !== (secretRef === undefined),
                at,
                undefined,
                "either configMapRef or secretRef",
            ),
            ...nameProblems(`${at}.configMapRef.name`, fieldsOf(configMapRef).name),
            ...nameProblems(`${at}.secretRef.name`, fieldsOf(secretRef).name),
        ];
    });
}

/** A problem when a user sets a variable that the component sets, or one that holds a secret. */
export function variableFault(path: string, variable: string, value: unknown): Problem[] {
    // AIRFLOW__X__Y_CMD and AIRFLOW__X__Y_SECRET set the option Y as well.
    const base = variable.replace(/_(CMD|SECRET)$/, "");
    if (secretVariableNames.has(variable) || secretVariableNames.has(base)) {
        return [{ path, allowed: "no option that holds a secret: it would be readable in every pod" }];
    }
    const instead = ownedVariables[variable] ?? ownedVariables[base];
    return instead === undefined
        ? []
        : [{ path, value, allowed: `nothing: the component sets ${variable} itself`, remedy: instead }];
}

/** By reference a user may give a process whatever Airflow reads, other than what the component gives it. */
function referenceFault(path: string, variable: string): Problem[] {
    const owned = variable in ownedVariables || Object.values<string>(secretVariables).includes(variable);
    const allowed = `nothing: the component sets ${variable} itself`;
    return check(!owned, path, variable, allowed, ownedVariables[variable]);
}

function sourceProblems(path: string, source: unknown): Problem[] {
    return ["secretKeyRef", "configMapKeyRef"].flatMap((kind) =>
        keyProblems(`${path}.${kind}`, fieldsOf(fieldsOf(source)[kind])),
    );
}

function nameProblems(path: string, name: unknown): Problem[] {
    return typeof name === "string" ? dnsName(path, name) : [];
}
