import { type Stats, statSync } from "node:fs";
import type { AirflowSettings } from "../../settings/airflowKubernetesDefaults";
import { DagDelivery } from "../../settings/dagsArgs";
import { dagsOnVolume } from "../../settings/dagsSettings";
import { check, whenKnown } from "../../validation/checks";
import type { Problem } from "../../validation/problems";
import { type RequirementLine, readRequirements, requirementLines, requirementName } from "./requirementsFile";

/** Largest requirements file: it travels in a ConfigMap. */
const maximumBytes = 500 * 1024;

const requirementsPath = "pythonPackages.requirements";

/** Everything that is wrong with the Python packages. */
export function pythonPackagesProblems(settings: AirflowSettings): Problem[] {
    const { pythonPackages, dags } = settings;
    const { requirements, indexUrl } = pythonPackages;
    if (requirements === undefined) {
        return indexUrl === undefined
            ? []
            : [{ path: "pythonPackages.indexUrl", allowed: "an index together with pythonPackages.requirements" }];
    }
    return [
        ...check(
            dagsOnVolume(dags) || !Object.values<string>(DagDelivery).includes(dags.delivery),
            requirementsPath,
            requirements,
            `requirements with the deliveries ${DagDelivery.Volume} and ${DagDelivery.GitSync}, which have a shared volume`,
            `With the delivery ${dags.delivery}, install the packages in an image of your own (airflow.image).`,
        ),
        ...fileProblems(requirements),
        ...(indexUrl === undefined ? [] : whenKnown(indexUrl, indexProblems)),
        ...pathProblems(settings),
    ];
}

function fileProblems(requirements: string): Problem[] {
    const stats = statsOf(requirements);
    if (stats === undefined || !stats.isFile() || stats.size > maximumBytes) {
        const fault = stats === undefined ? "is no such file" : stats.isFile() ? "is more than that" : "is no file";
        const allowed = "a requirements file of this machine, at most 500 KiB";
        const remedy = `There ${fault}. Paths are relative to the program.`;
        return [{ path: requirementsPath, value: requirements, allowed, remedy }];
    }
    const lines = requirementLines(readRequirements(requirements));
    return [
        ...check(lines.length > 0, requirementsPath, requirements, "a file with at least one requirement"),
        ...lines.flatMap((line) => lineProblems(requirements, line)),
    ];
}

/** Status of a file; undefined for a path that does not exist or is invalid. */
function statsOf(path: string): Stats | undefined {
    try {
        return statSync(path);
    } catch {
        return undefined;
    }
}

/** Options for the choice of packages, not for their source. */
const harmlessOptions = /^--(require-hashes|only-binary|no-binary|prefer-binary|pre)\b/;

function lineProblems(requirements: string, { line, text }: RequirementLine): Problem[] {
    const fault = lineFault(text);
    // The line itself is not shown: it may hold a password.
    return fault === undefined
        ? []
        : [{ path: requirementsPath, value: `${requirements}, line ${line}`, allowed: fault[0], remedy: fault[1] }];
}

/** The allowed text and the remedy for a line; undefined for a valid one. */
function lineFault(text: string): [allowed: string, remedy: string] | undefined {
    if (/:\/\/[^/\s]*@/.test(text)) {
        return [
            "URLs without a user's name or password",
            "It would be readable in the cluster. Use an index that asks for none.",
        ];
    }
    if (/^(-i|--index-url|--extra-index-url|-f|--find-links|--trusted-host|--no-index)\b/.test(text)) {
        return ["requirements only", "Set the index with pythonPackages.indexUrl."];
    }
    if (/^(-r|-c|--requirement|--constraint)\b/.test(text)) {
        return ["requirements only", "Put the other file's lines here; constraints are those of the Airflow image."];
    }
    if (/^(-e|--editable)\b/.test(text) || /^[./~]|^file:|@\s*(file:|\.|\/)|^[A-Za-z]:\\/.test(text)) {
        return [
            "packages of an index or at a URL",
            "Files of this machine are not in the cluster. Put modules beside the DAGs.",
        ];
    }
    if (text.startsWith("-")) {
        return harmlessOptions.test(text) ? undefined : ["requirements only", "This option has no place in the file."];
    }
    const name = requirementName(text);
    if (name === undefined && !/^(git\+)?https?:\/\/\S+/.test(text)) {
        return ["requirements such as name==1.2.3", "This is not a requirement."];
    }
    if (name !== undefined && /^apache-airflow(-core|-task-sdk)?$/.test(name)) {
        return [
            "packages other than Airflow itself",
            "Its version is that of the image: set airflow.version or airflow.image.",
        ];
    }
    return undefined;
}

function indexProblems(indexUrl: string): Problem[] {
    const path = "pythonPackages.indexUrl";
    const allowed = "an http or https URL without user, query or fragment";
    if (/@/.test(indexUrl)) {
        return [{ path, allowed, remedy: "A password in it would be readable in the cluster." }];
    }
    return check(/^https?:\/\/[^\s?#]+$/.test(indexUrl) && URL.canParse(indexUrl), path, indexUrl, allowed);
}

/** Python has one search path, and the packages are on it. */
function pathProblems(settings: AirflowSettings): Problem[] {
    return (["apiServer", "executionApi", "scheduler", "dagProcessor", "triggerer", "workers"] as const).flatMap(
        (noun) =>
            (settings[noun]?.env ?? []).flatMap(({ name }, index) =>
                check(
                    name !== "PYTHONPATH",
                    `${noun}.env[${index}].name`,
                    name,
                    "nothing: with pythonPackages.requirements the component sets PYTHONPATH itself",
                ),
            ),
    );
}
