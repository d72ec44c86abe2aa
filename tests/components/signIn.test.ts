import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { type AirflowKubernetesArgs, AuthManager } from "../../components";
import { AirflowKubernetes } from "../support/exampleDags";
import { attempt, openTexts, type Registration } from "../support/mocks";
import { kindOf, metadata, named, spec } from "../support/objects";
import { outputValue } from "../support/program";

type Deployment = k8s.types.output.apps.v1.DeploymentSpec;
type Job = k8s.types.output.batch.v1.JobSpec;

const words = ["secret-of-oidc", "secret-of-ldap", "secret-of-keycloak", "password-of-robot"];
const robot = { name: "robot", roles: ["Viewer"], password: "password-of-robot" };
const oidc = {
    issuer: "https://login.example.org",
    clientId: "airflow",
    clientSecret: "secret-of-oidc",
    roles: { admins: ["Admin"] },
    caCertificate: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
};
const ldap = {
    server: "ldaps://directory.example.org",
    baseDn: "dc=example,dc=org",
    bindDn: "cn=search,dc=example,dc=org",
    bindPassword: "secret-of-ldap",
    defaultRole: "Viewer",
};
const keycloak = {
    serverUrl: "https://keycloak.example.org",
    realm: "company",
    clientId: "airflow",
    clientSecret: "secret-of-keycloak",
};

async function made(args: AirflowKubernetesArgs) {
    let result: AirflowKubernetes | undefined;
    const { error, registrations } = await attempt(() => {
        result = new AirflowKubernetes("airflow", args);
    });
    expect(error).to.equal(undefined);
    const leaks = registrations
        .flatMap(({ sentInputs }) => openTexts(sentInputs))
        .filter((text) => words.some((word) => text.includes(word)));
    expect(leaks).to.deep.equal([]);
    return { registrations, result: result as unknown as AirflowKubernetes };
}

function container(registrations: readonly Registration[], name = "airflow-api-server-deployment") {
    return spec<Deployment>(named(registrations, name)).template.spec?.containers[0];
}

/** Variables by name: their values, or the Secret and key that fill them. */
function variables(of: ReturnType<typeof container>): Record<string, string> {
    return Object.fromEntries(
        (of?.env ?? []).map(({ name, value, valueFrom }) => [
            name,
            value ?? `${valueFrom?.secretKeyRef?.name}/${valueFrom?.secretKeyRef?.key}`,
        ]),
    );
}

function job(registrations: readonly Registration[]) {
    return variables(spec<Job>(named(registrations, "airflow-admin-user-job")).template.spec?.containers[0]);
}

describe("sign-in", () => {
    it("at a provider is a file with plain settings, and a secret for the api-server alone", async () => {
        const { registrations } = await made({ auth: { oidc, users: [robot] } });
        const { data } = named(registrations, "airflow-webserver-config-file").inputs as {
            data: Record<string, string>;
        };
        expect(Object.keys(data)).to.have.members(["webserver_config.py", "sign-in.json", "ca.crt"]);
        expect(JSON.parse(data["sign-in.json"])).to.deep.equal({
            oidc: {
                issuer: oidc.issuer,
                clientId: "airflow",
                name: "oidc",
                scopes: ["openid", "profile", "email"],
                usernameClaim: "preferred_username",
                groupsClaim: "groups",
            },
            roles: oidc.roles,
            ownUsers: ["admin", "robot"],
        });
        const secret = named(registrations, "airflow-sign-in", "Secret");
        expect(secret.inputs.stringData).to.deep.equal({ "oidc-client-secret": "secret-of-oidc" });
        expect(variables(container(registrations)).AIRFLOW_KUBERNETES_OIDC_CLIENT_SECRET).to.match(
            /\/oidc-client-secret$/,
        );
        const others = registrations
            .filter(({ type, name }) => /Deployment|Job|StatefulSet/.test(kindOf(type)) && !name.includes("api-server"))
            .filter(({ inputs }) => JSON.stringify(inputs).includes("OIDC_CLIENT_SECRET"));
        expect(others.map(({ name }) => name)).to.deep.equal([]);
        const told = job(registrations);
        expect(told.USER_PASSWORD_0).to.match(/\/password-0$/);
        expect(JSON.parse(told.USERS)).to.deep.equal({
            users: [{ name: "robot", email: "robot@example.com", firstName: "robot", lastName: "", roles: ["Viewer"] }],
            granted: { "auth.oidc.roles.admins": ["Admin"] },
        });
    });

    it("with a directory is likewise", async () => {
        const { registrations } = await made({ auth: { ldap } });
        expect(variables(container(registrations)).AIRFLOW_KUBERNETES_LDAP_BIND_PASSWORD).to.match(
            /\/ldap-bind-password$/,
        );
        expect(JSON.parse(job(registrations).USERS)).to.deep.equal({
            granted: { "auth.ldap.defaultRole": ["Viewer"] },
            needsLdap: true,
        });
    });

    it("with Secrets of somebody else's makes none", async () => {
        const kept = { name: "login", key: "secret" };
        const { registrations } = await made({
            auth: {
                oidc: { ...oidc, clientSecret: undefined, clientSecretSecret: kept },
                users: [{ name: "robot", roles: ["Op"], passwordSecret: kept }],
            },
        });
        const nouns = registrations.map(({ name }) => name);
        expect(nouns).to.not.include.members(["airflow-sign-in"]);
        expect(nouns).to.not.include.members(["airflow-users"]);
        expect(variables(container(registrations)).AIRFLOW_KUBERNETES_OIDC_CLIENT_SECRET).to.equal("login/secret");
        expect(job(registrations).USER_PASSWORD_0).to.equal("login/secret");
    });

    it("of the Simple manager has passwords in the api-server, and no Job of users", async () => {
        const { registrations, result } = await made({ auth: { manager: AuthManager.Simple, users: [robot] } });
        const apiServer = container(registrations);
        const has = variables(apiServer);
        expect(has.AIRFLOW__CORE__AUTH_MANAGER).to.match(/\.SimpleAuthManager$/);
        expect(has.AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS).to.equal("admin:admin,robot:viewer");
        expect(has.AIRFLOW_KUBERNETES_PASSWORD_0).to.match(/\/password$/);
        expect(has.AIRFLOW_KUBERNETES_PASSWORD_1).to.match(/\/password-0$/);
        expect(apiServer?.args?.slice(0, 3)).to.deep.equal(["python", "-m", "airflow_kubernetes.passwords"]);
        expect(Object.keys(has).filter((name) => name.startsWith("AIRFLOW__FAB__"))).to.deep.equal([]);
        expect(registrations.map(({ name }) => name)).to.not.include("airflow-admin-user-job");
        expect((await outputValue(result.adminUser)).value).to.equal("admin");
    });

    it("by Keycloak has no first user", async () => {
        const { registrations, result } = await made({ auth: { manager: AuthManager.Keycloak, keycloak } });
        const has = variables(container(registrations));
        expect(has.AIRFLOW__CORE__AUTH_MANAGER).to.match(/\.KeycloakAuthManager$/);
        expect(has.AIRFLOW__KEYCLOAK_AUTH_MANAGER__REALM).to.equal("company");
        // Keycloak takes no redirect URI that is only a path.
        expect(has.AIRFLOW__API__BASE_URL).to.equal("http://localhost:8080");
        expect(has.AIRFLOW__KEYCLOAK_AUTH_MANAGER__CLIENT_SECRET).to.match(/\/keycloak-client-secret$/);
        const nouns = registrations.map(({ name }) => name);
        expect(nouns).to.not.include("airflow-admin");
        expect(nouns).to.not.include("airflow-admin-user-job");
        expect((await outputValue(result.adminUser)).value).to.equal("");
        expect((await outputValue(result.adminPassword)).value).to.equal("");
    });

    it("without the first user makes no password, and tells the Job of none", async () => {
        const { registrations, result } = await made({ admin: { enabled: false } });
        expect(registrations.map(({ name }) => name)).to.not.include.members(["airflow-admin-password"]);
        expect(job(registrations)).to.not.have.any.keys("ADMIN_USER", "ADMIN_PASSWORD");
        expect((await outputValue(result.adminUser)).value).to.equal("");
    });

    it("of other groups is another Job of the first user, and another file", async () => {
        const nameOf = async (roles: Record<string, string[]>) => {
            const { registrations } = await made({ auth: { oidc: { ...oidc, roles } } });
            return metadata(named(registrations, "airflow-admin-user-job")).name;
        };
        expect(await nameOf({ admins: ["Admin"] })).to.not.equal(await nameOf({ admins: ["Op"] }));
    });

    it("takes Outputs", async () => {
        const { registrations } = await made({
            auth: {
                oidc: { ...oidc, issuer: pulumi.output(oidc.issuer), clientSecret: pulumi.secret("secret-of-oidc") },
            },
        });
        const { data } = named(registrations, "airflow-webserver-config-file").inputs as {
            data: Record<string, string>;
        };
        expect(JSON.parse(data["sign-in.json"]).oidc.issuer).to.equal(oidc.issuer);
    });
});
