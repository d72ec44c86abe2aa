/** Apache Airflow 3 on Kubernetes as a Pulumi component: what a program may build on. */

export { type ServiceAccountNames, serviceAccountNames } from "./access/serviceAccountNames";
export {
    AirflowKubernetes,
    type AirflowNamespaceNames,
    type SecretNames,
    type ServiceReference,
} from "./airflowKubernetes";
export { pinnedKeysProblems, validate } from "./airflowKubernetesValidation";
export { PodSecurityLevel, PodUser } from "./kubernetes/podSecurity";
export type * from "./kubernetes/resourcesArgs";
export type * from "./kubernetes/secretKeyArgs";
export type { RetainedData } from "./retainedData";
export * from "./settings/airflowKubernetesArgs";
export { versions } from "./settings/airflowKubernetesDefaults";
export * from "./settings/authArgs";
export type * from "./settings/backupArgs";
export * from "./settings/dagsArgs";
export * from "./settings/databaseArgs";
export * from "./settings/exposureArgs";
export * from "./settings/logsArgs";
export * from "./settings/metricsArgs";
export type * from "./settings/networkPoliciesArgs";
export type * from "./settings/poolArgs";
export * from "./settings/pythonPackagesArgs";
export type * from "./settings/registryArgs";
export {
    listedSecretArguments,
    type SecretArgument,
    type SecretRecord,
    secretArguments,
    secretRecords,
} from "./settings/secretArguments";
export type * from "./settings/serviceAccountsArgs";
export * from "./settings/storageArgs";
export { ArgumentsError, type Problem } from "./validation/problems";
