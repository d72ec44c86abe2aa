import { isIP } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import { isKnown } from "../kubernetes/known";
import { parseQuantity } from "../kubernetes/quantity";
import type { ContainerResources } from "../kubernetes/resources";
import type { Problem } from "./problems";

/** A text. One that is not known yet is taken as right, here and wherever it is checked. */
type Text = pulumi.Input<string>;

/** Problems of a value, or of several together; none while they are not all known. */
export function whenKnown<T>(value: T, problems: (known: pulumi.Unwrap<T>) => Problem[]): Problem[] {
    return isKnown(value) ? problems(value as pulumi.Unwrap<T>) : [];
}

/** A problem when a text that is known is not valid. */
export function checkText(
    path: string,
    value: Text,
    valid: (known: string) => boolean,
    allowed: string,
    remedy?: string,
): Problem[] {
    return whenKnown(value, (known) => check(valid(known), path, known, allowed, remedy));
}

/** A problem when `valid` is false. */
export function check(valid: boolean, path: string, value: unknown, allowed: string, remedy?: string): Problem[] {
    return valid ? [] : [{ path, value, allowed, remedy }];
}

/** A text for a message; none with an @, before which a password may be. */
export function shown(text: string): string | undefined {
    return text.includes("@") ? undefined : text;
}

/** A problem when a text that is known does not fit. */
export function knownText(path: string, value: unknown, pattern: RegExp, allowed: string): Problem[] {
    return typeof value === "string" ? check(pattern.test(value), path, shown(value), allowed) : [];
}

/** A problem when a value is not in an enum. */
export function oneOf(path: string, value: string, values: Record<string, string>): Problem[] {
    const allowed = Object.values(values);
    return check(allowed.includes(value), path, value, allowed.join(", "));
}

/** A problem when a number is not whole or out of its range. */
export function wholeNumber(path: string, value: number, least: number, most: number): Problem[] {
    const valid = Number.isInteger(value) && value >= least && value <= most;
    return check(valid, path, value, `a whole number from ${least} to ${most}`);
}

/** A problem when a name is not a DNS label, as names of most Kubernetes objects must be. */
export function dnsLabel(path: string, value: Text): Problem[] {
    return checkText(
        path,
        value,
        (known) => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(known),
        "1 to 63 lower-case letters, digits and dashes, beginning and ending without a dash",
    );
}

/** A problem when a name is not a DNS name. */
export function dnsName(path: string, value: Text): Problem[] {
    const label = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
    const valid = (known: string) => known.length <= 253 && new RegExp(`^${label}(\\.${label})*$`).test(known);
    return checkText(path, value, valid, "a DNS name: lower-case letters, digits, dashes and dots");
}

/** A problem when a text is neither a DNS name nor an address. */
export function hostName(path: string, value: Text): Problem[] {
    const label = "[A-Za-z0-9_]([-A-Za-z0-9_]{0,61}[A-Za-z0-9])?";
    const valid = (known: string) =>
        isIP(known) !== 0 || (known.length <= 253 && new RegExp(`^${label}(\\.${label})*\\.?$`).test(known));
    return checkText(path, value, valid, "a host name or an IP address, without protocol, port and path");
}

/** A problem when a text is neither an IP address nor a range of them. */
export function addressRange(path: string, value: Text): Problem[] {
    return checkText(path, value, isAddressRange, "an IP address or a CIDR, such as 10.0.0.7 or 10.0.0.0/24");
}

/** A problem when a text is no range of addresses. Kubernetes wants a length in each, also of a single address. */
export function cidrRange(path: string, value: Text): Problem[] {
    const malformed = addressRange(path, value);
    return malformed.length > 0
        ? malformed
        : checkText(
              path,
              value,
              (known) => known.includes("/"),
              "a CIDR; that of one address ends with /32, or /128 for IPv6",
          );
}

function isAddressRange(text: string): boolean {
    const [address = "", length, ...rest] = text.split("/");
    const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
    return (
        longest > 0 &&
        rest.length === 0 &&
        (length === undefined || (/^(0|[1-9]\d{0,2})$/.test(length) && Number(length) <= longest))
    );
}

/** A problem when a path is not absolute, or has parts such as `..`. */
export function absolutePath(path: string, value: Text): Problem[] {
    const plain = (known: string) =>
        /^(\/[^/\s]+)+$/.test(known) && !known.split("/").some((part) => part === "." || part === "..");
    return checkText(path, value, plain, "an absolute path without . and .. and not the root");
}

/** A problem when a text is not a Kubernetes quantity above zero. */
export function quantity(path: string, value: Text): Problem[] {
    const valid = (known: string) => (parseQuantity(known) ?? 0) > 0;
    return checkText(path, value, valid, "a Kubernetes quantity above zero, such as 500m, 512Mi or 10Gi");
}

/** A problem when an image may be another one tomorrow. */
export function pinnedImage(path: string, image: Text): Problem[] {
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
