import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { repositoryDirectory } from "../../../local/support/paths";

/** Values of the official chart such as teams have them. */
export const teams = ["weather", "harbour", "orders"] as const;

/** What the values files hold that no stack file may hold. */
export const secretTexts = [
    "rain-and-wind",
    "sunshine-later",
    "ebb-and-flow",
    "open-the-gate",
    "low-water",
    "a-key-of-the-web-server",
    "queue-of-orders",
    "stamps-and-letters",
    "parcel-token",
];

/** Where the values of a team are. */
export function valuesPath(team: string): string {
    return join(repositoryDirectory, "tests/local/convert/values", `${team}.yaml`);
}

/** The values of a team, as text. */
export function valuesText(team: string): string {
    return readFileSync(valuesPath(team), "utf8");
}

/** The keys of a stack file, without the project's name. */
export function stackOfText(text: string): Record<string, unknown> {
    const { config } = parse(text) as { config: Record<string, unknown> };
    return Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key.replace("airflow-kubernetes:", ""), value]),
    );
}
