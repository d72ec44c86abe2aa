import type { PropertyValue } from "../values/propertyValue";
import type { ConfigDeclaration, Project } from "./project";
import { type ConfigValues, configValue } from "./stackFile";

/**
 * The values that a stack's program gets: the stack file's, completed with the defaults of Pulumi.yaml. A declared key
 * without a value and values of a wrong type are refused, all of them in one error, as the Pulumi CLI does.
 */
export function stackConfig(project: Project, stack: string, values: ConfigValues): ConfigValues {
    const result: { [key: string]: ConfigValues[string] } = { ...values };
    const missing: string[] = [];
    const problems: string[] = [];
    for (const [key, declared] of Object.entries(project.config)) {
        const given = values[key];
        const fallback = declared.default ?? declared.value;
        if (given === undefined && fallback !== undefined) {
            result[key] = configValue(fallback as PropertyValue, declared.secret === true);
        } else if (given === undefined && key.startsWith(`${project.name}:`)) {
            missing.push(key);
        } else if (given !== undefined) {
            problems.push(...valueProblems(key, declared, given.value, given.secret));
        }
    }
    if (missing.length > 0) {
        problems.unshift(
            `Stack '${stack}' is missing configuration value${missing.length > 1 ? "s" : ""} ` +
                missing.map((key) => `'${key}'`).join(", "),
        );
    }
    if (problems.length > 0) {
        throw new Error(problems.join("\n"));
    }
    return result;
}

function valueProblems(key: string, declared: ConfigDeclaration, value: PropertyValue, secret: boolean): string[] {
    const problems: string[] = [];
    if (declared.secret === true && !secret) {
        problems.push(`'${key}' is declared secret, but its value in the stack file is not encrypted`);
    }
    if (declared.type !== undefined && !hasType(declared.type, value, secret)) {
        problems.push(`'${key}' must be of type ${declared.type}, the stack file has ${JSON.stringify(value)}`);
    }
    return problems;
}

function hasType(type: string, value: PropertyValue, secret: boolean): boolean {
    // An encrypted value is text: what it stands for shows in its content.
    const text = secret && typeof value === "string" ? value : undefined;
    switch (type) {
        case "integer":
            return Number.isInteger(value) || /^-?\d+$/.test(typeof value === "string" ? value : "");
        case "boolean":
            return typeof value === "boolean" || value === "true" || value === "false";
        case "array":
            return Array.isArray(value) || text !== undefined;
        case "object":
            return (typeof value === "object" && value !== null && !Array.isArray(value)) || text !== undefined;
        default:
            return typeof value !== "object" || value === null;
    }
}
