import { expect } from "chai";
import { clientsOf } from "../../../local/session/nfsServerSettings";

const node = (address: string, rest: object = {}) => ({
    status: {
        addresses: [
            { type: "InternalIP", address },
            { type: "Hostname", address: "node" },
        ],
    },
    ...rest,
});

describe("The addresses that nodes mount from", () => {
    it("are their own, and those of tunnel and bridge in their ranges of pods", () => {
        expect(
            clientsOf([
                node("10.0.0.7", { spec: { podCIDR: "10.244.0.0/24", podCIDRs: ["10.244.0.0/24", "fd00:1::/64"] } }),
                node("10.0.0.8", { spec: { podCIDR: "10.244.1.0/24" } }),
            ]),
        ).to.deep.equal(["10.0.0.7", "10.0.0.8", "10.244.0.0", "10.244.0.1", "10.244.1.0", "10.244.1.1"]);
    });

    it("are those that the network plugin tells of, where it hands out other addresses than the range of the node", () => {
        const spec = { podCIDR: "10.244.0.0/24" };
        const calico = {
            annotations: {
                "projectcalico.org/IPv4Address": "10.0.0.7/24",
                "projectcalico.org/IPv4IPIPTunnelAddr": "192.168.3.1",
            },
        };
        const cilium = {
            annotations: { "network.cilium.io/ipv4-cilium-host": "10.9.0.4", "example.org/ipv4": "1.2.3.4" },
        };
        expect(clientsOf([node("10.0.0.7", { spec, metadata: calico })])).to.deep.equal(["10.0.0.7", "192.168.3.1"]);
        expect(clientsOf([node("10.0.0.7", { spec, metadata: cilium })])).to.deep.equal(["10.0.0.7", "10.9.0.4"]);
    });

    it("are none of nodes that tell nothing", () => {
        expect(clientsOf([{}])).to.deep.equal([]);
    });
});
