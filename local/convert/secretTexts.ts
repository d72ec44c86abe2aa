import { secretRemedy } from "../../components/airflow/ownedVariables";
import { isFields } from "../../components/kubernetes/fields";

const words =
    /(^|[_-])(PASS|PASSWORD|PASSWD|PASSPHRASE|PWD|SECRET|TOKEN|CREDENTIALS?|PRIVATE|APIKEY|KEY|KEYS|DSN|KWARGS|CONN|HEADERS)([_-]|$)/i;

/** Options and variables whose values are secrets although their names do not say so. */
const known = /^AIRFLOW_CONN_|SQL_ALCHEMY_CONN|RESULT_BACKEND|BROKER_URL/i;

/** Names that look like those of secrets, of values that are none. */
const harmless = /(CONN|KEY|TOKEN|SECRET)_?(ID|NAME|FILE|PATH|EXPIRATION_TIME|TTL|LENGTH|TYPE)$/i;

/** A user's name and password before a host. */
const credentials = /:\/\/[^/\s@]*:[^/\s@]*@/;

/**
 * Whether a value may be a secret, by the name that it has. What is none stays behind now and then, so that no secret is ever
 * written in plain text.
 */
export function mayBeSecret(name: string, value: unknown): boolean {
    const text = typeof value === "object" ? JSON.stringify(value) : String(value);
    const harmlessValue = typeof value === "number" || /^(true|false|\d{0,4})$/i.test(text);
    const named = words.test(name) && !harmless.test(name) && !harmlessValue;
    return known.test(name) || credentials.test(text) || named || secretRemedy(name.toUpperCase()) !== undefined;
}

/** Whether any variable with a literal value in it may be a secret, such as one of a container. */
export function holdsSecret(value: unknown): boolean {
    if (typeof value === "string") {
        return credentials.test(value) || /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value);
    }
    if (typeof value !== "object" || value === null) {
        return false;
    }
    const variable = isFields(value) && typeof value.name === "string" && "value" in value ? value.name : undefined;
    return (
        (variable !== undefined && mayBeSecret(variable, Reflect.get(value, "value"))) ||
        Object.values(value).some(holdsSecret)
    );
}
