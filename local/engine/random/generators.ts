import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { type PropertyMap, secret } from "../values/propertyValue";
import { adjectives, adverbs, names } from "./petWords";

/** Outputs by inputs; `id` among them is the resource's id. */
type Generator = (inputs: PropertyMap) => PropertyMap;

const lowerLetters = "abcdefghijklmnopqrstuvwxyz";
const upperLetters = lowerLetters.toUpperCase();
const digits = "0123456789";
const specials = "!@#$%&*()-_=+[]{}<>:?";

/** How each type of `@pulumi/random` makes its value. */
export const generators: { readonly [type: string]: Generator } = {
    "random:index/randomPassword:RandomPassword": (inputs) => {
        const result = text(inputs);
        return { ...textSettings(inputs), id: "none", result: secret(result) };
    },
    "random:index/randomString:RandomString": (inputs) => {
        const result = text(inputs);
        return { ...textSettings(inputs), id: result, result };
    },
    "random:index/randomBytes:RandomBytes": (inputs) => {
        const bytes = randomBytes(count(inputs, "length"));
        return {
            id: "none",
            base64: secret(bytes.toString("base64")),
            hex: secret(bytes.toString("hex")),
        };
    },
    "random:index/randomId:RandomId": (inputs) => {
        const bytes = randomBytes(count(inputs, "byteLength"));
        const prefix = String(inputs.prefix ?? "");
        return {
            id: bytes.toString("base64url"),
            b64Std: prefix + bytes.toString("base64"),
            b64Url: prefix + bytes.toString("base64url"),
            dec: prefix + BigInt(`0x${bytes.toString("hex")}`).toString(),
            hex: prefix + bytes.toString("hex"),
        };
    },
    "random:index/randomUuid:RandomUuid": () => {
        const result = randomUUID();
        return { id: result, result };
    },
    "random:index/randomPet:RandomPet": (inputs) => {
        const length = Number(inputs.length ?? 2);
        const separator = String(inputs.separator ?? "-");
        const words = [
            ...Array.from({ length: Math.max(length - 2, 0) }, () => pick(adverbs)),
            ...(length > 1 ? [pick(adjectives)] : []),
            pick(names),
        ];
        const id = [...(inputs.prefix === undefined ? [] : [String(inputs.prefix)]), ...words].join(separator);
        return { id, length, separator };
    },
    "random:index/randomInteger:RandomInteger": (inputs) => {
        const result = randomInt(Number(inputs.min), Number(inputs.max) + 1);
        return { id: String(result), result };
    },
};

function textSettings(inputs: PropertyMap): PropertyMap {
    const numeric = inputs.numeric ?? inputs.number ?? true;
    return {
        lower: inputs.lower ?? true,
        upper: inputs.upper ?? true,
        numeric,
        number: numeric,
        special: inputs.special ?? true,
        minLower: inputs.minLower ?? 0,
        minUpper: inputs.minUpper ?? 0,
        minNumeric: inputs.minNumeric ?? 0,
        minSpecial: inputs.minSpecial ?? 0,
    };
}

function text(inputs: PropertyMap): string {
    const settings = textSettings(inputs);
    const length = count(inputs, "length");
    const classes = [
        { used: settings.lower, letters: lowerLetters, least: settings.minLower },
        { used: settings.upper, letters: upperLetters, least: settings.minUpper },
        { used: settings.numeric, letters: digits, least: settings.minNumeric },
        { used: settings.special, letters: String(inputs.overrideSpecial ?? specials), least: settings.minSpecial },
    ];
    const all = classes.map(({ used, letters }) => (used === true ? letters : "")).join("");
    const least = classes.flatMap(({ letters, least: number }) =>
        Array.from({ length: Number(number) }, () => pick([...letters])),
    );
    if (least.length > length) {
        throw new Error(`length is ${length}, but the minima of its kinds of letters add up to ${least.length}`);
    }
    if (all === "") {
        throw new Error("no kind of letter is allowed: set lower, upper, numeric or special");
    }
    const rest = Array.from({ length: length - least.length }, () => pick([...all]));
    return shuffled([...least, ...rest]).join("");
}

function count(inputs: PropertyMap, name: string): number {
    const value = Number(inputs[name]);
    if (!Number.isInteger(value) || value < 1) {
        throw new Error(`${name} must be a whole number of 1 or more, not ${JSON.stringify(inputs[name])}`);
    }
    return value;
}

function pick(choices: readonly string[]): string {
    return choices[randomInt(choices.length)] ?? "";
}

function shuffled(letters: string[]): string[] {
    const result = [...letters];
    for (let index = result.length - 1; index > 0; index--) {
        const other = randomInt(index + 1);
        [result[index], result[other]] = [result[other] ?? "", result[index] ?? ""];
    }
    return result;
}
