import type { ServiceAccountArgs, ServiceAccountsArgs } from "../settings/serviceAccountsArgs";
import { check, dnsName } from "../validation/checks";
import { addedMetadataProblems } from "../validation/metadata";
import type { Problem } from "../validation/problems";

/** Problems of ServiceAccounts that exist, and of annotations and labels of the component's. */
export function serviceAccountsProblems(accounts: ServiceAccountsArgs): Problem[] {
    return Object.entries(accounts as Record<string, ServiceAccountArgs | undefined>).flatMap(([noun, given = {}]) => {
        const path = `serviceAccounts.${noun}`;
        const { existing } = given;
        return [
            ...addedMetadataProblems(path, given, ["app.kubernetes.io/"]),
            ...(typeof existing === "string" ? dnsName(`${path}.existing`, existing) : []),
            ...(existing === undefined
                ? []
                : (["annotations", "labels"] as const).flatMap((field) =>
                      check(
                          given[field] === undefined,
                          `${path}.${field}`,
                          undefined,
                          `nothing with ${path}.existing: that ServiceAccount is somebody else's`,
                      ),
                  )),
        ];
    });
}
