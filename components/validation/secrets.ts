import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import { check, dnsName } from "./checks";
import type { Problem } from "./problems";

/**
 * Problems of a secret that is a value, or a key of a Secret that somebody else makes.
 *
 * @param path The argument for the value; that for the Secret ends in `Secret`.
 */
export function secretProblems(path: string, value: unknown, secret: SecretKeyArgs | undefined): Problem[] {
    return [
        ...(value !== undefined && secret !== undefined
            ? [{ path: `${path}Secret`, allowed: `either ${path} or ${path}Secret` }]
            : []),
        ...keyProblems(`${path}Secret`, secret),
    ];
}

/** Problems of a key in a Secret or a ConfigMap. What is not known yet is taken as right. */
export function keyProblems(path: string, { name, key }: { name?: unknown; key?: unknown } = {}): Problem[] {
    return [
        ...(typeof name === "string" ? dnsName(`${path}.name`, name) : []),
        ...(typeof key === "string"
            ? check(
                  /^(?!\.\.?$)[-._a-zA-Z0-9]{1,253}$/.test(key),
                  `${path}.key`,
                  key,
                  "letters, digits, dashes, underscores and dots",
              )
            : []),
    ];
}
