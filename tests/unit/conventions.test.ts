import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect } from "chai";
import * as ts from "typescript";
import { root } from "../support/program";

/** Files of the library and the program. */
const sources = [
    ...readdirSync(join(root, "components"), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".ts"))
        .map((path) => join(root, "components", path)),
    join(root, "config.ts"),
    join(root, "index.ts"),
].map((path) => ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true));

const components = sources.filter(({ fileName }) => fileName.startsWith(join(root, "components")));

function all<T extends ts.Node>(node: ts.Node, is: (candidate: ts.Node) => candidate is T): T[] {
    const found: T[] = is(node) ? [node] : [];
    node.forEachChild((child) => {
        found.push(...all(child, is));
    });
    return found;
}

/** Where a node is, for messages. */
function place(node: ts.Node): string {
    const file = node.getSourceFile();
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    return `${relative(root, file.fileName)}:${line + 1}`;
}

function componentClasses(): ts.ClassDeclaration[] {
    return components.flatMap((file) =>
        all(file, ts.isClassDeclaration).filter((declaration) =>
            declaration.heritageClauses?.some((clause) => clause.getText().includes("ComponentResource")),
        ),
    );
}

function constructorOf(declaration: ts.ClassDeclaration): ts.ConstructorDeclaration {
    const constructors = declaration.members.filter(ts.isConstructorDeclaration);
    expect(constructors, place(declaration)).to.have.lengthOf(1);
    return constructors[0];
}

function docOf(node: ts.Node): string {
    return ts
        .getJSDocCommentsAndTags(node)
        .filter(ts.isJSDoc)
        .map((doc) => doc.getText())
        .join("\n");
}

describe("conventions of the library", () => {
    it("are looked at in all its files", () => {
        expect(components.length).to.be.greaterThan(35);
        expect(componentClasses().length).to.be.greaterThan(20);
    });

    it("use the type any nowhere", () => {
        const places = sources.flatMap((file) =>
            all(file, (node): node is ts.Node => node.kind === ts.SyntaxKind.AnyKeyword).map(place),
        );
        expect(places).to.deep.equal([]);
    });

    it("make no provider: the cluster is the caller's choice", () => {
        const providers = components.flatMap((file) =>
            all(file, ts.isNewExpression)
                .filter(({ expression }) => /(^|\.)Provider$/.test(expression.getText()))
                .map(place),
        );
        expect(providers).to.deep.equal([]);
    });

    it("read the configuration of a stack in config.ts only, and from a cluster in one place only", () => {
        const readers = sources.filter((file) => /pulumi\.Config\b|runtime\.allConfig|getConfig/.test(file.text));
        expect(readers.map(({ fileName }) => relative(root, fileName))).to.deep.equal(["config.ts"]);
        const lookups = components.filter((file) =>
            /runtime\.(invoke|call)\b|\.v1\.\w+\.get\(|StackReference/.test(file.text),
        );
        // What a StorageClass has made is known to the cluster only.
        expect(lookups.map(({ fileName }) => relative(root, fileName))).to.deep.equal([
            "components/storage/dynamicVolumes.ts",
        ]);
    });

    it("do not reach into local/, and local tools are not needed to use the library", () => {
        const imports = components.flatMap((file) =>
            all(file, ts.isImportDeclaration).filter(({ moduleSpecifier }) =>
                moduleSpecifier.getText().includes("local/"),
            ),
        );
        expect(imports.map(place)).to.deep.equal([]);
    });

    it("name the type of a component after its class", () => {
        for (const declaration of componentClasses()) {
            const [first] = constructorOf(declaration).body?.statements ?? [];
            expect(first?.getText(), place(declaration)).to.match(
                new RegExp(`^super\\(\\s*"airflow-kubernetes:index:${declaration.name?.text}",`),
            );
        }
    });

    it("register outputs once, as the last thing a constructor does", () => {
        for (const declaration of componentClasses()) {
            const { body } = constructorOf(declaration);
            const calls = all(declaration, ts.isCallExpression).filter(({ expression }) =>
                expression.getText().endsWith(".registerOutputs"),
            );
            expect(calls, place(declaration)).to.have.lengthOf(1);
            expect(body?.statements.at(-1)?.getText(), place(declaration)).to.match(/^this\.registerOutputs\(/);
        }
    });

    it("make no resource inside apply, where a preview would not see it", () => {
        const hidden = components.flatMap((file) =>
            all(file, ts.isCallExpression)
                .filter(({ expression }) => expression.getText().endsWith(".apply"))
                .flatMap((call) => call.arguments.flatMap((argument) => all(argument, ts.isNewExpression)))
                .map(place),
        );
        expect(hidden).to.deep.equal([]);
    });

    it("give every resource a parent", () => {
        const resources = components.flatMap((file) =>
            all(file, ts.isNewExpression).filter(({ expression }) => /^(k8s|random)\./.test(expression.getText())),
        );
        expect(resources.length).to.be.greaterThan(15);
        for (const resource of resources) {
            expect(resource.arguments?.at(-1)?.getText(), place(resource)).to.match(/\bparent\b|\.\.\.opts/);
        }
    });

    it("keep no private state in components: every field would be an output of a package", () => {
        for (const declaration of componentClasses()) {
            for (const field of declaration.members.filter(ts.isPropertyDeclaration)) {
                const modifiers = field.modifiers?.map((modifier) => modifier.getText());
                expect(modifiers, place(field)).to.deep.equal(["public", "readonly"]);
            }
        }
    });

    it("describe every exported class, interface, function and constant", () => {
        const bare = components.flatMap((file) =>
            file.statements.filter(
                (statement) =>
                    (ts.isClassDeclaration(statement) ||
                        ts.isInterfaceDeclaration(statement) ||
                        ts.isEnumDeclaration(statement) ||
                        ts.isFunctionDeclaration(statement)) &&
                    statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) &&
                    docOf(statement) === "",
            ),
        );
        expect(bare.map(place)).to.deep.equal([]);
    });

    it("say what an exported function returns", () => {
        const open = components.flatMap((file) =>
            file.statements
                .filter(ts.isFunctionDeclaration)
                .filter(
                    ({ modifiers, type }) =>
                        modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) && !type,
                ),
        );
        expect(open.map(place)).to.deep.equal([]);
    });
});

describe("the public arguments", () => {
    const files = components.filter(({ fileName }) => fileName.endsWith("Args.ts"));
    const statements = files.flatMap((file) => [...file.statements]);
    const interfaces = statements.filter(ts.isInterfaceDeclaration);
    const names = new Set(interfaces.map(({ name }) => name.text));
    const fields = interfaces.flatMap((declaration) => declaration.members.filter(ts.isPropertySignature));

    it("are interfaces and enums, and nothing else, so that the component could become a Pulumi package", () => {
        const others = statements.filter(
            (statement) =>
                !ts.isImportDeclaration(statement) &&
                !ts.isInterfaceDeclaration(statement) &&
                !ts.isEnumDeclaration(statement),
        );
        expect(others.map(place)).to.deep.equal([]);
        expect(interfaces.length).to.be.greaterThan(20);
    });

    it("hold no unions, functions, inline objects or types that a schema cannot say", () => {
        const forbidden = interfaces.flatMap((declaration) =>
            all(
                declaration,
                (node): node is ts.Node =>
                    ts.isUnionTypeNode(node) ||
                    ts.isIntersectionTypeNode(node) ||
                    ts.isFunctionTypeNode(node) ||
                    ts.isMethodSignature(node) ||
                    ts.isTypeLiteralNode(node) ||
                    ts.isConditionalTypeNode(node) ||
                    ts.isMappedTypeNode(node) ||
                    ts.isTupleTypeNode(node) ||
                    ts.isLiteralTypeNode(node) ||
                    node.kind === ts.SyntaxKind.UnknownKeyword,
            ),
        );
        expect(forbidden.map(place)).to.deep.equal([]);
    });

    it("have fields that are read only, and optional but for what a group is nothing without", () => {
        for (const field of fields) {
            expect(
                field.modifiers?.map((modifier) => modifier.getText()),
                place(field),
            ).to.deep.equal(["readonly"]);
        }
        const required = fields.filter(({ questionToken }) => !questionToken);
        expect(
            required.map((field) => `${(field.parent as ts.InterfaceDeclaration).name.text}.${field.name.getText()}`),
        ).to.have.members([
            "CsiArgs.driver",
            "CsiArgs.volumeHandle",
            "ExistingClaimArgs.name",
            "ExistingClaimArgs.namespace",
            "ExternalDatabaseArgs.host",
            "NfsArgs.path",
            "NfsArgs.server",
            "RemoteLogsArgs.url",
            "SecretKeyArgs.key",
            "SecretKeyArgs.name",
            "SecretReferenceArgs.name",
            "SecretReferenceArgs.namespace",
        ]);
    });

    it("say in a sentence what each field is", () => {
        for (const node of [...interfaces, ...fields]) {
            expect(docOf(node), place(node)).to.match(/^\/\*\*[\s*]+[A-Z`][\s\S]*?[.`]\s*(\*\/|\n)/);
        }
    });

    it("say the default of each field that is optional and not a group of fields", () => {
        const silent = fields.filter((field) => {
            const group = field.type !== undefined && names.has(field.type.getText());
            const required = field.questionToken === undefined;
            return !group && !required && !docOf(field).includes("@default ");
        });
        expect(silent.map(place)).to.deep.equal([]);
    });

    it("name in @default enums by their members, text in quotes, and what cannot be written as - words", () => {
        for (const field of fields) {
            const [, value] = /@default (.+)/.exec(docOf(field)) ?? [];
            if (value !== undefined) {
                expect(value.trim(), place(field)).to.match(/^((".*"|\d+|true|false|[A-Z]\w+\.[A-Z]\w+)(, .+)?|- .+)$/);
            }
        }
    });
});

describe("conventions of all TypeScript here", () => {
    const files = ["components", "local", "tests"].flatMap((folder) =>
        readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
            .filter((path) => path.endsWith(".ts") && !path.includes("node_modules"))
            .map((path) => join(root, folder, path)),
    );

    it("imports its own files without their extensions; import() alone needs them", () => {
        const imports = /^(?:import|export) [^;]*?from "(\.[^"]*)";$/gm;
        const extended = files.flatMap((file) =>
            [...readFileSync(file, "utf8").matchAll(imports)]
                .filter(([, path]) => /\.[cm]?[jt]s$/.test(path))
                .map(([, path]) => `${relative(root, file)}: ${path}`),
        );
        expect(files.length).to.be.greaterThan(150);
        expect(extended).to.deep.equal([]);
    });
});
