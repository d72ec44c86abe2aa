import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import { script } from "../kubernetes/script";
import { type Environment, fromSecret } from "../pods/environment";
import type { SecretKeys, SecretVariable } from "../pods/secretKeys";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { AuthManager } from "../settings/authArgs";
import { signsInElsewhere } from "../settings/authSettings";

type EnvVar = k8s.types.input.core.v1.EnvVar;

/** The file that Airflow's FAB auth manager reads. */
export const webserverConfigName = "webserver_config.py";

/** Classes of the auth managers. */
const classes: Readonly<Record<AuthManager, string>> = {
    [AuthManager.Fab]: "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
    [AuthManager.Simple]: "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
    [AuthManager.Keycloak]: "airflow.providers.keycloak.auth_manager.keycloak_auth_manager.KeycloakAuthManager",
};

/** Whether the stack makes a first user: Keycloak has its own. */
export function hasFirstUser({ admin, auth }: Pick<AirflowSettings, "admin" | "auth">): boolean {
    return admin.enabled && auth.manager !== AuthManager.Keycloak;
}

/** What every process and Job with the database knows of it: whose tables are there. */
export function authEnvironment({ auth }: Pick<AirflowSettings, "auth">): Environment {
    return {
        AIRFLOW__CORE__AUTH_MANAGER: classes[auth.manager],
        // The Job of the first user writes permissions and roles, once. Processes that did it side by side as they start
        // would run into each other.
        ...(auth.manager === AuthManager.Fab && { AIRFLOW__FAB__UPDATE_FAB_PERMS: "False" }),
    };
}

/** What the api-server alone knows of it. */
export function signInEnvironment(settings: AirflowSettings): Environment {
    const { admin, auth } = settings;
    switch (auth.manager) {
        case AuthManager.Fab:
            return {};
        case AuthManager.Simple:
            return {
                AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS: mapInput(
                    [
                        ...(admin.enabled ? [{ name: admin.user, role: "admin" }] : []),
                        ...auth.users.map(({ name, roles }) => ({ name, role: String(roles[0]).toLowerCase() })),
                    ],
                    (users) => users.map(({ name, role }) => `${name}:${role}`).join(","),
                ),
            };
        case AuthManager.Keycloak:
            return {
                AIRFLOW__KEYCLOAK_AUTH_MANAGER__CLIENT_ID: auth.keycloak?.clientId ?? "",
                AIRFLOW__KEYCLOAK_AUTH_MANAGER__REALM: auth.keycloak?.realm ?? "",
                AIRFLOW__KEYCLOAK_AUTH_MANAGER__SERVER_URL: auth.keycloak?.serverUrl ?? "",
            };
    }
}

/** The module that starts the api-server: the Simple auth manager wants a file of passwords that it can write to. */
export function startModule({ auth }: AirflowSettings): string {
    return auth.manager === AuthManager.Simple ? "airflow_kubernetes.passwords" : "airflow_kubernetes.keys";
}

/** Passwords of the Simple auth manager by their variables, in the order of its users. */
export function simplePasswords(
    { admin, auth }: AirflowSettings,
    { adminPassword, userPasswords }: Pick<SecretKeys, "adminPassword" | "userPasswords">,
): Readonly<Record<string, SecretVariable>> | undefined {
    const passwords = [...(admin.enabled && adminPassword ? [adminPassword] : []), ...userPasswords];
    return auth.manager === AuthManager.Simple
        ? Object.fromEntries(
              passwords.map((value, number) => [`AIRFLOW_KUBERNETES_PASSWORD_${number}`, { value } as SecretVariable]),
          )
        : undefined;
}

/** The folder with `webserver_config.py`: the user's own, or the component's where it says how people sign in; undefined for neither. */
export function webserverConfigFiles(settings: AirflowSettings): Record<string, pulumi.Input<string>> | undefined {
    const { apiServer, auth } = settings;
    if (apiServer.webserverConfig !== undefined) {
        return { [webserverConfigName]: apiServer.webserverConfig };
    }
    if (!signsInElsewhere(auth)) {
        return undefined;
    }
    const { caCertificate } = auth.oidc ?? auth.ldap ?? {};
    return {
        [webserverConfigName]: script(__dirname, "sign_in.py"),
        "sign-in.json": signInJson(settings),
        ...(caCertificate !== undefined && {
            "ca.crt": mapInput(caCertificate, (text) => `${text.trimEnd()}\n`),
        }),
    };
}

/** What sign_in.py reads. Nothing in it is secret. */
function signInJson({ admin, auth }: AirflowSettings): pulumi.Input<string> {
    const { oidc, ldap } = auth;
    return mapInput(
        {
            oidc: oidc && {
                issuer: oidc.issuer,
                clientId: oidc.clientId,
                name: oidc.name,
                scopes: oidc.scopes,
                usernameClaim: oidc.usernameClaim,
                groupsClaim: oidc.groupsClaim,
            },
            ldap: ldap && {
                server: ldap.server,
                startTls: ldap.startTls,
                baseDn: ldap.baseDn,
                bindDn: ldap.bindDn,
                userFilter: ldap.userFilter,
                usernameAttribute: ldap.usernameAttribute,
                firstNameAttribute: ldap.firstNameAttribute,
                lastNameAttribute: ldap.lastNameAttribute,
                emailAttribute: ldap.emailAttribute,
                groupAttribute: ldap.groupAttribute,
                nestedGroups: ldap.nestedGroups,
            },
            roles: oidc?.roles ?? ldap?.roles ?? {},
            defaultRole: oidc?.defaultRole ?? ldap?.defaultRole,
            ownUsers: [...(admin.enabled ? [admin.user] : []), ...auth.users.map(({ name }) => name)],
        },
        (known) => JSON.stringify(known),
    );
}

/** What the Job of the first user is told of users and roles. */
export function usersEnvironment({ admin, auth }: AirflowSettings): Environment {
    const { oidc, ldap, roles, users } = auth;
    const place = oidc ? "auth.oidc" : "auth.ldap";
    const { roles: granted = {}, defaultRole } = oidc ?? ldap ?? {};
    const said = {
        ...(users.length > 0 && {
            users: users.map(({ name, email, firstName, lastName, roles }) => ({
                name,
                email,
                firstName,
                lastName,
                roles,
            })),
        }),
        ...(Object.keys(roles).length > 0 && {
            roles: Object.fromEntries(
                Object.entries(roles).map(([name, permissions]) => [
                    name,
                    permissions.map(({ action, resource }) => [action, resource]),
                ]),
            ),
        }),
        ...(signsInElsewhere(auth) && {
            granted: {
                ...Object.fromEntries(
                    Object.entries(granted).map(([group, names]) => [`${place}.roles.${group}`, names]),
                ),
                ...(defaultRole !== undefined && { [`${place}.defaultRole`]: [defaultRole] }),
            },
        }),
        ...(ldap && { needsLdap: true }),
    };
    return {
        ...(admin.enabled && { ADMIN_USER: admin.user, ADMIN_EMAIL: admin.email }),
        ...(Object.keys(said).length > 0 && { USERS: mapInput(said, (known) => JSON.stringify(known)) }),
    };
}

/** Passwords that this Job gives to users, by reference. */
export function usersPasswords({
    adminPassword,
    userPasswords,
}: Pick<SecretKeys, "adminPassword" | "userPasswords">): EnvVar[] {
    return [
        ...(adminPassword ? [fromSecret("ADMIN_PASSWORD", adminPassword)] : []),
        ...userPasswords.map((key, number) => fromSecret(`USER_PASSWORD_${number}`, key)),
    ];
}
