import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { folder } from "../../support/folders";
import { root } from "../../support/program";
import { skipWithoutPython } from "../../support/python";

const script = join(root, "components/airflow/scripts/sign_in.py");

/** Stands for Airflow's security manager, Flask and python-ldap: as much of them as the script meets. */
const standIns = {
    "airflow/__init__.py": "",
    "airflow/providers/__init__.py": "",
    "airflow/providers/fab/__init__.py": "",
    "airflow/providers/fab/auth_manager/__init__.py": "",
    "airflow/providers/fab/auth_manager/security_manager/__init__.py": "",
    "airflow/providers/fab/auth_manager/security_manager/override.py": `
class FabAirflowSecurityManagerOverride:
    mapping, there, found = {}, ["Admin", "Viewer"], (None, None)
    def find_role(self, name): return name if name in self.there else None
    def get_roles_from_keys(self, keys): return {name for key in keys for name in self.mapping.get(key, [])}
    def auth_user_oauth(self, userinfo): return sorted(self._oauth_calculate_user_roles(userinfo))
    def _search_ldap(self, ldap, con, username): return self.found
    def auth_user_ldap(self, username, password):
        name, attributes = self._search_ldap(None, None, username)
        return name and sorted(self._ldap_calculate_user_roles(attributes))
`,
    "flask_appbuilder/__init__.py": "",
    "flask_appbuilder/const.py": "AUTH_LDAP, AUTH_OAUTH = 2, 4\n",
    "authlib/__init__.py": "",
    "authlib/integrations/__init__.py": "",
    "authlib/integrations/flask_client.py": "class FlaskOAuth2App: pass\n",
    "authlib/integrations/requests_client.py": `
class OAuth2Session:
    verify = "the authority"
    def request(self, *args, **kwargs): return kwargs
`,
    "ldap.py": "OPT_NETWORK_TIMEOUT, OPT_TIMEOUT = 1, 2\ndef set_option(option, value): pass\n",
    "driver.py": `
import json, os, sys, types
path, cases = sys.argv[1], json.load(sys.stdin)
module = types.ModuleType("config")
module.__file__ = path
exec(compile(open(path).read(), path, "exec"), module.__dict__)
class Remote:
    def __init__(self, case):
        self.case, self.server_metadata = case, {"issuer": case.get("issuer", "https://login.example.org"), "userinfo_endpoint": "u"}
    def load_server_metadata(self): return self.server_metadata
    def userinfo(self, token): return self.case.get("userinfo", {})
answers = []
for case in cases:
    manager = module.SecurityManager()
    manager.mapping = module.AUTH_ROLES_MAPPING
    try:
        if "username" in case:
            found = case.get("found")
            manager.found = (found[0], {name: [text.encode() for text in texts] for name, texts in found[1].items()}) if found else (None, None)
            answers.append(manager.auth_user_ldap(case["username"], "a password"))
        else:
            manager.oauth_remotes = {"oidc": Remote(case)}
            user = manager.get_oauth_user_info("oidc", {"userinfo": case.get("claims")})
            answers.append([user, manager.auth_user_oauth(user)])
    except Exception as error:
        answers.append(str(error))
config = {name: value for name, value in vars(module).items() if name.isupper() and isinstance(value, (str, int, bool, dict, list))}
for provider in config.get("OAUTH_PROVIDERS", []):
    if "client_cls" in provider["remote_app"]:
        provider["remote_app"]["client_cls"] = provider["remote_app"]["client_cls"].client_cls().request()
print(json.dumps({"config": config, "answers": answers}))
`,
};

interface Said {
    readonly config: Record<string, unknown>;
    readonly answers: unknown[];
}

function run(
    settings: object,
    cases: object[] = [],
    environment: Record<string, string> = {},
    authority = false,
): Said {
    const path = folder({
        ...standIns,
        "web/sign-in.json": JSON.stringify(settings),
        ...(authority && { "web/ca.crt": "an authority" }),
    });
    const file = join(path, "web/webserver_config.py");
    copyFileSync(script, file);
    const { status, stdout, stderr } = spawnSync("python3", [join(path, "driver.py"), file], {
        input: JSON.stringify(cases),
        encoding: "utf8",
        env: { PATH: process.env.PATH, PYTHONPATH: path, PYTHONDONTWRITEBYTECODE: "1", ...environment },
    });
    expect(status, stderr).to.equal(0);
    return JSON.parse(stdout) as Said;
}

const oidc = {
    issuer: "https://login.example.org",
    clientId: "airflow",
    name: "oidc",
    scopes: ["openid", "profile"],
    usernameClaim: "preferred_username",
    groupsClaim: "groups",
};
const ldap = {
    server: "ldaps://directory.example.org",
    startTls: false,
    baseDn: "dc=org",
    bindDn: "cn=search,dc=org",
    usernameAttribute: "uid",
    firstNameAttribute: "givenName",
    lastNameAttribute: "sn",
    emailAttribute: "mail",
    groupAttribute: "memberOf",
    nestedGroups: false,
};
const claims = { iss: oidc.issuer, aud: "airflow", sub: "1", preferred_username: "alice", groups: ["admins"] };

describe("sign_in.py", () => {
    before(skipWithoutPython);

    const granted = { roles: { admins: ["Admin"], viewers: ["Viewer"] }, ownUsers: ["admin"] };

    it("tells Airflow of a provider, with PKCE and the secret of the environment", () => {
        const { config } = run({ oidc, ...granted }, [], { AIRFLOW_KUBERNETES_OIDC_CLIENT_SECRET: "s" });
        expect(config).to.deep.include({
            AUTH_TYPE: 4,
            AUTH_ROLES_MAPPING: granted.roles,
            AUTH_ROLES_SYNC_AT_LOGIN: true,
            AUTH_USER_REGISTRATION: true,
        });
        expect(config.OAUTH_PROVIDERS).to.deep.equal([
            {
                name: "oidc",
                icon: "fa-key",
                token_key: "access_token",
                remote_app: {
                    client_id: "airflow",
                    client_secret: "s",
                    server_metadata_url: "https://login.example.org/.well-known/openid-configuration",
                    client_kwargs: { scope: "openid profile", code_challenge_method: "S256", default_timeout: 10 },
                },
            },
        ]);
    });

    it("is a public client without a secret, and trusts the authority that is given, whatever the environment says", () => {
        const { config } = run({ oidc, ...granted }, [], {}, true);
        const [{ remote_app: app }] = config.OAUTH_PROVIDERS as {
            remote_app: Record<string, Record<string, string>>;
        }[];
        expect(app.client_kwargs.token_endpoint_auth_method).to.equal("none");
        expect(app.client_kwargs.verify).to.match(/\/web\/ca\.crt$/);
        expect(app.client_cls).to.deep.equal({ verify: "the authority" });
    });

    it("gives roles by group, of the ID token or the userinfo", () => {
        const { groups: _, preferred_username: __, ...token } = claims;
        const { answers } = run({ oidc, ...granted }, [
            { claims },
            { claims: token, userinfo: { sub: "1", preferred_username: "bob", groups: ["viewers", "others"] } },
            { claims: { ...claims, groups: "viewers" } },
        ]);
        expect(answers.map((answer) => (answer as unknown[])[1])).to.deep.equal([["Admin"], ["Viewer"], ["Viewer"]]);
        expect((answers[0] as unknown[])[0]).to.deep.equal({
            username: "alice",
            first_name: "alice",
            last_name: "",
            email: "",
            role_keys: ["admins"],
        });
    });

    it("reads a part of a claim", () => {
        const { answers } = run({ oidc: { ...oidc, groupsClaim: "realm_access.roles" }, ...granted }, [
            { claims: { ...claims, realm_access: { roles: ["viewers"] } } },
        ]);
        expect((answers[0] as unknown[])[1]).to.deep.equal(["Viewer"]);
    });

    it("lets nobody in who is in no group, or has the name of a user of the stack", () => {
        const { answers } = run({ oidc, ...granted }, [
            { claims: { ...claims, groups: ["others"] } },
            { claims: { ...claims, preferred_username: "Admin" } },
        ]);
        expect(answers.map((answer) => (answer as unknown[])[1])).to.deep.equal([null, null]);
    });

    it("gives the default role to those who are in no group", () => {
        const { answers } = run({ oidc, ...granted, defaultRole: "Viewer" }, [
            { claims: { ...claims, groups: [] } },
            { claims },
        ]);
        expect(answers.map((answer) => (answer as unknown[])[1])).to.deep.equal([["Viewer"], ["Admin"]]);
    });

    it("refuses tokens of others", () => {
        const { answers } = run({ oidc, ...granted }, [
            { claims: null },
            { claims, issuer: "https://other.example.org" },
            { claims: { ...claims, aud: ["other"] } },
            { claims: { ...claims, groups: undefined }, userinfo: { sub: "2", groups: ["admins"] } },
            { claims: { ...claims, preferred_username: "" } },
        ]);
        expect(answers).to.deep.equal([
            "the provider sent no ID token",
            "the issuer is https://other.example.org, and not https://login.example.org as auth.oidc.issuer says",
            "the ID token is for another client",
            "the userinfo is that of somebody else",
            "there is no claim preferred_username, which auth.oidc.usernameClaim names",
        ]);
    });

    it("refuses an address that nobody has verified as a name", () => {
        const { answers } = run({ oidc: { ...oidc, usernameClaim: "email" }, ...granted }, [
            { claims: { ...claims, email: "a@example.org", email_verified: false } },
        ]);
        expect(answers).to.deep.equal(["nobody has verified that a@example.org is the address of this user"]);
    });

    const groups = { roles: { "CN=admins, dc=org": ["Admin"], "cn=viewers,dc=org": ["Viewer"] }, ownUsers: ["admin"] };

    it("tells Airflow of a directory, whose certificate is checked", () => {
        const { config } = run({ ldap, ...groups }, [], { AIRFLOW_KUBERNETES_LDAP_BIND_PASSWORD: "s" }, true);
        expect(config).to.deep.include({
            AUTH_TYPE: 2,
            AUTH_LDAP_SERVER: ldap.server,
            AUTH_LDAP_USE_TLS: false,
            AUTH_LDAP_TLS_DEMAND: true,
            AUTH_LDAP_BIND_PASSWORD: "s",
            AUTH_LDAP_SEARCH: "dc=org",
            AUTH_LDAP_SEARCH_FILTER: "",
        });
        expect(config.AUTH_LDAP_TLS_CACERTFILE).to.match(/\/web\/ca\.crt$/);
    });

    it("compares names of groups as a directory does, and lets nobody else in", () => {
        const { answers } = run({ ldap, ...groups }, [
            { username: "alice", found: ["uid=alice", { memberOf: ["cn=Admins,dc=org", "cn=others,dc=org"] }] },
            { username: "carol", found: ["uid=carol", { memberOf: ["cn=others,dc=org"] }] },
            { username: "dave", found: ["uid=dave", {}] },
            { username: "admin", found: ["uid=admin", { memberOf: ["cn=admins,dc=org"] }] },
            { username: "nobody" },
        ]);
        expect(answers).to.deep.equal([["Admin"], null, null, null, null]);
    });
});
