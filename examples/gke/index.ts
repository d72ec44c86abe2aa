import { airflowOn } from "./airflow";
import { cloud } from "./cloud";

const airflow = airflowOn(cloud);

/** The command that makes the UI answer on this machine. */
export const openUi = airflow.openUi;
/** Address of the UI after that. */
export const url = airflow.url;
/** Password of the user `admin`. */
export const adminPassword = airflow.adminPassword;
/** Data that `destroy` leaves, and how to reuse them. */
export const retained = airflow.retained;
