import type * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../problems";
import { annotations, check, labels } from "../validation/checks";
import type { ServiceAccountArgs, ServiceAccountsArgs } from "./serviceAccountsArgs";

/** Problems of what a cloud is to know ServiceAccounts by. */
export function serviceAccountsProblems(accounts: ServiceAccountsArgs): Problem[] {
    return Object.entries(accounts as Record<string, ServiceAccountArgs | undefined>).flatMap(([noun, given]) => {
        const path = `serviceAccounts.${noun}`;
        return [
            ...annotations(`${path}.annotations`, known(given?.annotations)),
            ...labels(`${path}.labels`, known(given?.labels)),
            ...Object.keys(given?.labels ?? {}).flatMap((key) =>
                check(
                    !key.startsWith("app.kubernetes.io/"),
                    `${path}.labels.${key}`,
                    key,
                    "a key that does not begin with app.kubernetes.io/",
                ),
            ),
        ];
    });
}

/** Values by their keys; one that only an update knows counts as empty, which any label may be. */
function known(values: Readonly<Record<string, pulumi.Input<string>>> = {}): Record<string, string> {
    return Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, typeof value === "string" ? value : ""]),
    );
}
