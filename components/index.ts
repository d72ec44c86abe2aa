/** Apache Airflow 3 on Kubernetes as a Pulumi component: what a program may build on. */
export { AirflowKubernetes, type AirflowNamespaceNames } from "./airflowKubernetes";
export * from "./airflowKubernetesArgs";
export { versions } from "./airflowKubernetesDefaults";
export { validate } from "./airflowKubernetesValidation";
export { PodSecurityLevel } from "./kubernetes/podSecurity";
export { ArgumentsError, type Problem } from "./problems";
