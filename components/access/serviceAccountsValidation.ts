import type { Problem } from "../problems";
import { type AddedMetadata, addedMetadataProblems } from "../validation/metadata";
import type { ServiceAccountsArgs } from "./serviceAccountsArgs";

/** Problems of what a cloud is to know ServiceAccounts by. */
export function serviceAccountsProblems(accounts: ServiceAccountsArgs): Problem[] {
    return Object.entries(accounts as Record<string, AddedMetadata | undefined>).flatMap(([noun, given = {}]) =>
        addedMetadataProblems(`serviceAccounts.${noun}`, given, ["app.kubernetes.io/"]),
    );
}
