import type { Context } from "mocha";
import { localPython } from "../../local/development/localPython";
import { skip } from "./skip";

/** Skips what needs an Airflow where Python does not find one. */
export async function requireLocalAirflow(context: Context): Promise<void> {
    const isHere = await localPython(["-c", "import importlib.metadata as m; m.version('apache-airflow-core')"]).then(
        () => true,
        () => false,
    );
    if (!isHere) {
        skip(context, "there is no Airflow here: AIRFLOW_PACKAGES= names its site-packages");
    }
}
