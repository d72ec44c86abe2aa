import type { Problem } from "../validation/problems";

/** Fields that a key of a service account has to have. */
const fields = ["client_email", "private_key", "token_uri"];

/** Problems of a key of a service account, which is not shown. */
export function gcsKeyProblems(key: string): Problem[] {
    return isKey(key)
        ? []
        : [
              {
                  path: "logs.remote.gcs.key",
                  allowed: `the key of a service account as Google gives it: JSON with ${fields.join(", ")}`,
                  remedy: "Make one: gcloud iam service-accounts keys create key.json --iam-account=<account>",
              },
          ];
}

function isKey(text: string): boolean {
    try {
        const key: unknown = JSON.parse(text);
        return typeof key === "object" && key !== null && fields.every((field) => field in key);
    } catch {
        return false;
    }
}
