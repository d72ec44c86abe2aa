import { scryptSync } from "node:crypto";

/** Login to the component's own Postgres where somebody else keeps the password. */
export const keptLogin = "airflow_login";

/** The passwords that `database.password` names: one, or the new and the old one while they are rotated. */
export function passwordsOf(setting: string): string[] {
    return setting.split(",");
}

/**
 * Login that has a password. Each password has a login of its own, so that Postgres knows the new and the old one side by side. The
 * hash is a slow one: names of logins are in Postgres's log, and nobody shall find a password by one.
 */
export function loginOf(password: string): string {
    return `airflow_${scryptSync(password, "airflow-kubernetes", 4).toString("hex")}`;
}

/** What Postgres reads its logins from: a line for each, and one for its password. */
export function loginsFile(setting: string): string {
    return passwordsOf(setting)
        .map((password) => `${loginOf(password)}\n${password}\n`)
        .join("");
}
