import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { capture, output } from "../support/execution";
import { networkName, nodeDevice, paths } from "./layout";
import { ensurePolicyQueue, hasPolicyQueue, removePolicyQueue } from "./policyQueue";
import { addresses } from "./ranges";

/** Behind every other route: what no pod's own route matches must not go to the machine's gateway. */
const lastMetric = "4278198272";

// kube-proxy makes the first two, and takes no other name for them; `network-policies` makes the last.
const ownTables = ["ip kube-proxy", "ip6 kube-proxy", `ip ${networkName}`, `inet ${networkName}`] as const;

/** The pod network for containerd: a routed pair of devices for each pod, so that no bridge hides traffic from the rules. */
export function cniConfiguration(): string {
    return `${JSON.stringify(
        {
            cniVersion: "1.0.0",
            name: networkName,
            plugins: [
                {
                    type: "ptp",
                    ipMasq: false,
                    ipam: {
                        type: "host-local",
                        dataDir: "/var/lib/cni/networks",
                        ranges: [[{ subnet: addresses().pods }]],
                        routes: [{ dst: "0.0.0.0/0" }],
                    },
                },
                { type: "portmap", capabilities: { portMappings: true } },
            ],
        },
        undefined,
        4,
    )}\n`;
}

/** Rules that let pods reach beyond the cluster with the machine's address. */
export function masqueradeRules(): string {
    return `table ip ${networkName} {}
delete table ip ${networkName}
table ip ${networkName} {
    chain postrouting {
        type nat hook postrouting priority srcnat;
        ip saddr ${addresses().pods} ip daddr != { ${addresses().pods}, ${addresses().services}, ${addresses().node} } masquerade
    }
}
`;
}

/**
 * Rules that let the pods' packets pass a firewall that drops what it does not know, each as chain and rest: Docker and ufw
 * set such a policy for what is forwarded, ufw for what comes in, too.
 */
export function firewallRules(): [chain: string, ...rule: string[]][] {
    const { pods, node } = addresses();
    const comment = ["-m", "comment", "--comment", networkName];
    return [
        ["FORWARD", "-s", pods, ...comment, "-j", "ACCEPT"],
        ["FORWARD", "-d", pods, "-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", ...comment, "-j", "ACCEPT"],
        // To a port of the machine that is mapped to a pod.
        ["FORWARD", "-d", pods, "-m", "conntrack", "--ctstate", "DNAT", ...comment, "-j", "ACCEPT"],
        ["INPUT", "-s", pods, "-d", node, ...comment, "-j", "ACCEPT"],
    ];
}

/** The ranges that firewalld, which judges apart from iptables, is told to trust until it is started again. */
function trustedSources(): string[] {
    return [addresses().pods, `${addresses().node}/32`];
}

async function hasFirewalld(): Promise<boolean> {
    return (await capture(["firewall-cmd", "--state"]).catch(() => ({ code: 1 }))).code === 0;
}

async function trusts(source: string): Promise<boolean> {
    return (await capture(["firewall-cmd", "--zone=trusted", `--query-source=${source}`])).code === 0;
}

async function hasRule(rule: readonly string[]): Promise<boolean> {
    return (await capture(["iptables", "--wait", "--check", ...rule])).code === 0;
}

/** Whether a firewall of the machine lets the pods' packets pass. */
async function passesFirewall(): Promise<boolean> {
    const rules = await Promise.all(firewallRules().map(hasRule));
    return (
        rules.every(Boolean) &&
        (!(await hasFirewalld()) || (await Promise.all(trustedSources().map(trusts))).every(Boolean))
    );
}

/** Makes the machine's firewall let the pods' packets pass; changes nothing when it does. */
export async function ensureFirewall(): Promise<void> {
    for (const rule of firewallRules()) {
        if (!(await hasRule(rule))) {
            await output(["iptables", "--wait", "--insert", ...rule]);
        }
    }
    if (await hasFirewalld()) {
        for (const source of trustedSources()) {
            if (!(await trusts(source))) {
                await output(["firewall-cmd", "--zone=trusted", `--add-source=${source}`]);
            }
        }
    }
}

/** Takes the cluster's rules out of the machine's firewall. */
export async function removeFirewall(): Promise<void> {
    for (const rule of firewallRules()) {
        for (let times = 0; times < 10 && (await hasRule(rule)); times++) {
            await capture(["iptables", "--wait", "--delete", ...rule]);
        }
    }
    if (await hasFirewalld()) {
        for (const source of trustedSources()) {
            await capture(["firewall-cmd", "--zone=trusted", `--remove-source=${source}`]);
        }
    }
}

async function hasNodeDevice(): Promise<boolean> {
    return (await capture(["ip", "link", "show", nodeDevice])).code === 0;
}

/** Makes the node's device, address, routes and rules; changes nothing when they are there. */
export async function ensureNetwork(): Promise<void> {
    const { node, pods, services } = addresses();
    if (!(await hasNodeDevice())) {
        await output(["ip", "link", "add", nodeDevice, "type", "bridge"]);
    }
    await output(["ip", "address", "replace", `${node}/32`, "dev", nodeDevice]);
    await output(["ip", "link", "set", nodeDevice, "up"]);
    await output(["ip", "route", "replace", services, "dev", nodeDevice, "src", node]);
    await output(["ip", "route", "replace", "blackhole", pods, "metric", lastMetric]);
    await output(["nft", "-f", "-"], { input: masqueradeRules() });
    await ensureFirewall();
    await ensurePolicyQueue();
}

/** Whether the node's device, routes and rules are there. */
export async function hasNetwork(): Promise<boolean> {
    const routes = await capture(["ip", "route", "show"]);
    return (
        (await capture(["nft", "list", "table", "ip", networkName])).code === 0 &&
        routes.stdout.includes(`${addresses().services} dev ${nodeDevice}`) &&
        routes.stdout.includes(`blackhole ${addresses().pods}`) &&
        (await passesFirewall()) &&
        (await hasPolicyQueue())
    );
}

/** A pod as the CNI plugins recorded it when they connected it. */
export interface PodConnection {
    readonly namespace: string;
    readonly pod: string;
    /** The machine's end of its pair of devices. */
    readonly device: string;
    /** Name of its network namespace below the node's /run/netns. */
    readonly networkNamespace: string;
}

interface CniResult {
    networkName?: string;
    cniArgs?: [string, string][];
    result?: { interfaces?: { name: string; sandbox?: string }[] };
}

/** The pod in the text of a file of CNI's results; undefined for another network's, and for one that was cut short. */
export function podConnection(text: string): PodConnection | undefined {
    let recorded: CniResult;
    try {
        recorded = JSON.parse(text) as CniResult;
    } catch {
        return undefined;
    }
    const device = recorded.result?.interfaces?.find(({ sandbox }) => !sandbox)?.name;
    const sandbox = recorded.result?.interfaces?.find((one) => one.sandbox)?.sandbox;
    if (recorded.networkName !== networkName || device === undefined || sandbox === undefined) {
        return undefined;
    }
    const named = Object.fromEntries(recorded.cniArgs ?? []);
    return {
        namespace: named.K8S_POD_NAMESPACE ?? "",
        pod: named.K8S_POD_NAME ?? "",
        device,
        networkNamespace: basename(sandbox),
    };
}

/** The pods that the CNI plugins have connected. */
export async function podConnections(): Promise<PodConnection[]> {
    const directory = join(paths.cni, "results");
    const names = existsSync(directory) ? await readdir(directory) : [];
    const texts = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8").catch(() => "")));
    return texts.map(podConnection).filter((connection) => connection !== undefined);
}

/** A network device, as `ip -json -details link` prints it. */
interface Device {
    ifname: string;
    linkinfo?: { info_kind?: string };
}

async function devices(): Promise<Device[]> {
    return JSON.parse((await output(["ip", "-json", "-details", "link", "show"])) || "[]") as Device[];
}

/** Of the devices on the machine, those that the plugins made for pods. */
export function podDevices(present: readonly Device[], recorded: readonly PodConnection[]): string[] {
    const names = new Set(recorded.map(({ device }) => device));
    return present
        .filter(({ ifname, linkinfo }) => names.has(ifname) && linkinfo?.info_kind === "veth")
        .map(({ ifname }) => ifname);
}

/** Of the devices on the machine, those by which somebody else may forward packets: Docker, libvirt, a VPN, another Kubernetes. */
export function forwardingDevices(present: readonly Device[]): string[] {
    const kinds = ["bridge", "veth", "tun", "wireguard", "vxlan", "macvlan", "ipvlan"];
    return present
        .filter(({ ifname, linkinfo }) => ifname !== nodeDevice && kinds.includes(linkinfo?.info_kind ?? ""))
        .map(({ ifname }) => ifname);
}

/** Whether others on this machine rely on forwarding, as far as can be seen: by their devices, or rules that masquerade. */
export async function othersForward(): Promise<boolean> {
    const rules = (await capture(["nft", "list", "ruleset"])).stdout;
    return forwardingDevices(await devices()).length > 0 || /\bmasquerade\b|\bMASQUERADE\b/.test(rules);
}

/** What of others stands where the cluster's own would be: the node's device and the tables with fixed names. */
export async function occupied(): Promise<string[]> {
    const tables = (await capture(["nft", "list", "tables"]).catch(() => ({ stdout: "" }))).stdout.split("\n");
    return [
        ...ownTables
            .filter((table) => tables.includes(`table ${table}`))
            .map((table) => `the nftables table "${table}"`),
        ...((await hasNodeDevice().catch(() => false)) ? [`the network device ${nodeDevice}`] : []),
    ];
}

/** Removes what pods that are gone left: devices, port mappings, leases of addresses. */
export async function removePodNetwork(): Promise<void> {
    for (const device of podDevices(await devices(), await podConnections())) {
        // The kernel may be removing it itself, with the pod's network namespace.
        await capture(["ip", "link", "delete", device]);
    }
    await removePortMappings();
    await rm(join(paths.cni, "networks"), { recursive: true, force: true });
    await rm(join(paths.cni, "results"), { recursive: true, force: true });
}

/** Removes all that the cluster added to the machine's network, pods' devices left out. Only for who knows that it is the cluster's. */
export async function removeNetwork(): Promise<void> {
    for (const table of ownTables) {
        await capture(["nft", "delete", "table", ...table.split(" ")]);
    }
    await removeFirewall();
    await removePolicyQueue();
    await capture(["ip", "route", "delete", "blackhole", addresses().pods, "metric", lastMetric]);
    if (await hasNodeDevice()) {
        await output(["ip", "link", "delete", nodeDevice]);
    }
}

/**
 * The input for iptables-restore that takes the port mappings of the cluster's pods out of a saved nat table: the chain of
 * each mapping, and the plugin's common chains when nobody else's mapping is left in them.
 */
export function portMappingRemoval(saved: string): string {
    const lines = saved.split("\n");
    const own = lines.filter(
        (line) => line.startsWith("-A CNI-HOSTPORT-DNAT ") && line.includes(`\\"${networkName}\\"`),
    );
    const foreign = lines.filter((line) => line.startsWith("-A CNI-HOSTPORT-DNAT ") && !own.includes(line));
    const chains = own.map((line) => / -j (CNI-DN-\S+)/.exec(line)?.[1]).filter((chain) => chain !== undefined);
    let removal = own.map((line) => line.replace(/^-A/, "-D"));
    const common = lines.map((line) => /^:(CNI-HOSTPORT-\S+)/.exec(line)?.[1]).filter((chain) => chain !== undefined);
    if (foreign.length === 0 && common.length > 0) {
        const jumps = lines.filter((line) => /^-A (?!CNI-).* -j CNI-HOSTPORT-/.test(line));
        removal = jumps.map((line) => line.replace(/^-A/, "-D"));
        chains.push(...lines.map((line) => /^:(CNI-DN-\S+)/.exec(line)?.[1] ?? "").filter((chain) => chain !== ""));
        chains.push(...common);
    }
    const names = [...new Set(chains)];
    if (removal.length === 0 && names.length === 0) {
        return "";
    }
    const flush = names.map((chain) => `-F ${chain}`);
    const remove = names.map((chain) => `-X ${chain}`);
    return ["*nat", ...removal, ...flush, ...remove, "COMMIT", ""].join("\n");
}

async function removePortMappings(): Promise<void> {
    // Another network may change the table between the two commands: then it is looked at again, and left as it is in the end.
    for (let attempt = 0; attempt < 5; attempt++) {
        const removal = portMappingRemoval((await capture(["iptables-save", "-t", "nat"])).stdout);
        if (removal === "" || (await capture(["iptables-restore", "--noflush"], { input: removal })).code === 0) {
            return;
        }
    }
}

/** Whether what `nft list table` prints has no rule and no chain but those that iptables makes with the table. */
export function isBareTable(listed: string): boolean {
    const lines = listed.split("\n").map((line) => line.trim());
    const chains = lines.filter((line) => line.startsWith("chain "));
    const hooks = lines.filter((line) => line.startsWith("type ") && line.includes(" hook "));
    const others = lines.filter((line) => !["", "}"].includes(line) && !/^(table|chain|type|#)\b|^#/.test(line));
    return others.length === 0 && chains.length === hooks.length;
}

const iptablesTables = ["ip nat", "ip6 nat", "ip filter", "ip6 filter", "ip mangle"] as const;

/** The tables of iptables that there are. */
export async function presentIptablesTables(): Promise<string[]> {
    const tables = (await capture(["nft", "list", "tables"])).stdout.split("\n");
    return iptablesTables.filter((table) => tables.includes(`table ${table}`));
}

/** Removes the tables that came with the cluster's rules, unless something of others is in them by now. */
export async function removeIptablesTables(before: readonly string[]): Promise<void> {
    for (const table of (await presentIptablesTables()).filter((name) => !before.includes(name))) {
        if (isBareTable((await capture(["nft", "list", "table", ...table.split(" ")])).stdout)) {
            await capture(["nft", "delete", "table", ...table.split(" ")]);
        }
    }
}
