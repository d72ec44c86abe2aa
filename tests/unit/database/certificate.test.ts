import { createPrivateKey, randomBytes, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { expect } from "chai";
import { type ServerCertificateParts, seedBytes, serverCertificate } from "../../../components/database/certificate";

const seed = () => randomBytes(seedBytes).toString("base64");

function parts(): ServerCertificateParts {
    return {
        authoritySeed: seed(),
        serverSeed: seed(),
        authorityName: "Authority of a server",
        serverNames: ["a-server.of.a.test", "localhost"],
    };
}

/** What a client says of a server: undefined when it trusts it. */
async function refusal(own: { certificate: string; key: string }, authority: string, name: string): Promise<unknown> {
    const server = createServer({ cert: own.certificate, key: own.key }, (socket) => socket.end());
    server.on("tlsClientError", () => undefined);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
        const { port } = server.address() as AddressInfo;
        const client = connect({ port, host: "127.0.0.1", servername: name, ca: authority });
        try {
            await once(client, "secureConnect");
            return undefined;
        } catch (error) {
            return (error as { code: string }).code;
        } finally {
            client.destroy();
        }
    } finally {
        server.close();
    }
}

describe("the certificate of a server", () => {
    it("is the same, to the byte, when its parts are the same", () => {
        const same = parts();
        expect(serverCertificate(same)).to.deep.equal(serverCertificate(same));
    });

    it("is by an authority that a client checks it with, for the names of the server alone", async () => {
        const made = serverCertificate(parts());
        expect(await refusal(made, made.authority, "a-server.of.a.test")).to.equal(undefined);
        expect(await refusal(made, made.authority, "localhost")).to.equal(undefined);
        expect(await refusal(made, made.authority, "another.of.a.test")).to.equal("ERR_TLS_CERT_ALTNAME_INVALID");
        const other = serverCertificate(parts());
        expect(await refusal(made, other.authority, "localhost")).to.match(/UNABLE_TO_VERIFY|SIGNATURE/);
    });

    it("can have another key, which clients of the same authority trust", async () => {
        const first = parts();
        const second = { ...first, serverSeed: seed() };
        const [older, newer] = [serverCertificate(first), serverCertificate(second)];
        expect(newer.authority).to.equal(older.authority);
        expect(newer.key).to.not.equal(older.key);
        expect(await refusal(newer, older.authority, "localhost")).to.equal(undefined);
    });

    it("does not expire, cannot sign others, and fits its key", () => {
        const { authority, certificate, key } = serverCertificate(parts());
        const [own, issuer] = [new X509Certificate(certificate), new X509Certificate(authority)];
        expect(own.checkPrivateKey(createPrivateKey(key))).to.equal(true);
        expect(own.verify(issuer.publicKey)).to.equal(true);
        expect([own.ca, issuer.ca]).to.deep.equal([false, true]);
        expect([own.validTo, issuer.validTo].map((time) => new Date(time).getUTCFullYear())).to.deep.equal([
            9999, 9999,
        ]);
        expect(own.serialNumber).to.not.equal(issuer.serialNumber);
    });
});
