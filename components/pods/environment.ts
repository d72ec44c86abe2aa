import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import { literal } from "../kubernetes/literal";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import type { CommonSettings } from "../settings/airflowKubernetesDefaults";

type EnvVar = k8s.types.input.core.v1.EnvVar;

/** Environment variables by name: a name cannot come twice. */
export type Environment = Record<string, pulumi.Input<string>>;

/** One variable that a Secret fills. */
export function fromSecret(name: string, { name: secretName, key }: SecretKeyArgs): EnvVar & { name: string } {
    return { name, valueFrom: { secretKeyRef: { name: secretName, key } } };
}

/** Plain variables, in the order of their names, so that equal settings give equal pods. */
export function plainEnvironment(environment: Environment): EnvVar[] {
    return Object.entries(environment)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => ({ name, value: mapInput(value, literal) }));
}

/**
 * A container's variables: the component's, and in place of those of the same name the user's. The API server refuses a
 * name that comes twice.
 *
 * @param common Variables that the user gives to all containers of Airflow.
 * @param variables Variables that the user gives to this one.
 */
export function userEnvironment(
    own: readonly EnvVar[],
    common: Pick<CommonSettings, "env" | "envFrom">,
    variables: readonly EnvVar[] = [],
): Pick<k8s.types.input.core.v1.Container, "env" | "envFrom"> {
    const env = [common.env, variables].reduce<EnvVar[]>(
        (all, given) => [...all.filter(({ name }) => !given.some((variable) => variable.name === name)), ...given],
        [...own],
    );
    return { env, ...(common.envFrom.length > 0 && { envFrom: common.envFrom }) };
}
