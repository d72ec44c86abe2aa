import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtKeycloak } from "../../../local/tools/keycloak";
import { nodeAddress } from "./kubernetes";
import { freePort } from "./ports";
import { TestProgram } from "./testProgram";

/** The administrator of Keycloak itself, in its realm `master`. */
const administrator = { username: "keeper", password: "a-password-of-the-keeper" } as const;

const realm = "company";
const inRealm = `/admin/realms/${realm}`;
const clientId = "airflow";
const clientSecret = "a-client-secret-for-tests";

/** The roles that `airflow keycloak-auth-manager create-all` wants to find in the realm. */
const roles = ["Admin", "Op", "User", "Viewer", "SuperAdmin"] as const;

/** A role of the realm. */
export type Role = (typeof roles)[number];

/** A Keycloak on this machine, at an address that pods and the browser reach alike: that of the node. */
export class Keycloak {
    private constructor(
        private readonly url: string,
        private readonly program: TestProgram,
        private readonly folder: string,
    ) {}

    /** Downloads it if need be, starts it without any realm of ours, and comes back when it answers. */
    public static async start(): Promise<Keycloak> {
        const built = await builtKeycloak();
        const address = await nodeAddress();
        const folder = mkdtempSync(join(tmpdir(), "airflow-kubernetes-keycloak-"));
        // It keeps logs of transactions in its own folder.
        cpSync(built.folder, folder, { recursive: true });
        const port = await freePort();
        const url = `http://${address}:${port}`;
        const program = await TestProgram.started(
            [
                ...[join(folder, "bin", "kc.sh"), "start", "--optimized", "--cache=local"],
                ...["--http-enabled=true", `--http-host=${address}`, `--http-port=${port}`, `--hostname=${url}`],
            ],
            { name: "Keycloak", answers: async () => (await fetch(`${url}/realms/master`)).ok, within: 180_000 },
            {
                env: {
                    ...process.env,
                    ...built.environment,
                    KC_BOOTSTRAP_ADMIN_USERNAME: administrator.username,
                    KC_BOOTSTRAP_ADMIN_PASSWORD: administrator.password,
                },
            },
        );
        return new Keycloak(url, program, folder);
    }

    /** The stack's `auth.keycloak`. */
    public get settings(): Readonly<Record<string, string>> {
        return { serverUrl: this.url, realm, clientId };
    }

    /** The stack's `keycloakClientSecret`. */
    public readonly clientSecret = clientSecret;

    /** Who may change what is in it. */
    public readonly administrator = administrator;

    /** What it said last. */
    public readonly explain = (): string => this.program.explain();

    /**
     * Makes the realm as docs/sign-in.md has it: roles, people, and the client that Airflow is.
     *
     * @param airflowUrl Where people reach Airflow.
     * @param people Roles by name; all have the same password.
     * @param password That of everybody.
     */
    public async makeRealm(
        airflowUrl: string,
        people: Readonly<Record<string, readonly Role[]>>,
        password: string,
    ): Promise<void> {
        await this.ask("POST", "/admin/realms", {
            realm,
            enabled: true,
            sslRequired: "none",
            // Longer than a test, which asks with one token.
            accessTokenLifespan: 1_800,
            roles: { realm: roles.map((name) => ({ name })) },
            clients: [
                {
                    clientId,
                    secret: clientSecret,
                    publicClient: false,
                    standardFlowEnabled: true,
                    directAccessGrantsEnabled: true,
                    serviceAccountsEnabled: true,
                    authorizationServicesEnabled: true,
                    authorizationSettings: { policyEnforcementMode: "ENFORCING", decisionStrategy: "AFFIRMATIVE" },
                    redirectUris: [`${airflowUrl}/auth/login_callback`],
                    attributes: { "post.logout.redirect.uris": `${airflowUrl}/auth/logout_callback` },
                },
            ],
            users: Object.entries(people).map(([username, realmRoles]) => ({
                username,
                enabled: true,
                email: `${username}@example.org`,
                emailVerified: true,
                firstName: username,
                lastName: "Tester",
                realmRoles,
                credentials: [{ type: "password", value: password }],
            })),
        });
    }

    /** Gives a role to the client's own account, which programs are that have its secret. */
    public async grantToClient(role: Role): Promise<void> {
        const account = await this.ask<{ id: string }>("GET", `${await this.clientPath()}/service-account-user`);
        await this.ask("POST", `${inRealm}/users/${account.id}/role-mappings/realm`, [await this.role(role)]);
    }

    /** Takes a role from somebody. */
    public async revoke(person: string, role: Role): Promise<void> {
        const [user] = await this.ask<{ id: string }[]>("GET", `${inRealm}/users?username=${person}&exact=true`);
        await this.ask("DELETE", `${inRealm}/users/${user?.id}/role-mappings/realm`, [await this.role(role)]);
    }

    /** Sets for how long a token counts that is given from now on. */
    public async setTokenLifespan(seconds: number): Promise<void> {
        await this.ask("PUT", inRealm, { accessTokenLifespan: seconds });
    }

    /** Ends it, and leaves nothing. */
    public async stop(): Promise<void> {
        await this.program.stop();
        rmSync(this.folder, { recursive: true, force: true });
    }

    /** A request to the REST API for administrators, which must succeed. */
    private async ask<T = undefined>(method: string, path: string, body?: unknown): Promise<T> {
        const answer = await fetch(`${this.url}${path}`, {
            method,
            headers: { Authorization: `Bearer ${await this.token()}`, "Content-Type": "application/json" },
            body: body === undefined ? undefined : JSON.stringify(body),
        });
        const text = await answer.text();
        if (!answer.ok) {
            throw new Error(`Keycloak: ${method} ${path} answered ${answer.status}: ${text}\n${this.explain()}`);
        }
        return (text === "" ? undefined : JSON.parse(text)) as T;
    }

    private async role(name: Role): Promise<object> {
        return await this.ask<object>("GET", `${inRealm}/roles/${name}`);
    }

    private async clientPath(): Promise<string> {
        const [client] = await this.ask<{ id: string }[]>("GET", `${inRealm}/clients?clientId=${clientId}`);
        return `${inRealm}/clients/${client?.id}`;
    }

    private async token(): Promise<string> {
        const answer = await fetch(`${this.url}/realms/master/protocol/openid-connect/token`, {
            method: "POST",
            body: new URLSearchParams({ grant_type: "password", client_id: "admin-cli", ...administrator }),
        });
        return ((await answer.json()) as { access_token: string }).access_token;
    }
}
