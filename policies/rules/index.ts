import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { containersHaveLimits, containersStayConfined, imagesHaveAVersion } from "./containers";
import { dataOutliveTheStack, keysStay } from "./data";
import { loadBalancersAreClosed, podsHaveNetworkPolicies } from "./network";
import { secretsStayInSecrets, secretVariablesAreReferences } from "./secrets";

/** All rules of the pack. */
export const rules: readonly (ResourceValidationPolicy | StackValidationPolicy)[] = [
    secretVariablesAreReferences,
    secretsStayInSecrets,
    containersHaveLimits,
    containersStayConfined,
    imagesHaveAVersion,
    dataOutliveTheStack,
    keysStay,
    loadBalancersAreClosed,
    podsHaveNetworkPolicies,
];
