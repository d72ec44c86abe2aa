import { AirflowKubernetes } from "./components";
import { loadArgs } from "./config";

const airflow = new AirflowKubernetes("airflow", loadArgs());

/** Address of the UI. */
export const url = airflow.url;
/** What a DNS record of its host points to, empty where the cluster does not say. */
export const publicAddress = airflow.publicAddress.apply((known) => known ?? "");
/** Name of the first user. */
export const adminUser = airflow.adminUser;
/** Password of the first user: `pulumi stack output adminPassword --show-secrets`. */
export const adminPassword = airflow.adminPassword;
/** Names of the namespaces. */
export const namespaces = airflow.namespaces;
/** The command that makes the UI answer on this machine. */
export const openUi = airflow.openUi;
/** What `destroy` leaves, and how to reuse it. */
export const retained = airflow.retained;
