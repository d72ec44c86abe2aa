import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { capture, output } from "../support/execution";
import { addresses, nodeDevice, paths } from "./layout";

/** Behind every other route: what no pod's own route matches must not go to the machine's gateway. */
const lastMetric = "4278198272";

/** The name of the cluster's pod network, and of its own table of filter rules. */
export const networkName = "airflow-kubernetes";

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
                        ranges: [[{ subnet: addresses.pods }]],
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
        ip saddr ${addresses.pods} ip daddr != { ${addresses.pods}, ${addresses.services}, ${addresses.node} } masquerade
    }
}
`;
}

/** Makes the node's device, address, routes and rules; changes nothing when they are there. */
export async function ensureNetwork(): Promise<void> {
    if ((await capture(["ip", "link", "show", nodeDevice])).code !== 0) {
        await output(["ip", "link", "add", nodeDevice, "type", "bridge"]);
    }
    await output(["ip", "address", "replace", `${addresses.node}/32`, "dev", nodeDevice]);
    await output(["ip", "link", "set", nodeDevice, "up"]);
    await output(["ip", "route", "replace", addresses.services, "dev", nodeDevice, "src", addresses.node]);
    await output(["ip", "route", "replace", "blackhole", addresses.pods, "metric", lastMetric]);
    await output(["nft", "-f", "-"], { input: masqueradeRules() });
}

/** Whether the node's device, routes and rules are there. */
export async function hasNetwork(): Promise<boolean> {
    const routes = await capture(["ip", "route", "show"]);
    return (
        (await capture(["nft", "list", "table", "ip", networkName])).code === 0 &&
        routes.stdout.includes(`${addresses.services} dev ${nodeDevice}`) &&
        routes.stdout.includes(`blackhole ${addresses.pods}`)
    );
}

interface DeviceAddresses {
    ifname: string;
    addr_info: { local?: string }[];
}

/** The machine's end of the pods' devices: those that carry the pods' gateway address. */
export function podDevices(ipAddressJson: string): string[] {
    return (JSON.parse(ipAddressJson) as DeviceAddresses[])
        .filter((device) => device.addr_info?.some((address) => address.local === addresses.podGateway))
        .map((device) => device.ifname);
}

/** Removes what pods that are gone left: devices, port mappings, leases of addresses. */
export async function removePodNetwork(): Promise<void> {
    for (const device of podDevices(await output(["ip", "-json", "address", "show"]))) {
        // The kernel may be removing it itself, with the pod's network namespace.
        await capture(["ip", "link", "delete", device]);
    }
    await removePortMappings();
    await rm(join(paths.cni, "networks"), { recursive: true, force: true });
    await rm(join(paths.cni, "results"), { recursive: true, force: true });
}

/** Removes all that the cluster added to the machine's network. */
export async function removeNetwork(): Promise<void> {
    await removePodNetwork();
    for (const [family, table] of [
        ["ip", "kube-proxy"],
        ["ip6", "kube-proxy"],
        ["ip", networkName],
    ] as const) {
        await capture(["nft", "delete", "table", family, table]);
    }
    await capture(["ip", "route", "delete", "blackhole", addresses.pods, "metric", lastMetric]);
    if (existsSync(`/sys/class/net/${nodeDevice}`)) {
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
    const saved = await capture(["iptables-save", "-t", "nat"]);
    const removal = portMappingRemoval(saved.stdout);
    if (removal !== "") {
        await output(["iptables-restore", "--noflush"], { input: removal });
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

/** The families that have a table "nat" of iptables. */
export async function natFamilies(): Promise<string[]> {
    const tables = (await capture(["nft", "list", "tables"])).stdout.split("\n");
    return ["ip", "ip6"].filter((family) => tables.includes(`table ${family} nat`));
}

/** Removes the tables "nat" that port mappings made, unless something of others is in them by now. */
export async function removeNatTables(familiesBefore: readonly string[]): Promise<void> {
    for (const family of (await natFamilies()).filter((name) => !familiesBefore.includes(name))) {
        if (isBareTable((await capture(["nft", "list", "table", family, "nat"])).stdout)) {
            await capture(["nft", "delete", "table", family, "nat"]);
        }
    }
}
