import type * as k8s from "@pulumi/kubernetes";
import { fieldsOf } from "../kubernetes/fields";
import { check, dnsName } from "../validation/checks";
import type { Problem } from "../validation/problems";
import { keyProblems } from "../validation/secrets";
import { heartbeatVariables, insteadOf, namesOf, secretRemedy } from "./ownedVariables";

type EnvVar = k8s.types.input.core.v1.EnvVar;
type EnvFromSource = k8s.types.input.core.v1.EnvFromSource;

/** Everything that is wrong with a user's environment variables for Airflow's containers. */
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
                ? variableFault(`${at}.name`, name.toUpperCase(), name, value)
                : referenceFault(`${at}.name`, name.toUpperCase(), valueFrom)),
        ];
    });
}

/** Airflow's processes find the component's executor through it. */
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

/** Everything that is wrong with ConfigMaps and Secrets of environment variables. */
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

/** Problems of a variable with a literal value: one that the component sets or relies on, and one that holds a secret. */
export function variableFault(path: string, variable: string, value: unknown, given: unknown = value): Problem[] {
    const secret = secretRemedy(variable);
    if (secret !== undefined) {
        const what = variable.startsWith("AIRFLOW_CONN_") ? "connection" : "option";
        return [{ path, allowed: `no ${what} that holds a secret: it would be readable in every pod`, remedy: secret }];
    }
    const instead = insteadOf(variable);
    if (instead !== undefined) {
        return [{ path, value, allowed: `nothing: the component decides on ${variable}`, remedy: instead }];
    }
    return [...credentialsFault(path, given), ...heartbeatFault(path, variable, given)];
}

/** A user and a password in a URL, other than one that Kubernetes puts there from a variable. */
const credentials = /:\/\/[^/\s@]*:(?!\$\(\w+\)@)[^/\s@]+@/;

/** A password in the URL of a proxy, a broker or an index would be readable in every pod. */
function credentialsFault(path: string, given: unknown): Problem[] {
    return typeof given === "string" && credentials.test(given)
        ? [
              {
                  path,
                  allowed: "no URL with a password: it would be readable in every pod",
                  remedy: "Put the URL into a Secret, and name that in env with valueFrom.secretKeyRef.",
              },
          ]
        : [];
}

function heartbeatFault(path: string, variable: string, given: unknown): Problem[] {
    const isFine =
        typeof given !== "string" || (/^\d+(\.\d+)?$/.test(given) && Number(given) > 0 && Number(given) <= 60);
    return check(
        isFine || !namesOf(variable).some((name) => heartbeatVariables.has(name)),
        path,
        given,
        "seconds, more than 0 and at most 60: probes restart a process without a heartbeat for two minutes",
    );
}

/** By reference, a user may set any variable that the component does not set itself; a secret from a Secret only. */
function referenceFault(path: string, variable: string, source: unknown): Problem[] {
    const instead = insteadOf(variable);
    const secret = secretRemedy(variable);
    const isOpen = secret !== undefined && fieldsOf(source).configMapKeyRef !== undefined;
    return instead === undefined
        ? check(
              !isOpen,
              path,
              variable,
              "a secret from valueFrom.secretKeyRef: whoever reads a namespace reads its ConfigMaps",
          )
        : [{ path, value: variable, allowed: `nothing: the component decides on ${variable}`, remedy: instead }];
}

function sourceProblems(path: string, source: unknown): Problem[] {
    return ["secretKeyRef", "configMapKeyRef"].flatMap((kind) =>
        keyProblems(`${path}.${kind}`, fieldsOf(fieldsOf(source)[kind])),
    );
}

function nameProblems(path: string, name: unknown): Problem[] {
    return typeof name === "string" ? dnsName(path, name) : [];
}
