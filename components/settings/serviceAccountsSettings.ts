import type * as pulumi from "@pulumi/pulumi";
import { names } from "../kubernetes/names";
import type { ServiceAccountsArgs } from "./serviceAccountsArgs";

/** The ServiceAccount that a part runs under: one that exists, or the component's own. */
export function accountName(accounts: ServiceAccountsArgs, noun: keyof ServiceAccountsArgs): pulumi.Input<string> {
    return accounts[noun]?.existing ?? names[noun];
}
