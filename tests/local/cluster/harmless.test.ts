import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { policyQueue } from "../../../local/cluster/policyQueue";
import { addresses } from "../../../local/cluster/ranges";
import { findOnPath, systemPath } from "../../../local/support/execution";
import { clusterDirectory } from "../../../local/support/paths";
import { skip } from "../../support/skip";
import { apart, apartPrograms } from "./apart";

describe("local/cluster: what is others'", function () {
    this.timeout(60_000);
    let isMade = false;

    before(function () {
        if (process.getuid?.() !== 0) {
            skip(this, "only root can make namespaces");
        }
        const missing = apartPrograms.filter(
            (program) => findOnPath(program, systemPath(process.env.PATH)) === undefined,
        );
        if (missing.length > 0) {
            skip(this, `there is no ${missing.join(", no ")}`);
        }
        isMade = !existsSync(clusterDirectory);
        mkdirSync(clusterDirectory, { recursive: true });
    });

    after(() => {
        if (isMade) {
            rmdirSync(clusterDirectory);
        }
    });

    it("stays through down and reset, and up keeps away from it", async () => {
        const gateway = addresses().pods.replace(/\.0\/\d+$/, ".1");
        const disk = `${clusterDirectory}/node/data/disk`;
        const lines = await apart(`
            ip link add cni0 type bridge
            ip address add 10.244.0.1/16 dev cni0
            ip address add ${gateway}/32 dev cni0
            nft add table ip kube-proxy
            nft add chain ip kube-proxy services
            echo 1 > /proc/sys/net/ipv4/ip_forward
            mkdir -p ${disk}
            mount -t tmpfs disk ${disk}
            touch ${disk}/mine
            show() {
                ip -brief address show dev cni0 | tr -s " " | cut -d " " -f 3-4
                nft list tables
                nft list table ip kube-proxy | grep chain | tr -d "\\t"
                cat /proc/sys/net/ipv4/ip_forward
            }
            before="$(show)"
            cluster down
            cluster reset
            ls ${disk}
            umount ${disk}
            cluster reset
            cluster up | grep -o 'another Kubernetes .*kube-proxy"'
            [ "$before" = "$(show)" ] && echo "$before"
        `);
        expect(lines).to.deep.equal([
            "The local cluster is not running",
            `Nothing was removed: ${disk} is a mount, and what is in it would be lost. Unmount it first (umount ${disk}).`,
            "mine",
            "The local cluster is not running",
            "The local cluster is empty",
            'another Kubernetes runs on this machine, or has left something: the nftables table "ip kube-proxy"',
            `10.244.0.1/16 ${gateway}/32`,
            "table ip kube-proxy",
            "chain services {",
            "1",
        ]);
    });

    it("keeps its firewall, which only lets the pods' packets pass, in iptables", async () => {
        const lines = await apart(`
            iptables -P FORWARD DROP
            iptables -A FORWARD -s 192.0.2.0/24 -j ACCEPT
            before="$(iptables -S)"
            load ensureFirewall "ensureFirewall().then(ensureFirewall)"
            iptables -S FORWARD
            iptables -S INPUT
            load removeFirewall "removeFirewall()"
            [ "$before" = "$(iptables -S)" ] && echo same
        `);
        const { pods, node } = addresses();
        const comment = "-m comment --comment airflow-kubernetes -j ACCEPT";
        expect(lines).to.deep.equal([
            "-P FORWARD DROP",
            `-A FORWARD -d ${pods} -m conntrack --ctstate DNAT ${comment}`,
            `-A FORWARD -d ${pods} -m conntrack --ctstate RELATED,ESTABLISHED ${comment}`,
            `-A FORWARD -s ${pods} ${comment}`,
            "-A FORWARD -s 192.0.2.0/24 -j ACCEPT",
            "-P INPUT ACCEPT",
            `-A INPUT -s ${pods} -d ${node}/32 ${comment}`,
            "same",
        ]);
    });

    it("keeps its other rules of iptables, beside those that hand new connections of pods to a program", async () => {
        // As on a kernel whose nftables know no queues.
        const directory = mkdtempSync(join(tmpdir(), "nft-"));
        writeFileSync(join(directory, "nft"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
        const lines = await apart(
            `
            iptables -t mangle -A POSTROUTING -d 192.0.2.0/24 -j ACCEPT
            before="$(iptables -t mangle -S)"
            "$NODE" --import tsx --eval "const queue = require('./local/cluster/policyQueue'); \
                queue.ensurePolicyQueue().then(queue.ensurePolicyQueue)"
            iptables -t mangle -S POSTROUTING
            "$NODE" --import tsx --eval "require('./local/cluster/policyQueue').removePolicyQueue()"
            [ "$before" = "$(iptables -t mangle -S)" ] && echo same
            `,
            `${directory}:${systemPath(process.env.PATH)}`,
        );
        rmSync(directory, { recursive: true });
        const { pods } = addresses();
        const begin =
            "-m addrtype ! --src-type LOCAL -m conntrack --ctstate NEW -m comment --comment airflow-kubernetes -j NFQUEUE";
        const into = `${begin} --queue-num ${policyQueue} --queue-bypass`;
        expect(lines).to.deep.equal([
            "-P POSTROUTING ACCEPT",
            `-A POSTROUTING -d ${pods} ${into}`,
            `-A POSTROUTING -s ${pods} ${into}`,
            "-A POSTROUTING -d 192.0.2.0/24 -j ACCEPT",
            "same",
        ]);
    });

    it("keeps its firewall, which only lets the pods' packets pass, in firewalld", async () => {
        const directory = mkdtempSync(join(tmpdir(), "firewalld-"));
        try {
            const [log, trusted] = [join(directory, "log"), join(directory, "trusted")];
            const stub = [
                "#!/bin/sh",
                `echo "$*" >> ${log}`,
                'source="$(echo "$*" | sed "s/.*source=//")"',
                `case "$*" in *query*) grep -qxF "$source" ${trusted};; *add*) echo "$source" >> ${trusted};;`,
                `*remove*) grep -vxF "$source" ${trusted} > ${trusted}.new; mv ${trusted}.new ${trusted};; esac`,
            ];
            writeFileSync(join(directory, "firewall-cmd"), `${stub.join("\n")}\n`, { mode: 0o755 });
            writeFileSync(trusted, "192.0.2.0/24\n");
            const lines = await apart(
                `
                load ensureFirewall "ensureFirewall().then(ensureFirewall)"
                cat ${trusted}
                load removeFirewall "removeFirewall()"
                cat ${trusted}
                grep -c add-source ${log}
                `,
                `${directory}:${systemPath(process.env.PATH)}`,
            );
            const { pods, node } = addresses();
            expect(lines).to.deep.equal(["192.0.2.0/24", pods, `${node}/32`, "192.0.2.0/24", "2"]);
        } finally {
            rmSync(directory, { recursive: true });
        }
    });
});
