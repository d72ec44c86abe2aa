/**
 * Options of a Secret or ConfigMap that the provider names: other data are another object, which rolls the pods and runs the Jobs that
 * use it. A provider with `enableSecretMutable` or `enableConfigMapMutable` would change it in place, and nobody would notice.
 *
 * @see https://www.pulumi.com/registry/packages/kubernetes/api-docs/provider/#enablesecretmutable_nodejs
 */
export const replacedWithData = { replaceOnChanges: ["data", "stringData"] };
