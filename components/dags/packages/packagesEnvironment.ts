import { mapInput } from "../../kubernetes/known";
import type { Environment } from "../../pods/environment";
import type { AirflowSettings } from "../../settings/airflowKubernetesDefaults";
import { packagesDirectory } from "./requirementsFile";

/** Lets Python find the packages beside the DAGs. The folder's name changes with them, which rolls the processes. */
export function packagesEnvironment(settings: Pick<AirflowSettings, "pythonPackages" | "airflow">): Environment {
    const { requirements, indexUrl } = settings.pythonPackages;
    return requirements === undefined
        ? {}
        : {
              PYTHONPATH: mapInput(
                  packagesDirectory(requirements, settings.airflow.image, indexUrl),
                  (directory) => `${directory}/site-packages`,
              ),
          };
}
