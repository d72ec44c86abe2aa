import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { repositoryDirectory } from "../support/paths";

/** What a doc comment says. */
export interface Documentation {
    readonly text: string;
    /** As in the tag `@default`. */
    readonly default?: string;
    /** As in the tags `@see`. */
    readonly links: readonly string[];
}

/** Type of an argument. `pulumi.Input<T>` counts as `T`. */
export type ArgumentType =
    | { readonly kind: "text" | "number" | "boolean" }
    | ArgumentEnum
    | ArgumentGroup
    | { readonly kind: "list" | "map"; readonly of: ArgumentType }
    | { readonly kind: "kubernetes"; readonly name: string };

/** An enum of the arguments. */
export interface ArgumentEnum {
    readonly kind: "enum";
    readonly name: string;
    readonly members: readonly EnumMember[];
}

/** A member of an enum. */
export interface EnumMember {
    readonly name: string;
    readonly value: string;
    readonly documentation: Documentation;
}

/** An interface of the arguments. */
export interface ArgumentGroup {
    readonly kind: "group";
    readonly name: string;
    readonly documentation: Documentation;
    readonly fields: readonly ArgumentField[];
}

/** A field of an interface. */
export interface ArgumentField {
    readonly name: string;
    readonly optional: boolean;
    readonly type: ArgumentType;
    readonly documentation: Documentation;
}

const file = join(repositoryDirectory, "components/settings/airflowKubernetesArgs.ts");

/** The arguments of `AirflowKubernetes`, read from their source. */
export function argumentTypes(): ArgumentGroup {
    const declarations = new Map<string, ts.InterfaceDeclaration | ts.EnumDeclaration>();
    readDeclarations(file, declarations, new Set());
    const root = typeNamed("AirflowKubernetesArgs", declarations);
    if (root.kind !== "group") {
        throw new Error("AirflowKubernetesArgs is not an interface");
    }
    return root;
}

/** Interfaces and enums of a file and of the files that it imports. */
function readDeclarations(
    path: string,
    declarations: Map<string, ts.InterfaceDeclaration | ts.EnumDeclaration>,
    seen: Set<string>,
): void {
    if (seen.has(path) || !existsSync(path)) {
        return;
    }
    seen.add(path);
    const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
    for (const statement of source.statements) {
        if (ts.isInterfaceDeclaration(statement) || ts.isEnumDeclaration(statement)) {
            declarations.set(statement.name.text, statement);
        } else if (ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier)) {
            const specifier = statement.moduleSpecifier.text;
            if (specifier.startsWith(".")) {
                readDeclarations(join(dirname(path), `${specifier}.ts`), declarations, seen);
            }
        }
    }
}

function typeNamed(
    name: string,
    declarations: ReadonlyMap<string, ts.InterfaceDeclaration | ts.EnumDeclaration>,
): ArgumentType {
    const declaration = declarations.get(name);
    if (declaration === undefined) {
        throw new Error(`no interface or enum ${name} among the arguments`);
    }
    if (ts.isEnumDeclaration(declaration)) {
        const members = declaration.members.map((member) => ({
            name: member.name.getText(),
            value:
                member.initializer !== undefined && ts.isStringLiteral(member.initializer)
                    ? member.initializer.text
                    : "",
            documentation: documentationOf(member),
        }));
        return { kind: "enum", name, members };
    }
    const inherited = (declaration.heritageClauses ?? []).flatMap(({ types }) =>
        types.flatMap(({ expression }) => {
            const base = typeNamed(expression.getText(), declarations);
            return base.kind === "group" ? base.fields : [];
        }),
    );
    const own = declaration.members.filter(ts.isPropertySignature).map((member) => ({
        name: member.name.getText(),
        optional: member.questionToken !== undefined,
        type: typeOf(member.type, declarations),
        documentation: documentationOf(member),
    }));
    return { kind: "group", name, documentation: documentationOf(declaration), fields: [...inherited, ...own] };
}

function typeOf(
    node: ts.TypeNode | undefined,
    declarations: ReadonlyMap<string, ts.InterfaceDeclaration | ts.EnumDeclaration>,
): ArgumentType {
    const inner = (below: ts.TypeNode | undefined): ArgumentType => typeOf(below, declarations);
    if (node !== undefined && ts.isArrayTypeNode(node)) {
        return { kind: "list", of: inner(node.elementType) };
    }
    if (node !== undefined && ts.isTypeReferenceNode(node)) {
        const name = node.typeName.getText();
        const parameters = node.typeArguments ?? [];
        if (name === "pulumi.Input") {
            return inner(parameters[0]);
        }
        if (name === "Record") {
            return { kind: "map", of: inner(parameters[1]) };
        }
        if (name.startsWith("k8s.")) {
            return { kind: "kubernetes", name: (name.split(".").at(-1) ?? name).replace(/Patch$/, "") };
        }
        return typeNamed(name, declarations);
    }
    switch (node?.kind) {
        case ts.SyntaxKind.StringKeyword:
            return { kind: "text" };
        case ts.SyntaxKind.NumberKeyword:
            return { kind: "number" };
        case ts.SyntaxKind.BooleanKeyword:
            return { kind: "boolean" };
        default:
            throw new Error(`the arguments have no such type: ${node?.getText()}`);
    }
}

/** What the doc comment right before a node says. */
function documentationOf(node: ts.Node): Documentation {
    const comment = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc);
    const lines = (comment?.getText() ?? "")
        .replace(/^\/\*\*|\*\/$/g, "")
        .split("\n")
        .map((line) => line.trim().replace(/^\*\s?/, ""));
    // The compiler takes `https` of a link for a name, so tags are read from the text.
    const [text, ...tags] = lines.join("\n").split(/^@/m);
    const joined = (part: string): string => part.replace(/\s+/g, " ").trim();
    const tagged = (name: string): string[] =>
        tags.filter((tag) => tag.startsWith(`${name} `)).map((tag) => joined(tag.slice(name.length)));
    return { text: joined(text), default: tagged("default").at(0), links: tagged("see") };
}
