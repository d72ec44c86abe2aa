import { existsSync, readFileSync } from "node:fs";
import { UserError } from "../support/errors";
import { capture } from "../support/execution";
import { networkName } from "./layout";
import { addresses } from "./ranges";

/** Number of the queue by which the kernel hands the first packet of each of the pods' connections to `network-policies`. */
export const policyQueue = 53_540;

/** Where the kernel lists the queues that a program takes packets from. */
const queues = "/proc/net/netfilter/nfnetlink_queue";

/**
 * Rules that put packets into the queue, for a kernel whose nftables do not know queues. Where they do, `network-policies` makes
 * rules of its own. They come after the address of a Service has become that of a pod, and before pods get the machine's address.
 * What the machine itself sends is not judged, though it has an address of the pods' range there: the node may reach its pods.
 * While no program takes them, packets pass.
 */
export function queueRules(): string[][] {
    const { pods } = addresses();
    const comment = ["-m", "comment", "--comment", networkName];
    const into = ["-j", "NFQUEUE", "--queue-num", `${policyQueue}`, "--queue-bypass"];
    const first = ["-m", "addrtype", "!", "--src-type", "LOCAL", "-m", "conntrack", "--ctstate", "NEW"];
    return [
        ["POSTROUTING", "-s", pods, ...first, ...comment, ...into],
        ["POSTROUTING", "-d", pods, ...first, ...comment, ...into],
    ];
}

/** Whether the kernel's nftables know queues; asks it without a change. */
async function nftablesKnowQueues(): Promise<boolean> {
    const table = `table inet ${networkName}-try {
        chain postrouting {
            type filter hook postrouting priority srcnat;
            queue flags bypass to ${policyQueue}
        }
    }
    `;
    return (await capture(["nft", "--check", "-f", "-"], { input: table })).code === 0;
}

const mangle = ["iptables", "--wait", "--table", "mangle"];

async function change(action: "--check" | "--insert" | "--delete", rule: readonly string[]) {
    return await capture([...mangle, action, ...rule]);
}

/** The rules that are there, also those that another version of this cluster has made. */
async function madeRules(): Promise<string[][]> {
    const { stdout } = await capture([...mangle, "--list-rules", "POSTROUTING"]);
    return stdout
        .split("\n")
        .filter((line) => line.includes(`--comment ${networkName} -j NFQUEUE`))
        .map((line) => line.trim().split(" ").slice(1));
}

/** Makes the rules, and no others; a `UserError` where the kernel has no queues at all. */
export async function ensurePolicyQueue(): Promise<void> {
    if (await nftablesKnowQueues()) {
        return;
    }
    if ((await madeRules()).length === queueRules().length && (await hasPolicyQueue())) {
        return;
    }
    await removePolicyQueue();
    for (const rule of queueRules()) {
        const { code, stderr } = await change("--insert", rule);
        if (code !== 0) {
            throw new UserError(
                `This kernel cannot hand packets to a program (NFQUEUE), which NetworkPolicies need: ${stderr.trim()}`,
            );
        }
    }
}

/** Whether packets get into the queue. */
export async function hasPolicyQueue(): Promise<boolean> {
    if (await nftablesKnowQueues()) {
        return true;
    }
    const found = await Promise.all(queueRules().map((rule) => change("--check", rule)));
    return found.every(({ code }) => code === 0);
}

/** Whether a program takes packets from the queue, in what the kernel lists. */
export function isTaken(listed: string): boolean {
    return listed.split("\n").some((line) => Number(line.trim().split(/\s+/)[0]) === policyQueue);
}

/** Whether NetworkPolicies are enforced now. */
export function policiesAreEnforced(): boolean {
    return existsSync(queues) && isTaken(readFileSync(queues, "utf8"));
}

/** Removes the rules. */
export async function removePolicyQueue(): Promise<void> {
    for (const rule of await madeRules()) {
        await change("--delete", rule);
    }
}
