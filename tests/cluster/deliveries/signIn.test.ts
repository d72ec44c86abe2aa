import { expect } from "chai";
import { AirflowApi } from "../../../local/airflow/airflowApi";
import { waitFor } from "../../../local/support/deadline";
import { Browser } from "../support/browser";
import { Installation, testPrefix } from "../support/installation";
import { kube } from "../support/kubernetes";
import { OidcProvider } from "../support/oidcProvider";
import { TestServers } from "../support/testServers";
import { once } from "./once";

const robot = { name: "robot", roles: ["readers"], password: "a-password-of-robot" };
const readers = [
    { action: "can_read", resource: "DAGs" },
    { action: "can_read", resource: "DAG Runs" },
];

/** What a user may ask the REST API for: the status of an answer. */
async function status(url: string, token: string, path: string): Promise<number> {
    return (await fetch(`${url}/api/v2/${path}`, { headers: { Authorization: `Bearer ${token}` } })).status;
}

async function tokenOf(url: string, user: string, password: string): Promise<string | undefined> {
    return (await AirflowApi.logIn(url, user, password)).token;
}

describe("Sign-in", () => {
    const on = Installation.modest(`${testPrefix}-sign-in`);
    let provider: OidcProvider;
    let browser: Browser;

    /** Users and roles as data, and people of a provider. */
    const withProvider = once("the installation with a provider", async () => {
        provider = await OidcProvider.start({ alice: ["admins"], bob: ["viewers"], carol: [], robot: ["admins"] });
        browser = await Browser.open({ trustsAnyCertificate: true });
        on.configure({
            auth: {
                users: [robot],
                roles: { readers },
                oidc: { ...provider.settings, roles: { admins: ["Admin"], viewers: ["Viewer"] } },
            },
            oidcClientSecret: provider.clientSecret,
        });
        await on.up();
    });

    /** People of a directory, without the first user, and without the user of before. */
    const withDirectory = once("the installation with a directory", async () => {
        const { settings, password } = await (await TestServers.shared()).directory();
        on.configure({
            admin: { enabled: false },
            auth: {
                ldap: {
                    ...settings,
                    roles: {
                        "cn=admins,ou=groups,dc=example,dc=org": ["Admin"],
                        "cn=viewers,ou=groups,dc=example,dc=org": ["Viewer"],
                    },
                },
            },
            oidcClientSecret: undefined,
            ldapBindPassword: password,
        });
        await on.up();
        return password;
    });

    after(async () => {
        await browser?.close();
        await provider?.stop();
        await on.end();
    });

    async function signIn(user: string): Promise<string> {
        const url = await on.url();
        await browser.forget();
        await browser.go(url);
        await browser.click(/Sign In with/);
        await browser.signInAtProvider(user, "any password");
        return url;
    }

    it("at a provider of OpenID Connect: one in the group admins is an Admin", async () => {
        await withProvider();
        const url = await signIn("alice");
        await browser.sees(/Dags/, "sign-in-01-alice");
        expect(await browser.status(`${url}/api/v2/connections`)).to.equal(200);
    });

    it("ends with a log-out, and the next one has to sign in again", async () => {
        await withProvider();
        const url = await signIn("alice");
        expect(await browser.status(`${url}/ui/auth/me`)).to.equal(200);
        await browser.go(`${url}/api/v2/auth/logout`, "sign-in-02-logged-out");
        expect(await browser.status(`${url}/ui/auth/me`)).to.equal(401);
    });

    it("at a provider of OpenID Connect: one in the group viewers sees DAGs, and no connections", async () => {
        await withProvider();
        const url = await signIn("bob");
        await browser.sees(/Dags/, "sign-in-03-bob");
        expect(await browser.status(`${url}/api/v2/dags`)).to.equal(200);
        expect(await browser.status(`${url}/api/v2/connections`)).to.equal(403);
    });

    for (const [user, why] of [
        ["carol", "who is in no group"],
        ["robot", "who has the name of a user of the stack"],
    ] as const) {
        it(`does not let in ${user}, ${why}`, async () => {
            await withProvider();
            const url = await signIn(user);
            await browser.sees(/invalid/i, `sign-in-04-${user}`);
            expect(await browser.status(`${url}/ui/auth/me`)).to.equal(401);
        });
    }

    it("gives a token of the REST API to a user of the stack, with the permissions of its role", async () => {
        await withProvider();
        const url = await on.url();
        const token = (await tokenOf(url, robot.name, robot.password)) ?? "";
        expect(await status(url, token, "dags")).to.equal(200);
        expect(await status(url, token, "variables")).to.equal(403);
        expect(await tokenOf(url, robot.name, "another password")).to.equal(undefined);
    });

    it("keeps the secret of the client out of pods and ConfigMaps", async () => {
        await withProvider();
        const objects = await kube(["get", "pods,jobs,configmaps", "--namespace", on.namespaces.airflow, "-o", "json"]);
        expect(objects).to.contain("OIDC_CLIENT_SECRET");
        expect(objects).to.not.contain(provider.clientSecret).and.to.not.contain(robot.password);
        expect(on.stateText()).to.not.contain(provider.clientSecret);
    });

    it("refuses a user that somebody else has made, and changes nothing", async () => {
        await withProvider();
        on.configure({
            auth: {
                users: [robot, { ...robot, name: "alice" }],
                roles: { readers },
                oidc: { ...provider.settings, roles: { admins: ["Admin"], viewers: ["Viewer"] } },
            },
        });
        // She has signed in before, which has made her a user.
        await signIn("alice");
        const made = await on.make("up");
        expect(made.code).to.not.equal(0);
        expect(made.all).to.contain("USERS REFUSED").and.to.contain("user alice: somebody else made it");
        const url = await on.url();
        expect(await tokenOf(url, robot.name, robot.password)).to.be.a("string");
    });

    it("with a directory: by name and password, in a form and for a token, with the roles of the groups", async () => {
        await withProvider();
        const password = await withDirectory();
        const url = await on.url();
        const alice = (await tokenOf(url, "alice", password)) ?? "";
        const bob = (await tokenOf(url, "bob", password)) ?? "";
        expect(await status(url, alice, "connections")).to.equal(200);
        expect(await status(url, bob, "connections")).to.equal(403);
        expect(await status(url, bob, "dags")).to.equal(200);
        expect(await tokenOf(url, "carol", password)).to.equal(undefined);
        expect(await tokenOf(url, "alice", "another password")).to.equal(undefined);
        await browser.forget();
        await browser.go(url);
        await browser.logIn("bob", password);
        await browser.sees(/Dags/, "sign-in-05-directory");
    });

    it("shuts out a user that has left the stack, and the first user that was switched off", async () => {
        await withProvider();
        await withDirectory();
        const url = await on.url();
        expect(await tokenOf(url, robot.name, robot.password)).to.equal(undefined);
        const { adminUser, adminPassword } = await on.outputs();
        expect([adminUser, adminPassword]).to.deep.equal(["", ""]);
        const former = await kube([
            ...["exec", "--namespace", on.namespaces.airflow, "statefulset/airflow-postgres", "--"],
            ...["psql", "--username", "postgres", "--tuples-only", "--no-align", "--dbname", "airflow"],
            ...["-c", "SELECT username FROM ab_user WHERE NOT active ORDER BY 1"],
        ]);
        expect(former.trim().split("\n")).to.deep.equal(["admin", "robot"]);
    });

    it("with the Simple manager: the first user and those of the stack, from passwords of Secrets", async () => {
        await withProvider();
        on.configure({
            admin: { enabled: true },
            auth: { manager: "simple", users: [{ name: "vera", roles: ["Viewer"], password: robot.password }] },
            ldapBindPassword: undefined,
        });
        await on.up();
        const { adminUser, adminPassword } = await on.outputs();
        const url = await on.url();
        const admin = (await tokenOf(url, adminUser, adminPassword)) ?? "";
        const vera = await waitFor(() => tokenOf(url, "vera", robot.password), { within: 10_000, what: "a token" });
        expect(await status(url, admin, "connections")).to.equal(200);
        expect(await status(url, vera, "connections")).to.equal(403);
        expect(await tokenOf(url, "vera", adminPassword)).to.equal(undefined);
    });
});
