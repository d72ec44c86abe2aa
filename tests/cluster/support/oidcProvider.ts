import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { output } from "../../../local/support/execution";
import { nodeAddress } from "./kubernetes";
import { freePort } from "./ports";
import { TestProgram } from "./testProgram";

const clientSecret = "a-client-secret-for-tests";

/** A provider of OpenID Connect on this machine, at an address that pods and the browser reach alike: that of the node. */
export class OidcProvider {
    private constructor(
        private readonly program: TestProgram,
        private readonly folder: string,
        private readonly issuer: string,
    ) {}

    /** @param accounts Groups by name; any password is taken. */
    public static async start(accounts: Readonly<Record<string, readonly string[]>>): Promise<OidcProvider> {
        const address = await nodeAddress();
        const folder = mkdtempSync(join(tmpdir(), "airflow-kubernetes-oidc-"));
        await makeCertificate(folder, address);
        const port = await freePort();
        const issuer = `https://${address}:${port}`;
        const ask = ["curl", "--silent", "--fail", "--cacert", join(folder, "ca.crt")];
        const program = await TestProgram.started(
            [process.execPath, join(__dirname, "oidcProvider.mjs")],
            {
                name: "the provider of OpenID Connect",
                answers: async () => (await output([...ask, `${issuer}/.well-known/openid-configuration`])) !== "",
                within: 30_000,
            },
            {
                env: {
                    ...process.env,
                    ISSUER: issuer,
                    PORT: String(port),
                    CERTIFICATE: join(folder, "tls.crt"),
                    KEY: join(folder, "tls.key"),
                    CLIENT_ID: "airflow",
                    CLIENT_SECRET: clientSecret,
                    // A native client may be at any port of this machine, as a forwarded Airflow is.
                    REDIRECT_URIS:
                        "http://127.0.0.1/auth/oauth-authorized/oidc http://localhost/auth/oauth-authorized/oidc",
                    ACCOUNTS: JSON.stringify(accounts),
                },
            },
        );
        return new OidcProvider(program, folder, issuer);
    }

    /** The stack's `auth.oidc`, without roles. */
    public get settings(): Readonly<Record<string, string>> {
        return {
            issuer: this.issuer,
            clientId: "airflow",
            caCertificate: readFileSync(join(this.folder, "ca.crt"), "utf8"),
        };
    }

    /** The stack's `oidcClientSecret`. */
    public readonly clientSecret = clientSecret;

    public async stop(): Promise<void> {
        await this.program.stop();
        rmSync(this.folder, { recursive: true, force: true });
    }
}

/** A certificate for an address, signed by an authority of its own. */
async function makeCertificate(folder: string, address: string): Promise<void> {
    const file = (name: string) => join(folder, name);
    const request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"];
    const authority = ["-subj", "/CN=test authority", "-keyout", file("ca.key"), "-out", file("ca.crt")];
    await output([...request, ...authority]);
    await output([
        ...[...request, "-subj", "/CN=login", "-keyout", file("tls.key"), "-out", file("tls.crt")],
        ...["-CA", file("ca.crt"), "-CAkey", file("ca.key"), "-addext", `subjectAltName=IP:${address}`],
        ...["-addext", "basicConstraints=critical,CA:false", "-addext", "extendedKeyUsage=serverAuth"],
    ]);
}
