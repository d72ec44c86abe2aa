/** Apache Airflow 3 on Kubernetes as a Pulumi component: what a program may build on. */
export type * from "./access/serviceAccountsArgs";
export { AirflowKubernetes, type AirflowNamespaceNames, type ServiceReference } from "./airflowKubernetes";
export * from "./airflowKubernetesArgs";
export { versions } from "./airflowKubernetesDefaults";
export { validate } from "./airflowKubernetesValidation";
export * from "./dags/dagsArgs";
export * from "./dags/pythonPackagesArgs";
export * from "./database/databaseArgs";
export { PodSecurityLevel } from "./kubernetes/podSecurity";
export type * from "./kubernetes/secretKeyArgs";
export * from "./logs/logsArgs";
export { ArgumentsError, type Problem } from "./problems";
export type { RetainedData } from "./retainedData";
export * from "./storage/storageArgs";
