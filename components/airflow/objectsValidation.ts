import { isOutput } from "../kubernetes/known";
import type { AirflowSettings, ObjectSettings } from "../settings/airflowKubernetesDefaults";
import { DagDelivery } from "../settings/dagsArgs";
import { check } from "../validation/checks";
import type { Problem } from "../validation/problems";

/** What the JSON of a connection may say. */
const connectionKeys = ["conn_type", "description", "host", "login", "password", "schema", "port", "extra"] as const;

/** The most that a Secret holds, with room for the names of its keys. */
const maximumBytes = 1_000_000;

/** Problems of connections, variables and pools as far as they are known. No value of a secret is in any. */
export function objectsProblems({ connections, variables, pools }: ObjectSettings): Problem[] {
    return [
        ...Object.entries(connections).flatMap(([id, value]) => {
            const path = `airflow.connections.${id}`;
            return [
                ...check(
                    /^[\p{L}\p{N}_.-]{1,200}$/u.test(id),
                    path,
                    undefined,
                    "ids of 1 to 200 letters, digits, underscores, dashes and dots",
                ),
                ...known(value, (text) => connectionProblems(path, text)),
            ];
        }),
        ...Object.entries(variables).flatMap(([key, value]) => {
            const path = `airflow.variables.${key}`;
            return [
                // A task asks for it by a URL that ends with the key, in which these have a meaning; /keys asks for all keys.
                ...check(
                    /^[^?#%\p{Cc}]{1,250}$/u.test(key) && key !== "keys" && key.trim() === key,
                    path,
                    undefined,
                    "keys of 1 to 250 characters other than ? # %, and not keys: no task could read them",
                ),
                ...known(value, (text) => textProblem(path, text)),
            ];
        }),
        ...Object.entries(pools).flatMap(([name, pool]) => poolProblems(`airflow.pools.${name}`, name, pool)),
        ...sizeProblems({ connections, variables, pools }),
    ];
}

/** Connections that a variable of the component takes the place of: they would be of no use to anybody. */
export function ownConnectionProblems({ objects, dags, logs }: AirflowSettings): Problem[] {
    const own: Readonly<Record<string, string>> = {
        ...(dags.delivery === DagDelivery.GitBundle && { GIT_DEFAULT: "Set dags.git." }),
        ...(logs.remote !== undefined && { AIRFLOW_LOGS: "Set logs.remote." }),
    };
    return Object.keys(objects.connections).flatMap((id) => {
        const remedy = Object.hasOwn(own, id.toUpperCase()) ? own[id.toUpperCase()] : undefined;
        return check(
            remedy === undefined,
            `airflow.connections.${id}`,
            undefined,
            "ids of connections that the component does not make itself",
            remedy,
        );
    });
}

function known<T>(value: T, look: (value: unknown) => Problem[]): Problem[] {
    return isOutput(value) ? [] : look(value);
}

function textProblem(path: string, value: unknown): Problem[] {
    return check(typeof value === "string", path, undefined, "text");
}

function connectionProblems(path: string, value: unknown): Problem[] {
    if (typeof value !== "string") {
        return textProblem(path, value);
    }
    const text = value.trim();
    if (!text.startsWith("{")) {
        return check(
            /^[a-z][a-z0-9+.-]*:\/\//i.test(text),
            path,
            undefined,
            "a URI, such as postgres://user:password@host:5432/schema, or a JSON object with conn_type",
            "The type of a connection is the beginning of its URI, with - for _.",
        );
    }
    const connection = parsedObject(text);
    const isRight =
        connection !== undefined &&
        typeof connection.conn_type === "string" &&
        connection.conn_type !== "" &&
        Object.keys(connection).every((key) => (connectionKeys as readonly string[]).includes(key));
    return check(
        isRight,
        path,
        undefined,
        `a JSON object with conn_type, and nothing but ${connectionKeys.join(", ")}; or a URI`,
    );
}

function parsedObject(text: string): Record<string, unknown> | undefined {
    try {
        const value: unknown = JSON.parse(text);
        return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
    } catch {
        return undefined;
    }
}

function poolProblems(path: string, name: string, pool: ObjectSettings["pools"][string]): Problem[] {
    if (typeof pool !== "object" || pool === null) {
        return check(false, path, pool, "an object with slots");
    }
    const { slots, description, includeDeferred } = pool;
    return [
        ...check(
            /^[^\p{Cc}]{1,256}$/u.test(name) && name.trim() === name,
            path,
            undefined,
            "names of 1 to 256 characters, without spaces around them",
        ),
        ...known(slots, (value) =>
            check(
                Number.isInteger(value) && Number(value) >= -1 && Number(value) < 2 ** 31,
                `${path}.slots`,
                value,
                "a whole number from 0 to 2147483647, or -1 for any number",
            ),
        ),
        ...known(description, (value) =>
            check(value === undefined || typeof value === "string", `${path}.description`, value, "text"),
        ),
        ...known(includeDeferred, (value) =>
            check(value === undefined || typeof value === "boolean", `${path}.includeDeferred`, value, "true, false"),
        ),
    ];
}

/** One Secret holds them all. */
function sizeProblems(objects: ObjectSettings): Problem[] {
    const texts = [...Object.entries(objects.connections), ...Object.entries(objects.variables)].flat();
    const bytes = texts
        .map((text) => (typeof text === "string" ? Buffer.byteLength(JSON.stringify(text)) : 0))
        .reduce((sum, size) => sum + size, 0);
    return check(
        bytes <= maximumBytes,
        "airflow.variables",
        undefined,
        `at most ${maximumBytes} bytes of connections and variables together`,
    );
}
