import type * as pulumi from "@pulumi/pulumi";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { AuthManager, type KeycloakArgs } from "../settings/authArgs";
import { type AuthSettings, type LdapSettings, type OidcSettings, signsInElsewhere } from "../settings/authSettings";
import { check, checkText, oneOf, shown } from "../validation/checks";
import type { Problem } from "../validation/problems";
import { secretProblems } from "../validation/secrets";

/** Roles that Airflow has of itself, and gives their permissions with each update. */
const ownRoles = ["Admin", "Op", "User", "Viewer", "Public"] as const;

/** Roles of the Simple auth manager, which knows no others. */
const simpleRoles = ["Admin", "Op", "User", "Viewer"] as const;

const actions = ["can_read", "can_create", "can_edit", "can_delete", "menu_access"] as const;

/** Problems of how people sign in, as far as they are known. No value of a secret is in any. */
export function authProblems(settings: AirflowSettings): Problem[] {
    const { auth } = settings;
    return [
        ...oneOf("auth.manager", auth.manager, AuthManager),
        ...managerProblems(settings),
        ...usersProblems(settings),
        ...rolesProblems(auth.roles),
        ...(auth.oidc ? oidcProblems(auth.oidc) : []),
        ...(auth.ldap ? ldapProblems(auth.ldap) : []),
        ...(auth.keycloak ? keycloakProblems(auth.keycloak) : []),
    ];
}

/** What goes together, and what does not. */
function managerProblems({ admin, apiServer, auth }: AirflowSettings): Problem[] {
    const { manager, oidc, ldap, keycloak, roles, users } = auth;
    const only = (path: string, isGiven: boolean, managers: readonly AuthManager[]) =>
        check(
            !isGiven || managers.includes(manager),
            path,
            undefined,
            `nothing with auth.manager ${manager}: it is for ${managers.join(" and ")}`,
        );
    const fab = [AuthManager.Fab];
    return [
        ...only("auth.oidc", oidc !== undefined, fab),
        ...only("auth.ldap", ldap !== undefined, fab),
        ...only("auth.roles", Object.keys(roles).length > 0, fab),
        ...only("auth.users", users.length > 0, [AuthManager.Fab, AuthManager.Simple]),
        ...only("auth.keycloak", keycloak !== undefined, [AuthManager.Keycloak]),
        ...only("apiServer.webserverConfig", apiServer.webserverConfig !== undefined, fab),
        ...check(
            manager !== AuthManager.Keycloak || keycloak !== undefined,
            "auth.keycloak",
            undefined,
            "serverUrl, realm, clientId and a secret of the client, which auth.manager keycloak needs",
        ),
        ...check(oidc === undefined || ldap === undefined, "auth.ldap", undefined, "either auth.oidc or auth.ldap"),
        ...check(
            !signsInElsewhere(auth) || apiServer.webserverConfig === undefined,
            "apiServer.webserverConfig",
            undefined,
            "either this text or auth.oidc and auth.ldap, of which the component makes one",
        ),
        ...check(
            manager !== AuthManager.Simple || admin.enabled || users.length > 0,
            "admin.enabled",
            admin.enabled,
            "true, or auth.users: with auth.manager simple nobody could sign in",
        ),
    ];
}

function usersProblems({ admin, auth }: AirflowSettings): Problem[] {
    const { manager, users } = auth;
    return users.flatMap((user, index) => {
        const { name, roles, email, password, passwordSecret } = user;
        const path = `auth.users[${index}]`;
        const lower = (text: unknown) => (typeof text === "string" ? text.toLowerCase() : undefined);
        const isTaken =
            users.slice(0, index).some((other) => lower(other.name) === lower(name)) ||
            (admin.enabled && lower(admin.user) === lower(name));
        return [
            ...check(
                typeof name === "string" && /^[\w.@+-]{1,64}$/.test(name),
                `${path}.name`,
                name,
                "1 to 64 letters, digits and any of . _ @ + -",
            ),
            ...check(!isTaken, `${path}.name`, name, "each name once, and not that of admin.user"),
            ...roleNames(`${path}.roles`, roles),
            ...check(
                manager !== AuthManager.Simple ||
                    (roles.length === 1 && (simpleRoles as readonly string[]).includes(roles[0])),
                `${path}.roles`,
                undefined,
                `one of ${simpleRoles.join(", ")}: auth.manager simple knows no others`,
            ),
            ...addressProblems(`${path}.email`, email),
            ...secretProblems(`${path}.password`, password, passwordSecret),
            ...check(
                password !== undefined || passwordSecret !== undefined,
                `${path}.password`,
                undefined,
                "a password, or passwordSecret in its place",
            ),
            ...(typeof password === "string" && (password.length < 8 || password === name)
                ? [{ path: `${path}.password`, allowed: "at least 8 characters, and not the user's name" }]
                : []),
        ];
    });
}

function addressProblems(path: string, email: pulumi.Input<string>): Problem[] {
    return checkText(path, email, (address) => /^[^\s@]+@[^\s@]+$/.test(address), "an e-mail address");
}

function roleNames(path: string, names: readonly string[]): Problem[] {
    return check(
        names.length > 0 && names.every(isRoleName),
        path,
        undefined,
        "one or more names of roles, of 1 to 64 characters each",
    );
}

function isRoleName(name: unknown): boolean {
    return typeof name === "string" && /^[^\p{Cc}]{1,64}$/u.test(name) && name.trim() === name;
}

function rolesProblems(roles: AuthSettings["roles"]): Problem[] {
    return Object.entries(roles).flatMap(([name, permissions]) => {
        const path = `auth.roles.${name}`;
        return [
            ...check(
                isRoleName(name) && !(ownRoles as readonly string[]).includes(name),
                path,
                undefined,
                `names of 1 to 64 characters other than ${ownRoles.join(", ")}, which Airflow has of itself`,
            ),
            ...permissions.flatMap(({ action, resource }, index) => [
                ...check(
                    (actions as readonly string[]).includes(action),
                    `${path}[${index}].action`,
                    action,
                    actions.join(", "),
                ),
                ...check(
                    typeof resource === "string" &&
                        /^[^\p{Cc}]{1,250}$/u.test(resource) &&
                        resource.trim() === resource,
                    `${path}[${index}].resource`,
                    resource,
                    "what Airflow's list of permissions names, such as DAGs or DAG:my_dag",
                ),
            ]),
        ];
    });
}

/** What `auth.oidc` and `auth.ldap` have in common. */
function grantProblems(path: string, { roles, defaultRole, caCertificate }: OidcSettings | LdapSettings): Problem[] {
    return [
        ...Object.entries(roles).flatMap(([group, names]) => roleNames(`${path}.roles.${group}`, names)),
        ...check(
            defaultRole === undefined || isRoleName(defaultRole),
            `${path}.defaultRole`,
            defaultRole,
            "the name of a role",
        ),
        ...check(
            Object.keys(roles).length > 0 || defaultRole !== undefined,
            `${path}.roles`,
            undefined,
            "a role for one group or more, or defaultRole for everybody: nobody else is let in",
        ),
        ...(typeof caCertificate === "string" && !/^-----BEGIN CERTIFICATE-----$/m.test(caCertificate)
            ? [
                  {
                      path: `${path}.caCertificate`,
                      allowed: "a certificate as PEM: -----BEGIN CERTIFICATE----- and so on",
                  },
              ]
            : []),
    ];
}

/** A problem when a URL is of another kind. One with an @ is not shown: a password may be before it. */
function urlProblems(path: string, value: pulumi.Input<string>, protocols: RegExp, allowed: string): Problem[] {
    const isRight = (text: string) => !/[\s?#@]/.test(text) && URL.canParse(text) && protocols.test(text);
    return typeof value === "string" ? check(isRight(value), path, shown(value), allowed) : [];
}

function oidcProblems(oidc: OidcSettings): Problem[] {
    const path = "auth.oidc";
    const claims = ["usernameClaim", "groupsClaim"] as const;
    return [
        ...urlProblems(
            `${path}.issuer`,
            oidc.issuer,
            /^https:\/\//,
            "an https URL as the provider names it, without user, query or fragment",
        ),
        ...checkText(`${path}.clientId`, oidc.clientId, isOneLine, "one line of text"),
        ...secretProblems(`${path}.clientSecret`, oidc.clientSecret, oidc.clientSecretSecret),
        ...emptySecret(`${path}.clientSecret`, oidc.clientSecret),
        // The form of FAB sends people who choose `twitter` elsewhere.
        ...check(
            /^[A-Za-z0-9_-]{1,40}$/.test(oidc.name) && oidc.name !== "twitter",
            `${path}.name`,
            oidc.name,
            "1 to 40 letters, digits, underscores and dashes, and not twitter: it is part of the redirect URI",
        ),
        ...check(
            oidc.scopes.includes("openid") && oidc.scopes.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)),
            `${path}.scopes`,
            undefined,
            "scopes without spaces, openid among them",
        ),
        ...claims.flatMap((claim) => check(isOneLine(oidc[claim]), `${path}.${claim}`, oidc[claim], "a claim's name")),
        ...grantProblems(path, oidc),
    ];
}

function ldapProblems(ldap: LdapSettings): Problem[] {
    const path = "auth.ldap";
    const names = ["baseDn", "bindDn"] as const;
    const attributes = [
        "usernameAttribute",
        "firstNameAttribute",
        "lastNameAttribute",
        "emailAttribute",
        "groupAttribute",
    ] as const;
    const isPlain = typeof ldap.server === "string" && ldap.server.startsWith("ldap://");
    return [
        ...urlProblems(
            `${path}.server`,
            ldap.server,
            /^ldaps?:\/\/[^/]+\/?$/,
            "ldaps:// or ldap:// with a host, and a port if need be",
        ),
        ...check(
            !isPlain || ldap.startTls,
            `${path}.startTls`,
            ldap.startTls,
            "true with a server of ldap://, which would show passwords to everybody on the way",
        ),
        ...check(
            isPlain || !ldap.startTls || typeof ldap.server !== "string",
            `${path}.startTls`,
            ldap.startTls,
            "false with a server of ldaps://, which is encrypted from the beginning",
        ),
        ...names.flatMap((name) =>
            checkText(
                `${path}.${name}`,
                ldap[name],
                (text) => isOneLine(text) && text.includes("="),
                "the name of an entry, such as ou=people,dc=example,dc=com",
            ),
        ),
        ...secretProblems(`${path}.bindPassword`, ldap.bindPassword, ldap.bindPasswordSecret),
        ...emptySecret(`${path}.bindPassword`, ldap.bindPassword),
        ...check(
            ldap.bindPassword !== undefined || ldap.bindPasswordSecret !== undefined,
            `${path}.bindPassword`,
            undefined,
            `the password of ${path}.bindDn`,
            "Set auth.ldap.bindPassword or auth.ldap.bindPasswordSecret.",
        ),
        ...(ldap.userFilter === undefined
            ? []
            : checkText(
                  `${path}.userFilter`,
                  ldap.userFilter,
                  isFilter,
                  "a filter in brackets, such as (objectClass=person)",
              )),
        ...attributes.flatMap((attribute) =>
            check(
                /^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(ldap[attribute]),
                `${path}.${attribute}`,
                ldap[attribute],
                "the name of an attribute: letters, digits and dashes",
            ),
        ),
        ...grantProblems(path, ldap),
    ];
}

function isFilter(text: string): boolean {
    const count = (bracket: string) => text.split(bracket).length;
    return isOneLine(text) && text.startsWith("(") && text.endsWith(")") && count("(") === count(")");
}

function keycloakProblems(keycloak: KeycloakArgs): Problem[] {
    const path = "auth.keycloak";
    return [
        ...urlProblems(
            `${path}.serverUrl`,
            keycloak.serverUrl,
            /^https?:\/\//,
            "an http or https URL, without user, query or fragment",
        ),
        ...checkText(`${path}.realm`, keycloak.realm, isOneLine, "one line of text"),
        ...checkText(`${path}.clientId`, keycloak.clientId, isOneLine, "one line of text"),
        ...secretProblems(`${path}.clientSecret`, keycloak.clientSecret, keycloak.clientSecretSecret),
        ...emptySecret(`${path}.clientSecret`, keycloak.clientSecret),
        ...check(
            keycloak.clientSecret !== undefined || keycloak.clientSecretSecret !== undefined,
            `${path}.clientSecret`,
            undefined,
            "the secret of the client",
            "Set auth.keycloak.clientSecret or auth.keycloak.clientSecretSecret.",
        ),
    ];
}

function emptySecret(path: string, value: unknown): Problem[] {
    return typeof value === "string" && !isOneLine(value) ? [{ path, allowed: "one line of text" }] : [];
}

function isOneLine(text: string): boolean {
    return typeof text === "string" && /^[^\p{Cc}]+$/u.test(text) && text.trim() === text;
}
