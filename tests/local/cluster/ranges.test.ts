import { expect } from "chai";
import { addressesIn, defaultRange, isWithin } from "../../../local/cluster/ranges";
import { parseResolvers, reachableResolvers } from "../../../local/cluster/resolvers";

describe("local/cluster: ranges of addresses", () => {
    it("cuts all addresses from one range, of any size that is allowed", () => {
        expect(addressesIn("172.24.0.0/16")).to.deep.equal({
            range: "172.24.0.0/16",
            pods: "172.24.0.0/17",
            services: "172.24.128.0/18",
            kubernetesService: "172.24.128.1",
            dns: "172.24.128.10",
            node: "172.24.192.1",
        });
        for (const range of ["10.64.0.0/10", "192.168.240.0/20", defaultRange]) {
            const { pods, services, kubernetesService, dns, node } = addressesIn(range);
            for (const part of [pods, services, node]) {
                expect(isWithin(part, range), `${part} in ${range}`).to.equal(true);
            }
            expect(isWithin(services, pods) || isWithin(node, pods) || isWithin(node, services)).to.equal(false);
            expect(isWithin(kubernetesService, services) && isWithin(dns, services)).to.equal(true);
        }
    });

    it("is by default none of those that other Kubernetes and Docker use", () => {
        const others = [
            "10.244.0.0/16",
            "10.96.0.0/12",
            "10.42.0.0/15",
            "10.88.0.0/16",
            "10.1.0.0/16",
            "172.16.0.0/12",
        ];
        for (const other of others) {
            expect(isWithin(other, defaultRange) || isWithin(defaultRange, other), other).to.equal(false);
        }
    });

    it("says in one sentence what a range must be that cannot be used", () => {
        for (const range of [
            "",
            "10.0.0.0",
            "10.0.0.0/8",
            "10.0.0.0/21",
            "10.1.0.0/14",
            "8.0.0.0/14",
            "300.0.0.0/14",
            "fd00::/64",
            "10.0.0.0/14,10.4.0.0/14",
        ]) {
            expect(() => addressesIn(range), range).to.throw(
                `CLUSTER_RANGE is "${range}", but must be a private IPv4 range from /10 to /20`,
            );
        }
    });

    it("knows what lies in a range", () => {
        expect(isWithin("10.111.255.255", "10.96.0.0/12")).to.equal(true);
        expect(isWithin("10.96.0.0/12", "10.96.0.0/12")).to.equal(true);
        expect(isWithin("10.112.0.0/16", "10.96.0.0/12")).to.equal(false);
        expect(isWithin("10.0.0.0/8", "10.96.0.0/12")).to.equal(false);
    });
});

describe("local/cluster: resolvers", () => {
    it("are those of the machine that a pod can reach", () => {
        const text =
            "# by hand\nsearch example.org\nnameserver 192.0.2.1\nnameserver 127.0.0.53\nnameserver ::1\nnameserver 2001:db8::1\nnameserver 192.0.2.1\noptions edns0\n";
        expect(reachableResolvers(text)).to.deep.equal(["192.0.2.1"]);
        expect(reachableResolvers("nameserver 127.0.0.53\n")).to.deep.equal([]);
        expect(reachableResolvers("")).to.deep.equal([]);
    });

    it("can be named, or left out", () => {
        expect(parseResolvers("")).to.equal(undefined);
        expect(parseResolvers(" none ")).to.deep.equal([]);
        expect(parseResolvers("192.0.2.1, 192.0.2.2")).to.deep.equal(["192.0.2.1", "192.0.2.2"]);
        for (const wrong of ["off", "192.0.2.1;192.0.2.2", "192.0.2.1,", "2001:db8::1"]) {
            expect(() => parseResolvers(wrong), wrong).to.throw(/^CLUSTER_RESOLVERS has ".*"none"/);
        }
    });
});
