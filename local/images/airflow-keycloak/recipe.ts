import { airflow, airflowRecipe } from "../airflow/recipe";

const version = airflow.reference.split(":")[1] as string;

/** The default Airflow with the provider of Keycloak's auth manager, as somebody who uses that would build it. */
export const airflowKeycloak = {
    ...airflowRecipe(version, __dirname),
    reference: `localhost/airflow-kubernetes/airflow-keycloak:${version}`,
};
