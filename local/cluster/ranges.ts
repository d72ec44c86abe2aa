import { existsSync, readFileSync } from "node:fs";
import { BlockList, isIPv4 } from "node:net";
import { UserError } from "../support/errors";
import { paths } from "./layout";

/** The setting that moves the cluster's addresses, from the environment. */
export const rangeSetting = "CLUSTER_RANGE";

/** What is used unless it is set: neither kubeadm's and flannel's, nor k3s', MicroK8s', Docker's or podman's. */
export const defaultRange = "10.212.0.0/14";

/** The addresses that the cluster uses. */
export interface Addresses {
    /** The range that the others are cut from. */
    readonly range: string;
    /** The first half: addresses of pods. */
    readonly pods: string;
    /** The third quarter: addresses of Services. */
    readonly services: string;
    readonly kubernetesService: string;
    readonly dns: string;
    /** The first address of the last quarter. */
    readonly node: string;
}

const widest = 10;
const narrowest = 20;
// Ranges for private use: what lies elsewhere is somebody's on the internet, and would be out of the pods' reach.
const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];

function toNumber(address: string): number {
    return address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

function toAddress(number: number): string {
    return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join(".");
}

function parts(range: string): { address: string; length: number } {
    const [address = "", length = "32"] = range.split("/");
    return { address, length: Number(length) };
}

/** Whether an IPv4 range ("10.96.0.0/12", "10.1.2.3") lies in another one or is the same. */
export function isWithin(inner: string, outer: string): boolean {
    const { address, length } = parts(outer);
    const list = new BlockList();
    list.addSubnet(address, length);
    const asked = parts(inner);
    return asked.length >= length && list.check(asked.address);
}

/** The last address of a range that a machine or pod may have. */
export function lastOf(range: string): string {
    const { address, length } = parts(range);
    return toAddress(toNumber(address) + 2 ** (32 - length) - 2);
}

/** The addresses cut from a range, as CLUSTER_RANGE gives it. Throws a `UserError` when it cannot be used. */
export function addressesIn(range: string): Addresses {
    const { address, length } = parts(range);
    const size = 2 ** (32 - length);
    const start = toNumber(address);
    if (
        !/^[\d.]+\/\d+$/.test(range) ||
        !isIPv4(address) ||
        length < widest ||
        length > narrowest ||
        start % size !== 0 ||
        !privateRanges.some((outer) => isWithin(range, outer))
    ) {
        throw new UserError(
            `${rangeSetting} is "${range}", but must be a private IPv4 range from /${widest} to /${narrowest} that begins at a multiple of its size, such as ${defaultRange} or 172.24.0.0/16.`,
        );
    }
    const services = start + size / 2;
    return {
        range,
        pods: `${address}/${length + 1}`,
        services: `${toAddress(services)}/${length + 2}`,
        kubernetesService: toAddress(services + 1),
        dns: toAddress(services + 10),
        node: toAddress(start + (size / 4) * 3 + 1),
    };
}

/** The range that the cluster in the cluster's directory was made with; undefined when there is none. */
export function recordedRange(): string | undefined {
    return existsSync(paths.range) ? readFileSync(paths.range, "utf8").trim() : undefined;
}

/** The range that CLUSTER_RANGE asks for; undefined when it is unset or empty. */
export function askedRange(): string | undefined {
    return process.env[rangeSetting]?.trim() || undefined;
}

/** Throws a `UserError` when another range is asked for than the one that the cluster was made with. */
export function requireSameRange(): void {
    const [recorded, asked] = [recordedRange(), askedRange()];
    const madeWith = recorded ?? (existsSync(paths.certificates) ? "other addresses, by an older version" : undefined);
    if (madeWith !== undefined && (recorded === undefined || (asked !== undefined && asked !== recorded))) {
        throw new UserError(
            `The local cluster was made with ${madeWith}, which cannot be changed: make clean empties it, and the next make up makes it with ${asked ?? defaultRange}.`,
        );
    }
}

/**
 * The cluster's addresses: those it was made with, else those that CLUSTER_RANGE asks for, else the default. None may leave
 * the machine: Services are routed to the node's own bridge, and what no pod holds of the pods' range goes into a blackhole.
 */
export function addresses(): Addresses {
    return addressesIn(recordedRange() ?? askedRange() ?? defaultRange);
}
