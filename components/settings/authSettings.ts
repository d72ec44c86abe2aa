import {
    type AuthArgs,
    AuthManager,
    type KeycloakArgs,
    type LdapArgs,
    type OidcArgs,
    type PermissionArgs,
    type UserArgs,
} from "./authArgs";

/** {@link AuthArgs} with nothing left open. */
export interface AuthSettings {
    readonly manager: AuthManager;
    readonly users: readonly UserSettings[];
    readonly roles: Readonly<Record<string, readonly PermissionArgs[]>>;
    readonly oidc?: OidcSettings;
    readonly ldap?: LdapSettings;
    readonly keycloak?: KeycloakArgs;
}

/** Settings of a user with a password. */
export type UserSettings = UserArgs & Required<Pick<UserArgs, "email" | "firstName" | "lastName">>;

/** Settings of a provider of OpenID Connect. */
export type OidcSettings = OidcArgs &
    Required<Pick<OidcArgs, "name" | "scopes" | "usernameClaim" | "groupsClaim" | "roles">>;

/** Settings of a directory. */
export type LdapSettings = LdapArgs &
    Required<
        Pick<
            LdapArgs,
            | "startTls"
            | "usernameAttribute"
            | "firstNameAttribute"
            | "lastNameAttribute"
            | "emailAttribute"
            | "groupAttribute"
            | "nestedGroups"
            | "roles"
        >
    >;

/** Fills in the defaults. */
export function authSettings(args: AuthArgs = {}): AuthSettings {
    const { manager = AuthManager.Fab, users = [], roles = {}, oidc, ldap, keycloak } = args;
    return {
        manager,
        users: users.map((user) => ({
            ...user,
            email: user.email ?? ownAddress(user.name),
            firstName: user.firstName ?? user.name,
            lastName: user.lastName ?? "",
        })),
        roles,
        oidc: oidc && {
            ...oidc,
            name: oidc.name ?? "oidc",
            scopes: oidc.scopes ?? ["openid", "profile", "email"],
            usernameClaim: oidc.usernameClaim ?? "preferred_username",
            groupsClaim: oidc.groupsClaim ?? "groups",
            roles: oidc.roles ?? {},
        },
        ldap: ldap && {
            ...ldap,
            startTls: ldap.startTls ?? false,
            usernameAttribute: ldap.usernameAttribute ?? "uid",
            firstNameAttribute: ldap.firstNameAttribute ?? "givenName",
            lastNameAttribute: ldap.lastNameAttribute ?? "sn",
            emailAttribute: ldap.emailAttribute ?? "mail",
            groupAttribute: ldap.groupAttribute ?? "memberOf",
            nestedGroups: ldap.nestedGroups ?? false,
            roles: ldap.roles ?? {},
        },
        keycloak,
    };
}

/** Airflow wants an address of each user, and another one for each. */
function ownAddress(name: string): string {
    return /^[^\s@]+@[^\s@]+$/.test(name) ? name : `${name}@example.com`;
}

/** Whether the component's own `webserver_config.py` says how people sign in. */
export function signsInElsewhere({ oidc, ldap }: AuthSettings): boolean {
    return oidc !== undefined || ldap !== undefined;
}
