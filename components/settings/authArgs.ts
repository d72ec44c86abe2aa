import type * as pulumi from "@pulumi/pulumi";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";

/** Who in Airflow knows people and what they may do. */
export enum AuthManager {
    /** Flask AppBuilder: users and roles in Airflow's database, from OIDC, or from LDAP. */
    Fab = "fab",
    /** A list of users with one of four roles each. For demonstrations: Airflow's authors advise against it in production. */
    Simple = "simple",
    /** Keycloak knows people, and decides on each request what they may do. Its provider is not in the official image. */
    Keycloak = "keycloak",
}

/** How people sign in, and what they may do. */
export interface AuthArgs {
    /**
     * Airflow's auth manager.
     * @default AuthManager.Fab
     * @see https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/auth-manager/index.html
     */
    readonly manager?: AuthManager;
    /**
     * Users with passwords, beside the first one. With `oidc` and `ldap` they are accounts of programs: they get tokens of the REST
     * API, and the UI has no form for them. One that leaves the arguments can no longer sign in; one that somebody else made is
     * never changed.
     * @default - none
     * @see docs/sign-in.md#users-and-roles-as-data
     */
    readonly users?: UserArgs[];
    /**
     * Roles by name, beside Airflow's own (Admin, Op, User, Viewer, Public), and what each may do; with the manager `fab`. One that leaves
     * the arguments is removed; one that somebody else made is never changed.
     * @default - none
     * @see docs/sign-in.md#users-and-roles-as-data
     * @see https://airflow.apache.org/docs/apache-airflow-providers-fab/stable/auth-manager/access-control.html
     */
    readonly roles?: Record<string, PermissionArgs[]>;
    /**
     * A provider of OpenID Connect, at which people sign in; with the manager `fab`.
     * @default - none
     * @see docs/sign-in.md#openid-connect
     */
    readonly oidc?: OidcArgs;
    /**
     * A directory with people's passwords and groups; with the manager `fab`. Either this or `oidc`.
     * @default - none
     * @see docs/sign-in.md#ldap
     */
    readonly ldap?: LdapArgs;
    /**
     * The Keycloak of the manager `keycloak`.
     * @default - none
     * @see docs/sign-in.md#keycloak
     */
    readonly keycloak?: KeycloakArgs;
}

/** A user with a password. */
export interface UserArgs {
    /** Name to sign in with. */
    readonly name: string;
    /** Names of roles; with the manager `simple` one of Admin, Op, User and Viewer. */
    readonly roles: string[];
    /**
     * Address that Airflow keeps for the user, another one for each.
     * @default - `<name>@example.com`
     */
    readonly email?: pulumi.Input<string>;
    /**
     * First name, as the UI shows it.
     * @default - `name`
     */
    readonly firstName?: pulumi.Input<string>;
    /**
     * Last name, as the UI shows it.
     * @default - none
     */
    readonly lastName?: pulumi.Input<string>;
    /**
     * Password, at least 8 characters. A secret. Changing it resets the user's password; one that was changed in the UI otherwise
     * stays.
     * @default - none: `passwordSecret`
     */
    readonly password?: pulumi.Input<string>;
    /**
     * Key of a Secret with the password, in place of `password`.
     * @default - none
     */
    readonly passwordSecret?: SecretKeyArgs;
}

/** Something that a role may do. */
export interface PermissionArgs {
    /** What is done: `can_read`, `can_create`, `can_edit`, `can_delete`, or `menu_access` to see it in the menu. */
    readonly action: string;
    /** With what, as Airflow's list of permissions has it: `DAGs`, `DAG:my_dag`, `DAG Runs`, `Connections`. */
    readonly resource: string;
}

/** A provider of OpenID Connect. People sign in with the authorization code flow and PKCE. */
export interface OidcArgs {
    /**
     * Its issuer, an https URL, exactly as the provider names it. `<issuer>/.well-known/openid-configuration` tells the rest.
     * @see https://openid.net/specs/openid-connect-discovery-1_0.html
     */
    readonly issuer: pulumi.Input<string>;
    /** The client that Airflow is to the provider. Its redirect URI is `<airflow.url>/auth/oauth-authorized/<name>`. */
    readonly clientId: pulumi.Input<string>;
    /**
     * Secret of the client. A secret.
     * @default - none: a public client, which PKCE alone protects
     */
    readonly clientSecret?: pulumi.Input<string>;
    /**
     * Key of a Secret with it, in place of `clientSecret`.
     * @default - none
     */
    readonly clientSecretSecret?: SecretKeyArgs;
    /**
     * Name of the provider on the button, and in the redirect URI.
     * @default "oidc"
     */
    readonly name?: string;
    /**
     * Scopes that are asked for. `openid` has to be among them.
     * @default - `openid`, `profile` and `email`
     */
    readonly scopes?: string[];
    /**
     * Claim that names the user. It should be one that people cannot choose themselves.
     * @default "preferred_username"
     */
    readonly usernameClaim?: string;
    /**
     * Claim with the groups of the user, in the ID token or the userinfo; parts of it with dots between, such as
     * `realm_access.roles`.
     * @default "groups"
     */
    readonly groupsClaim?: string;
    /**
     * Names of roles by group. They are given anew at each sign-in.
     * @default - none
     */
    readonly roles?: Record<string, string[]>;
    /**
     * Role of those who are in none of these groups.
     * @default - none: they are not let in
     */
    readonly defaultRole?: string;
    /**
     * Certificate of the authority that signed the provider's, in PEM.
     * @default - the authorities that the image trusts
     */
    readonly caCertificate?: pulumi.Input<string>;
}

/** A directory that is reached by LDAP. */
export interface LdapArgs {
    /** Its address: `ldaps://directory.example.com`, or `ldap://` together with `startTls`. */
    readonly server: pulumi.Input<string>;
    /**
     * Whether a connection by `ldap://` is encrypted before anything else is said.
     * @default false
     */
    readonly startTls?: boolean;
    /** Entry below which people are searched for, such as `ou=people,dc=example,dc=com`. */
    readonly baseDn: pulumi.Input<string>;
    /** Entry that may search, such as `cn=airflow,dc=example,dc=com`. */
    readonly bindDn: pulumi.Input<string>;
    /**
     * Its password. A secret.
     * @default - none: `bindPasswordSecret`
     */
    readonly bindPassword?: pulumi.Input<string>;
    /**
     * Key of a Secret with it, in place of `bindPassword`.
     * @default - none
     */
    readonly bindPasswordSecret?: SecretKeyArgs;
    /**
     * Filter that people have to match, in brackets, such as `(objectClass=person)`.
     * @default - none
     */
    readonly userFilter?: pulumi.Input<string>;
    /**
     * Attribute with the name to sign in with; `sAMAccountName` in Active Directory.
     * @default "uid"
     */
    readonly usernameAttribute?: string;
    /**
     * Attribute with the first name.
     * @default "givenName"
     */
    readonly firstNameAttribute?: string;
    /**
     * Attribute with the last name.
     * @default "sn"
     */
    readonly lastNameAttribute?: string;
    /**
     * Attribute with the address.
     * @default "mail"
     */
    readonly emailAttribute?: string;
    /**
     * Attribute with the groups of the user. OpenLDAP has it with its overlay `memberof`.
     * @default "memberOf"
     */
    readonly groupAttribute?: string;
    /**
     * Whether groups in groups count, which Active Directory alone can tell.
     * @default false
     */
    readonly nestedGroups?: boolean;
    /**
     * Names of roles by the DN of a group. They are given anew at each sign-in.
     * @default - none
     */
    readonly roles?: Record<string, string[]>;
    /**
     * Role of those who are in none of these groups.
     * @default - none: they are not let in
     */
    readonly defaultRole?: string;
    /**
     * Certificate of the authority that signed the server's, in PEM.
     * @default - the authorities that the image trusts
     */
    readonly caCertificate?: pulumi.Input<string>;
}

/** A Keycloak, for Airflow's own auth manager of it. */
export interface KeycloakArgs {
    /** Its address, such as `https://keycloak.example.com`. */
    readonly serverUrl: pulumi.Input<string>;
    /** The realm with users, groups and permissions. */
    readonly realm: pulumi.Input<string>;
    /** The client that Airflow is to it. */
    readonly clientId: pulumi.Input<string>;
    /**
     * Secret of the client. A secret.
     * @default - none: `clientSecretSecret`
     */
    readonly clientSecret?: pulumi.Input<string>;
    /**
     * Key of a Secret with it, in place of `clientSecret`.
     * @default - none
     */
    readonly clientSecretSecret?: SecretKeyArgs;
}
