import { output } from "../support/execution";

/** Runs Python with Airflow: arguments of `python`; hands back what it printed. */
export type PythonWithAirflow = (args: readonly string[]) => Promise<string>;

/** The environment of this machine's Python, with the packages that AIRFLOW_PACKAGES names, as in PYTHONPATH. */
export function pythonEnvironment(): Record<string, string> {
    const { PATH = "", AIRFLOW_PACKAGES = "" } = process.env;
    return {
        PATH,
        PYTHONPATH: AIRFLOW_PACKAGES,
        PYTHONDONTWRITEBYTECODE: "1",
        AIRFLOW_CONFIG: "/dev/null",
        AIRFLOW_HOME: "/tmp",
    };
}

/** Python of this machine with Airflow. */
export async function localPython(args: readonly string[], input = ""): Promise<string> {
    return await output(["python3", ...args], { env: pythonEnvironment(), input, timeout: 120_000 });
}
