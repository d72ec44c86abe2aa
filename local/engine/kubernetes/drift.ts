import type { ResourceState } from "../state/resourceState";
import { isMap, type PropertyMap, type PropertyValue, plainMap, withSecretsOf } from "../values/propertyValue";

/** The last inputs with what someone else has changed since in the object. Only fields that the program set count. */
export function drifted(known: ResourceState, live: PropertyMap): PropertyMap {
    const inputs = plainMap(known.inputs);
    const outputs = plainMap(known.outputs);
    const changed = changedSince(inputs, outputs, live) as PropertyMap;
    const text: PropertyMap = isMap(inputs.stringData)
        ? { stringData: driftedText(inputs.stringData, outputs.data, live.data) }
        : {};
    return withSecretsOf({ ...changed, ...text }, known.inputs) as PropertyMap;
}

/** The API shows a Secret's `stringData` as `data` only. */
function driftedText(
    stringData: PropertyMap,
    before: PropertyValue | undefined,
    live: PropertyValue | undefined,
): PropertyMap {
    return Object.fromEntries(
        Object.entries(stringData).flatMap(([key, text]) => {
            const was = isMap(before) ? before[key] : undefined;
            const is = isMap(live) ? live[key] : undefined;
            if (was === undefined || was === is) {
                return [[key, text]];
            }
            return typeof is === "string" ? [[key, Buffer.from(is, "base64").toString("utf8")]] : [];
        }),
    );
}

function changedSince(
    input: PropertyValue,
    before: PropertyValue | undefined,
    live: PropertyValue | undefined,
): PropertyValue {
    if (isMap(input)) {
        return Object.fromEntries(
            Object.entries(input).flatMap(([key, inner]) => {
                const was = isMap(before) ? before[key] : undefined;
                const is = isMap(live) ? live[key] : undefined;
                // What the object never showed (stringData) can't have drifted; what is gone from it has.
                return was === undefined
                    ? [[key, inner]]
                    : is === undefined
                      ? []
                      : [[key, changedSince(inner, was, is)]];
            }),
        );
    }
    if (before === undefined || live === undefined) {
        return input;
    }
    if (Array.isArray(input) && Array.isArray(before) && Array.isArray(live) && live.length === before.length) {
        return input.map((inner, index) => changedSince(inner, before[index], live[index]));
    }
    return JSON.stringify(before) === JSON.stringify(live) ? input : live;
}
