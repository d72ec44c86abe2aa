/**
 * Options of a Secret or ConfigMap that the provider names: other data are another object, which rolls the pods and runs the Jobs that
 * use it. A provider with `enableSecretMutable` or `enableConfigMapMutable` would change it in place, and nobody would notice.
 *
 * @see https://www.pulumi.com/registry/packages/kubernetes/api-docs/provider/#enablesecretmutable_nodejs
 */
export const replacedWithData = { replaceOnChanges: ["binaryData", "data", "stringData"] };

/**
 * Option of what has a hash of its content in its name, and is used by nothing but a Job. An update that fails leaves the one of before in
 * Pulumi's state, to be deleted by the next update; that one would make it under the same name when the change is undone, and
 * find it there.
 *
 * @see https://www.pulumi.com/docs/iac/concepts/options/deletebeforereplace/
 */
export const replacedAfterDeletion = { deleteBeforeReplace: true };
