import { isOutput } from "./known";

/** An object with unknown fields. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is an object that is known already, and not a list. */
export function isFields(value: unknown): value is Fields {
    return typeof value === "object" && value !== null && !Array.isArray(value) && !isOutput(value);
}

/** The fields of an object, and none of anything else. */
export function fieldsOf(value: unknown): Fields {
    return isFields(value) ? value : {};
}

/** The objects of a list as far as they are known, and their places in it. */
export function elementsOf(list: unknown): [element: Fields, index: number][] {
    return (Array.isArray(list) ? list : []).flatMap((element, index) =>
        isFields(element) ? [[element, index] as [Fields, number]] : [],
    );
}
