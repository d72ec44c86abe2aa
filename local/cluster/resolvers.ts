import { existsSync, readFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { UserError } from "../support/errors";
import { isWithin } from "./ranges";

/** The setting that says whom the cluster's DNS asks for names outside of the cluster, from the environment. */
export const resolversSetting = "CLUSTER_RESOLVERS";

// systemd-resolved writes its own address into the first; whom it asks is in the second.
const files = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/** The name servers in a text of resolv.conf that a pod can reach: with IPv4, and not the machine's own loopback. */
export function reachableResolvers(resolvConf: string): string[] {
    const named = resolvConf.split("\n").map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? "");
    return [...new Set(named)].filter((address) => isIPv4(address) && !isWithin(address, "127.0.0.0/8"));
}

/** Those of a setting ("none", "192.0.2.1,192.0.2.2"); undefined when it is empty. Throws a `UserError` when it is neither. */
export function parseResolvers(setting: string): string[] | undefined {
    const text = setting.trim();
    if (text === "" || text === "none") {
        return text === "" ? undefined : [];
    }
    const addresses = text.split(",").map((address) => address.trim());
    const wrong = addresses.find((address) => !isIPv4(address));
    if (wrong !== undefined) {
        throw new UserError(
            `${resolversSetting} has "${wrong}", but must be "none" or IPv4 addresses with commas between them, such as 192.0.2.1,192.0.2.2.`,
        );
    }
    return addresses;
}

/** Whom the cluster's DNS asks for names outside of it: whom CLUSTER_RESOLVERS names, else whom this machine asks. */
export function resolvers(): string[] {
    const asked = parseResolvers(process.env[resolversSetting] ?? "");
    const texts = files.filter((file) => existsSync(file)).map((file) => readFileSync(file, "utf8"));
    return asked ?? texts.map(reachableResolvers).find((found) => found.length > 0) ?? [];
}
