import { isIP } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import { parseQuantity } from "../kubernetes/quantity";
import type { ContainerResources } from "../kubernetes/resources";
import type { Problem } from "../problems";

/** A problem when `valid` is false. */
export function check(valid: boolean, path: string, value: unknown, allowed: string, remedy?: string): Problem[] {
    return valid ? [] : [{ path, value, allowed, remedy }];
}

/** A problem when a value is none of an enum. */
export function oneOf(path: string, value: string, values: Record<string, string>): Problem[] {
    const allowed = Object.values(values);
    return check(allowed.includes(value), path, value, allowed.join(", "));
}

/** A problem when a number is not whole or out of its range. */
export function wholeNumber(path: string, value: number, least: number, most: number): Problem[] {
    const valid = Number.isInteger(value) && value >= least && value <= most;
    return check(valid, path, value, `a whole number from ${least} to ${most}`);
}

/** A problem when a name is no DNS label, as names of most Kubernetes objects must be. */
export function dnsLabel(path: string, value: string): Problem[] {
    const valid = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value);
    return check(
        valid,
        path,
        value,
        "1 to 63 lower-case letters, digits and dashes, beginning and ending without a dash",
    );
}

/** A problem when a name is no DNS name. */
export function dnsName(path: string, value: string): Problem[] {
    const label = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
    const valid = value.length <= 253 && new RegExp(`^${label}(\\.${label})*$`).test(value);
    return check(valid, path, value, "a DNS name: lower-case letters, digits, dashes and dots");
}

/** A problem when a text is neither a DNS name nor an address. */
export function hostName(path: string, value: string): Problem[] {
    const label = "[A-Za-z0-9_]([-A-Za-z0-9_]{0,61}[A-Za-z0-9])?";
    const valid = isIP(value) !== 0 || (value.length <= 253 && new RegExp(`^${label}(\\.${label})*\\.?$`).test(value));
    return check(valid, path, value, "a host name or an IP address, without protocol, port and path");
}

/** A problem when a text is neither an IP address nor a range of them. */
export function addressRange(path: string, value: string): Problem[] {
    const [address = "", length, ...rest] = value.split("/");
    const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    const valid =
        longest > 0 &&
        rest.length === 0 &&
        (length === undefined || (/^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= longest));
    return check(valid, path, value, "an IP address or a CIDR, such as 10.0.0.7 or 10.0.0.0/24");
}

/** A problem when a text is no Kubernetes quantity above zero. */
export function quantity(path: string, value: string): Problem[] {
    const parsed = parseQuantity(value);
    const valid = parsed !== undefined && parsed > 0;
    return check(valid, path, value, "a Kubernetes quantity above zero, such as 500m, 512Mi or 10Gi");
}

/** A problem when an image may be another one tomorrow. One that is not known yet is taken as right. */
export function pinnedImage(path: string, image: pulumi.Input<string>): Problem[] {
    if (typeof image !== "string") {
        return [];
    }
    const name = "[a-z0-9]+(?:[._-]+[a-z0-9]+)*";
    const pattern = new RegExp(
        `^(?:[A-Za-z0-9.-]+(?::\\d+)?/)?${name}(?:/${name})*(?::(\\w[\\w.-]{0,127}))?(@sha256:[0-9a-f]{64})?$`,
    );
    const match = pattern.exec(image);
    const pinned = match !== null && ((match[1] !== undefined && match[1] !== "latest") || match[2] !== undefined);
    return check(pinned, path, image, "an image with a tag other than latest, or with a digest, such as postgres:17");
}

/** Problems of requests and limits. What is not known yet is taken as right. */
export function resources(path: string, { requests, limits }: ContainerResources): Problem[] {
    const malformed = Object.entries({ requests, limits }).flatMap(([kind, quantities]) =>
        Object.entries(quantities).flatMap(([resource, value]) => [
            ...check(
                isQualifiedName(resource),
                `${path}.${kind}.${resource}`,
                value,
                "names of resources, such as cpu",
            ),
            ...(typeof value === "string" ? quantity(`${path}.${kind}.${resource}`, value) : []),
        ]),
    );
    if (malformed.length > 0) {
        return malformed;
    }
    return Object.entries(requests).flatMap(([resource, request]) => {
        const limit = limits[resource];
        if (typeof request !== "string" || typeof limit !== "string") {
            return [];
        }
        const fits = (parseQuantity(request) ?? 0) <= (parseQuantity(limit) ?? 0);
        return check(fits, `${path}.requests.${resource}`, request, `not more than its limit, which is ${limit}`);
    });
}

/** Whether a text can be the key of a label, an annotation or a taint: a name, with a DNS name before it or without. */
export function isQualifiedName(text: string): boolean {
    const [name, ...prefix] = text.split("/").reverse();
    const named = /^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/.test(name);
    return named && (prefix.length === 0 || (prefix.length === 1 && dnsName("", prefix[0]).length === 0));
}

/** Whether a text can be the value of a label. */
export function isLabelValue(text: string): boolean {
    return /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/.test(text);
}

/** Problems of labels. */
export function labels(path: string, given: Readonly<Record<string, string>>): Problem[] {
    return Object.entries(given).flatMap(([key, value]) =>
        check(
            isQualifiedName(key) && isLabelValue(value),
            `${path}.${key}`,
            value,
            "label keys and values of up to 63 letters, digits, dashes, underscores and dots",
        ),
    );
}

/** Problems of the keys of annotations. */
export function annotations(path: string, given: Readonly<Record<string, string>>): Problem[] {
    return Object.entries(given).flatMap(([key, value]) =>
        check(
            isQualifiedName(key),
            `${path}.${key}`,
            value,
            "annotation keys of up to 63 letters, digits, dashes, underscores and dots",
        ),
    );
}
