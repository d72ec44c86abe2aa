import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/**
 * Name of a Role for its RoleBinding, known once the Role exists. A preview asks the API server about what is known, and that
 * refuses a binding to a Role which is not there yet to who has no more rights than those of the namespace.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-binding-creation-or-update
 */
export function roleName(role: k8s.rbac.v1.Role): pulumi.Output<string> {
    return pulumi.all([role.metadata.name, role.id]).apply(([name]) => name);
}
