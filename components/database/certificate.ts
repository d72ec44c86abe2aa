import { createHash, createPrivateKey } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { AsnConvert, AsnObjectIdentifierConverter, OctetString } from "@peculiar/asn1-schema";
import * as x509 from "@peculiar/asn1-x509";

/** A certificate, and the key that it is for. */
export interface Certificate {
    /** In PEM. */
    readonly certificate: string;
    /** PKCS #8 in PEM. A secret. */
    readonly key: string;
}

/** Certificate of a server, and the authority that clients check it with. */
export interface ServerCertificate extends Certificate {
    /** Certificate of the authority, in PEM. */
    readonly authority: string;
}

/** What a certificate of a server is made from. The same parts make the same certificate, to the byte. */
export interface ServerCertificateParts {
    /** 48 random bytes in base64: the key of the authority. A secret. */
    readonly authoritySeed: string;
    /** The same of the server. Another one is another certificate that clients trust, too. A secret. */
    readonly serverSeed: string;
    /** Name of the authority. */
    readonly authorityName: string;
    /** Names of the server, the first of which is its subject. */
    readonly serverNames: readonly [string, ...string[]];
}

/** The number of random bytes that a key is made from. */
export const seedBytes = 48;

/** ECDSA with SHA-256. Without it Postgres and its clients cannot bind a password to the certificate. */
const signatureAlgorithm = new x509.AlgorithmIdentifier({ algorithm: "1.2.840.10045.4.3.2" });

/** Keys on the curve P-256. */
const keyAlgorithm = new x509.AlgorithmIdentifier({
    algorithm: "1.2.840.10045.2.1",
    parameters: AsnObjectIdentifierConverter.toASN("1.2.840.10045.3.1.7").toBER(),
});

/** A private key and its public one. */
interface Key {
    readonly secret: Uint8Array;
    /** The point, not compressed. */
    readonly point: Uint8Array;
}

/**
 * A certificate for a server, by an authority of its own. Neither expires: who makes both keeps both, and nothing is there to
 * renew them.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5
 * @see https://www.rfc-editor.org/rfc/rfc5480
 * @see https://www.rfc-editor.org/rfc/rfc6979 for signatures that are made of key and text alone
 */
export function serverCertificate(parts: ServerCertificateParts): ServerCertificate {
    const { authorityName, serverNames } = parts;
    const authority = keyOf(parts.authoritySeed);
    const server = keyOf(parts.serverSeed);
    const usage = (flags: number) => extension(x509.id_ce_keyUsage, new x509.KeyUsage(flags), true);
    const authorityCertificate = certificate({
        subject: authorityName,
        issuer: authorityName,
        key: authority,
        signer: authority,
        extensions: [
            extension(x509.id_ce_basicConstraints, new x509.BasicConstraints({ cA: true, pathLenConstraint: 0 }), true),
            usage(x509.KeyUsageFlags.keyCertSign),
        ],
    });
    const own = certificate({
        subject: serverNames[0],
        issuer: authorityName,
        key: server,
        signer: authority,
        extensions: [
            extension(x509.id_ce_basicConstraints, new x509.BasicConstraints({ cA: false }), true),
            usage(x509.KeyUsageFlags.digitalSignature),
            extension(x509.id_ce_extKeyUsage, new x509.ExtendedKeyUsage([x509.id_kp_serverAuth])),
            extension(
                x509.id_ce_subjectAltName,
                new x509.SubjectAlternativeName(serverNames.map((dNSName) => new x509.GeneralName({ dNSName }))),
            ),
        ],
    });
    return {
        authority: authorityCertificate,
        certificate: own,
        key: pem(server),
    };
}

interface CertificateParts {
    readonly subject: string;
    readonly issuer: string;
    readonly key: Key;
    readonly signer: Key;
    readonly extensions: x509.Extension[];
}

function certificate({ subject, issuer, key, signer, extensions }: CertificateParts): string {
    const content = new x509.TBSCertificate({
        version: x509.Version.v3,
        serialNumber: serialNumber([issuer, subject, Buffer.from(key.point).toString("base64")].join("\n")),
        signature: signatureAlgorithm,
        issuer: name(issuer),
        validity: new x509.Validity({
            notBefore: new Date(Date.UTC(2024, 0, 1)),
            notAfter: new Date(Date.UTC(9999, 11, 31, 23, 59, 59)),
        }),
        subject: name(subject),
        subjectPublicKeyInfo: new x509.SubjectPublicKeyInfo({
            algorithm: keyAlgorithm,
            subjectPublicKey: bytes(key.point),
        }),
        extensions: new x509.Extensions([
            ...extensions,
            extension(x509.id_ce_subjectKeyIdentifier, new x509.SubjectKeyIdentifier(keyIdentifier(key))),
            extension(
                x509.id_ce_authorityKeyIdentifier,
                new x509.AuthorityKeyIdentifier({ keyIdentifier: new x509.KeyIdentifier(keyIdentifier(signer)) }),
            ),
        ]),
    });
    const digest = sha256(new Uint8Array(AsnConvert.serialize(content)));
    const der = AsnConvert.serialize(
        new x509.Certificate({
            tbsCertificate: content,
            signatureAlgorithm,
            signatureValue: bytes(p256.sign(digest, signer.secret).toBytes("der")),
        }),
    );
    const lines =
        Buffer.from(der)
            .toString("base64")
            .match(/.{1,64}/g) ?? [];
    return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function keyOf(seed: string): Key {
    const secret = p256.utils.randomSecretKey(Buffer.from(seed, "base64"));
    return { secret, point: p256.getPublicKey(secret, false) };
}

/** PKCS #8 in PEM. */
function pem({ secret, point }: Key): string {
    const text = (part: Uint8Array) => Buffer.from(part).toString("base64url");
    const key = { kty: "EC", crv: "P-256", d: text(secret), x: text(point.slice(1, 33)), y: text(point.slice(33)) };
    return createPrivateKey({ key, format: "jwk" }).export({ type: "pkcs8", format: "pem" }).toString();
}

function keyIdentifier({ point }: Key): OctetString {
    return new OctetString(sha256(point).subarray(0, 20));
}

function sha256(content: Uint8Array | string): Buffer {
    return createHash("sha256").update(content).digest();
}

/** A positive number of 16 bytes, which each certificate of an authority has for itself. */
function serialNumber(text: string): ArrayBuffer {
    const digest = sha256(text).subarray(0, 16);
    digest.writeUInt8((digest.readUInt8(0) & 0x3f) | 0x40, 0);
    return bytes(digest);
}

function name(commonName: string): x509.Name {
    const value = new x509.AttributeValue({ utf8String: commonName.slice(0, 64) });
    return new x509.Name([
        new x509.RelativeDistinguishedName([new x509.AttributeTypeAndValue({ type: "2.5.4.3", value })]),
    ]);
}

function extension(extnID: string, value: object, critical = false): x509.Extension {
    return new x509.Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

/** A copy in a buffer of its own. */
function bytes(buffer: Uint8Array): ArrayBuffer {
    return new Uint8Array(buffer).buffer;
}
