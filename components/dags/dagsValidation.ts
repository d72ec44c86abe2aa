import type { Problem } from "../problems";
import { check, oneOf, wholeNumber } from "../validation/checks";
import { dagsFolderFault } from "./dagsArchive";
import { DagDelivery } from "./dagsArgs";
import type { DagsSettings } from "./dagsSettings";

/** Everything that is wrong with the delivery of DAGs. */
export function dagsProblems(dags: DagsSettings): Problem[] {
    const fault = dags.delivery === DagDelivery.Volume ? dagsFolderFault(dags.volume.folder ?? "") : undefined;
    return [
        ...oneOf("dags.delivery", dags.delivery, DagDelivery),
        ...check(
            fault === undefined,
            "dags.volume.folder",
            dags.volume.folder,
            "a folder of this machine with Python files, at most 5 MiB compressed",
            `With this one, ${fault}. Paths are relative to the program.`,
        ),
        ...wholeNumber("dags.refreshSeconds", dags.refreshSeconds, 5, 30),
    ];
}
