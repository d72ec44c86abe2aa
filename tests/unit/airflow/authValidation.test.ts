import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { type AirflowKubernetesArgs, type AuthArgs, AuthManager } from "../../../components";
import { authProblems } from "../../../components/airflow/authValidation";
import { withDefaults } from "../../../components/settings/airflowKubernetesDefaults";

const oidc = { issuer: "https://login.example.org/realms/a", clientId: "airflow", roles: { admins: ["Admin"] } };
const ldap = {
    server: "ldaps://directory.example.org",
    baseDn: "ou=people,dc=example,dc=org",
    bindDn: "cn=search,dc=example,dc=org",
    bindPassword: "a password",
    roles: { "cn=admins,dc=example,dc=org": ["Admin"] },
};
const keycloak = { serverUrl: "https://keycloak.example.org", realm: "a", clientId: "airflow", clientSecret: "s3cr3t" };
const robot = { name: "robot", roles: ["Viewer"], password: "a long password" };

function paths(auth: AuthArgs, rest: AirflowKubernetesArgs = {}): string[] {
    return authProblems(withDefaults({ ...rest, auth })).map(({ path }) => path);
}

describe("how people sign in", () => {
    const right: Record<string, AuthArgs> = {
        nothing: {},
        "a provider": { oidc },
        "a public client, whose default role is that of everybody": {
            oidc: { ...oidc, roles: {}, defaultRole: "Viewer", name: "company", scopes: ["openid", "groups"] },
        },
        "a directory": { ldap },
        "a directory by StartTLS": { ldap: { ...ldap, server: "ldap://10.0.0.1:389", startTls: true } },
        "users and roles": {
            users: [robot, { name: "ada@example.org", roles: ["team"], passwordSecret: { name: "users", key: "ada" } }],
            roles: { team: [{ action: "can_read", resource: "DAG:my_dag" }] },
        },
        "a provider, and users for programs": { oidc, users: [robot] },
        "the Simple manager": { manager: AuthManager.Simple, users: [robot] },
        Keycloak: { manager: AuthManager.Keycloak, keycloak },
        "what only the update knows": {
            oidc: { ...oidc, issuer: pulumi.output("nothing"), clientId: pulumi.output("") },
        },
    };
    for (const [what, auth] of Object.entries(right)) {
        it(`takes ${what}`, () => {
            expect(paths(auth)).to.deep.equal([]);
        });
    }

    const wrong: Record<string, [AuthArgs, string[], AirflowKubernetesArgs?]> = {
        "another manager": [{ manager: "ldap" as AuthManager }, ["auth.manager"]],
        "both a provider and a directory": [{ oidc, ldap }, ["auth.ldap"]],
        "a provider beside a file of one's own": [
            { oidc },
            ["apiServer.webserverConfig"],
            { apiServer: { webserverConfig: "AUTH_TYPE = 1" } },
        ],
        "what FAB alone has, with another manager": [
            { manager: AuthManager.Simple, oidc, roles: { team: [] } },
            ["auth.oidc", "auth.roles"],
        ],
        "Keycloak without settings": [{ manager: AuthManager.Keycloak }, ["auth.keycloak"]],
        "users of Keycloak": [{ manager: AuthManager.Keycloak, keycloak, users: [robot] }, ["auth.users"]],
        "settings of Keycloak without it": [{ keycloak }, ["auth.keycloak"]],
        "Simple with nobody": [{ manager: AuthManager.Simple }, ["admin.enabled"], { admin: { enabled: false } }],
        "Simple with roles of one's own": [
            { manager: AuthManager.Simple, users: [{ ...robot, roles: ["team"] }] },
            ["auth.users[0].roles"],
        ],
        "an issuer over http": [{ oidc: { ...oidc, issuer: "http://login.example.org" } }, ["auth.oidc.issuer"]],
        "a provider that lets nobody in": [{ oidc: { ...oidc, roles: {} } }, ["auth.oidc.roles"]],
        "a group without roles": [{ oidc: { ...oidc, roles: { a: [] } } }, ["auth.oidc.roles.a"]],
        "scopes without openid": [{ oidc: { ...oidc, scopes: ["profile"] } }, ["auth.oidc.scopes"]],
        "a name with a slash": [{ oidc: { ...oidc, name: "a/b" } }, ["auth.oidc.name"]],
        "no certificate": [{ oidc: { ...oidc, caCertificate: "x" } }, ["auth.oidc.caCertificate"]],
        "two secrets of a client": [
            { oidc: { ...oidc, clientSecret: "a", clientSecretSecret: { name: "b", key: "c" } } },
            ["auth.oidc.clientSecretSecret"],
        ],
        "passwords in plain": [{ ldap: { ...ldap, server: "ldap://directory" } }, ["auth.ldap.startTls"]],
        "TLS twice": [{ ldap: { ...ldap, startTls: true } }, ["auth.ldap.startTls"]],
        "a directory with a path": [{ ldap: { ...ldap, server: "ldaps://a/dc=b" } }, ["auth.ldap.server"]],
        "no entries": [{ ldap: { ...ldap, baseDn: "people", bindDn: "" } }, ["auth.ldap.baseDn", "auth.ldap.bindDn"]],
        "no password to search with": [{ ldap: { ...ldap, bindPassword: undefined } }, ["auth.ldap.bindPassword"]],
        "a filter without brackets": [{ ldap: { ...ldap, userFilter: "a=b" } }, ["auth.ldap.userFilter"]],
        "a user twice, and one that is the first": [
            { users: [robot, { ...robot, name: "Robot" }, { ...robot, name: "admin" }] },
            ["auth.users[1].name", "auth.users[2].name"],
        ],
        "a user without a password, or with a short one": [
            {
                users: [
                    { name: "a", roles: ["Op"] },
                    { ...robot, password: "short" },
                ],
            },
            ["auth.users[0].password", "auth.users[1].password"],
        ],
        "a user without roles": [{ users: [{ ...robot, roles: [] }] }, ["auth.users[0].roles"]],
        "roles that Airflow has": [{ roles: { Admin: [] } }, ["auth.roles.Admin"]],
        "another action": [
            { roles: { team: [{ action: "can_fly", resource: "" }] } },
            ["auth.roles.team[0].action", "auth.roles.team[0].resource"],
        ],
        "an address of Keycloak that is none": [
            { manager: AuthManager.Keycloak, keycloak: { ...keycloak, serverUrl: "keycloak" } },
            ["auth.keycloak.serverUrl"],
        ],
    };
    for (const [what, [auth, expected, rest]] of Object.entries(wrong)) {
        it(`refuses ${what}`, () => {
            expect(paths(auth, rest)).to.deep.equal(expected);
        });
    }

    it("never shows a secret", () => {
        const said = JSON.stringify(
            authProblems(
                withDefaults({
                    auth: {
                        users: [{ ...robot, password: "s3cr3t" }],
                        oidc: { ...oidc, clientSecret: "s3cr3t\n" },
                        ldap: { ...ldap, bindPassword: "s3cr3t\n" },
                    },
                }),
            ),
        );
        expect(said).to.contain("auth.users[0].password").and.to.not.contain("s3cr3t");
    });
});
