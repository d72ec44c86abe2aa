import { withDefaults } from "../../../components/settings/airflowKubernetesDefaults";

/** Image of Airflow that an installation has by default. Pods that tests make have it, too: it is on the node already. */
export const airflowImage = withDefaults({}).airflow.image as string;
