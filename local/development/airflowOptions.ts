import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "../support/main";
import { repositoryDirectory } from "../support/paths";
import { localPython, type PythonWithAirflow } from "./localPython";

/** What Airflow says of its options, `section.key` each: what `components/airflow` refuses literal values by. */
export interface AirflowOptions {
    /** Version of Airflow that says it. */
    readonly airflow: string;
    /** Options that Airflow marks as sensitive, its own and those of its providers. */
    readonly sensitive: readonly string[];
    /** Old names that Airflow still reads, and the option that each is today. */
    readonly renamed: Readonly<Record<string, string>>;
    /** Parts of names by which Airflow takes a variable or a field for a secret. */
    readonly secretNames: readonly string[];
}

/** What one Airflow says, with the providers that it has. */
export interface FoundOptions extends AirflowOptions {
    /** Options that it describes without marking them. */
    readonly open: readonly string[];
}

/** The file that they lie in. */
const file = join(repositoryDirectory, "components/airflow/airflowOptions.json");

const mark = "OPTIONS";

/** Asks Airflow itself, which reads its config.yml and those of the providers. */
const program = `
import importlib.metadata, json
from airflow.configuration import conf
from airflow._shared.secrets_masker.secrets_masker import DEFAULT_SENSITIVE_FIELDS

sensitive = sorted(".".join(option) for option in conf.sensitive_config_values)
# Others have a default only, for where their provider is missing.
described = [
    f"{section}.{key}".lower()
    for section, rest in conf.configuration_description.items()
    for key, option in rest.get("options", {}).items()
    if "type" in option
]
renamed = {".".join(old[:2]): ".".join(new) for new, old in conf.deprecated_options.items()}
print("${mark}" + json.dumps({
    "airflow": importlib.metadata.version("apache-airflow-core"),
    "sensitive": sensitive,
    "renamed": dict(sorted(renamed.items())),
    "secretNames": sorted(DEFAULT_SENSITIVE_FIELDS),
    "open": sorted(set(described) - set(sensitive)),
}))
`;

/** The options of an Airflow. */
export async function airflowOptions(python: PythonWithAirflow): Promise<FoundOptions> {
    const printed = await python(["-c", program]);
    return JSON.parse(printed.slice(printed.lastIndexOf(mark) + mark.length)) as FoundOptions;
}

/** The options that the component knows. */
export function knownAirflowOptions(): AirflowOptions {
    return JSON.parse(readFileSync(file, "utf8")) as AirflowOptions;
}

if (require.main === module) {
    main(async () => {
        const { airflow, sensitive, renamed, secretNames } = await airflowOptions(localPython);
        writeFileSync(file, `${JSON.stringify({ airflow, sensitive, renamed, secretNames }, undefined, 4)}\n`);
        return 0;
    });
}
