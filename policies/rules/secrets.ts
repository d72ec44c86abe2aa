import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { known, texts } from "../known";
import { containersOf, kindOf, podsOf } from "../pods";

const secretName =
    /(PASSWORD|PASSPHRASE|SECRET|SECRET_KEY|API_KEY|ACCESS_KEY|PRIVATE_KEY|FERNET_KEY|TOKEN|SQL_ALCHEMY_CONN(_ASYNC)?)$|^AIRFLOW_CONN_/;

export const secretVariablesAreReferences: ResourceValidationPolicy = {
    name: "secret-variables-are-references",
    description: "Variables that are named like a secret come from a Secret: a literal is in every copy of the pod.",
    validateResource: (args, reportViolation) => {
        const pods = podsOf(args);
        for (const container of pods === undefined ? [] : containersOf(pods)) {
            for (const { name, value } of known(() => container.env) ?? []) {
                if (secretName.test(name) && value) {
                    reportViolation(`container ${container.name} has ${name} as a literal: use valueFrom.secretKeyRef`);
                }
            }
        }
    },
};

/** Shorter ones, such as a user's name or a port in a Secret, stand elsewhere, too. */
const shortest = 12;

export const secretsStayInSecrets: StackValidationPolicy = {
    name: "secrets-stay-in-secrets",
    description:
        "No value of a Secret or of a generated password is in a ConfigMap, a variable, an argument or an annotation.",
    validateStack: ({ resources }, reportViolation) => {
        const values = new Set(resources.flatMap(secretValues));
        const objects = resources.filter((resource) => kindOf(resource) !== undefined && kindOf(resource) !== "Secret");
        for (const object of objects) {
            const open = texts(object.props).join("\n");
            // Never the value itself: what a policy reports is printed.
            if ([...values].some((value) => open.includes(value))) {
                reportViolation(
                    `${object.name} holds a secret in the open: refer to a key of a Secret in its place`,
                    object.urn,
                );
            }
        }
    },
};

/** Values of a resource that nobody should read, as they are and as base64. */
function secretValues(resource: PolicyResource): string[] {
    const plain = [
        ...(kindOf(resource) === "Secret" ? texts(known(() => resource.props.stringData)) : []),
        ...(/^random:index\/random(Password|Bytes):/.test(resource.type)
            ? ["result", "base64", "hex"].flatMap((output) => texts(known(() => resource.props[output])))
            : []),
    ];
    const encoded = kindOf(resource) === "Secret" ? texts(known(() => resource.props.data)) : [];
    const decoded = encoded.map((value) => Buffer.from(value, "base64").toString());
    return [...plain, ...decoded]
        .filter((value) => value.length >= shortest && !value.startsWith("-----BEGIN CERTIFICATE"))
        .flatMap((value) => [value, Buffer.from(value).toString("base64")]);
}
