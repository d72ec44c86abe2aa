import type { Problem } from "../problems";
import type { DagsSettings } from "./dagsSettings";
import type { PythonPackagesArgs } from "./pythonPackagesArgs";

/** Everything that is wrong with the Python packages. */
export function pythonPackagesProblems(_packages: PythonPackagesArgs, _dags: DagsSettings): Problem[] {
    return [];
}
