import { airflowRecipe } from "../airflow/recipe";

/**
 * The newest Airflow of the minor version before, to upgrade from and to go back to. Its packages are those that were newest when it
 * was released, as in the official image.
 */
export const airflowBefore = airflowRecipe("3.2.2", __dirname);
