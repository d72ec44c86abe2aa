import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect } from "chai";
import { satisfies } from "semver";
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

/** Ways through a graph that end where they have been before. */
function circles(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
    const done = new Set<string>();
    const follow = (node: string, way: readonly string[]): string[] => {
        if (way.includes(node)) {
            return [[...way.slice(way.indexOf(node)), node].join(" -> ")];
        }
        if (done.has(node)) {
            return [];
        }
        const found = [...(graph.get(node) ?? [])].flatMap((next) => follow(next, [...way, node]));
        done.add(node);
        return found;
    };
    return [...graph.keys()].flatMap((node) => follow(node, []));
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

    it("have no circle of imports, neither of files nor of folders", () => {
        const imports = components.map((file) => ({
            from: relative(root, file.fileName),
            to: [...all(file, ts.isImportDeclaration), ...all(file, ts.isExportDeclaration)].flatMap(
                ({ moduleSpecifier: specifier }) =>
                    specifier !== undefined && ts.isStringLiteral(specifier) && specifier.text.startsWith(".")
                        ? [`${relative(root, join(dirname(file.fileName), specifier.text))}.ts`]
                        : [],
            ),
        }));
        const of = (name: (path: string) => string) => {
            const graph = new Map<string, Set<string>>();
            for (const { from, to } of imports) {
                const below = graph.get(name(from)) ?? new Set();
                graph.set(name(from), below);
                for (const target of to.map(name)) {
                    if (target !== name(from)) {
                        below.add(target);
                    }
                }
            }
            return graph;
        };
        expect(circles(of((path) => path))).to.deep.equal([]);
        expect(circles(of(dirname))).to.deep.equal([]);
        expect(
            circles(
                new Map([
                    ["a", new Set(["b"])],
                    ["b", new Set(["a"])],
                ]),
            ),
        ).to.not.deep.equal([]);
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

describe("the library", () => {
    it("has no module beside a JSON file of its name, which Pulumi would load in its place", () => {
        const beside = readdirSync(join(root, "components"), { recursive: true, encoding: "utf8" })
            .filter((path) => path.endsWith(".json"))
            .map((path) => join(root, "components", path.replace(/json$/, "ts")))
            .filter((path) => components.some(({ fileName }) => fileName === path));
        expect(beside).to.deep.equal([]);
    });

    /** Texts and comments of a file, without the names of the code. */
    function words(file: ts.SourceFile): string[] {
        const texts = all(
            file,
            (node): node is ts.Node => ts.isStringLiteralLike(node) || ts.isTemplateExpression(node),
        );
        const comments = file.text.match(/\/\*[\s\S]*?\*\/|(^|[^:])\/\/.*$/gm) ?? [];
        return [...texts.map((node) => node.getText()), ...comments];
    }

    const targets = [...readFileSync(join(root, "Makefile"), "utf8").matchAll(/^([a-z-]+):.*## /gm)].map(
        ([, name]) => name,
    );
    const keys = ["databasePassword", "gitToken", "gitSshKey", "logsSecretAccessKey"];
    const ofTheProgram: readonly RegExp[] = [
        new RegExp(`\\bmake (${targets.join("|")})\\b(?! (a|an|the|of)\\b)`),
        /pulumi config|stack file|Pulumi\.[\w<]*\.?yaml|examples\/|STACK=|CONFIG=/,
        // As an argument, and as an output, these have other names or come after a dot.
        /\b[Ss]et (the secret )?(fernetKey|adminPassword)\b/,
        new RegExp(`(?<![.\\w])(${keys.join("|")})\\b`),
    ];

    it("names no command, key or file of the program that is made of it here", () => {
        const python = readdirSync(join(root, "components"), { recursive: true, encoding: "utf8" })
            .filter((path) => path.endsWith(".py"))
            .map((path) => ({ path, texts: [readFileSync(join(root, "components", path), "utf8")] }));
        const typescript = components.map((file) => ({ path: relative(root, file.fileName), texts: words(file) }));
        expect(python.length).to.be.greaterThan(15);
        const found = [...python, ...typescript].flatMap(({ path, texts }) =>
            texts.flatMap((text) =>
                ofTheProgram.flatMap(
                    (words) =>
                        text
                            .match(words)
                            ?.slice(0, 1)
                            .map((match) => `${path}: ${match}`) ?? [],
                ),
            ),
        );
        expect(found).to.deep.equal([]);
    });

    it("is looked at for words that are there", () => {
        const told = [
            "Run: make pin-keys STACK=mine",
            "pulumi config set --secret gitToken",
            "Set databasePassword.",
            '"examples/dags"',
        ];
        for (const text of told) {
            expect(
                ofTheProgram.some((words) => words.test(text)),
                text,
            ).to.equal(true);
        }
    });

    it("declares each package that it imports, in ranges that take what the tests run with", () => {
        const read = (path: string) => JSON.parse(readFileSync(join(root, path), "utf8"));
        const { dependencies, peerDependencies } = read("components/package.json") as Record<
            string,
            Record<string, string>
        >;
        const pinned = read("package.json").dependencies as Record<string, string>;
        const imported = components.flatMap((file) =>
            all(file, ts.isImportDeclaration).map(({ moduleSpecifier }) => moduleSpecifier.getText().slice(1, -1)),
        );
        const packages = imported
            .filter((name) => !/^(\.|node:)/.test(name))
            .map((name) =>
                name
                    .split("/")
                    .slice(0, name.startsWith("@") ? 2 : 1)
                    .join("/"),
            );
        const declared = { ...dependencies, ...peerDependencies };
        expect([...new Set(packages)].sort()).to.deep.equal(Object.keys(declared).sort());
        for (const [name, range] of Object.entries(declared)) {
            expect(satisfies(pinned[name], range), `${name} ${range}`).to.equal(true);
        }
        // One copy of the SDK, or resources of one are none to the other.
        expect(Object.keys(peerDependencies).every((name) => name.startsWith("@pulumi/"))).to.equal(true);
        expect(Object.keys(dependencies).some((name) => name.startsWith("@pulumi/"))).to.equal(false);
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
            "ClaimNamesArgs.dags",
            "ClaimNamesArgs.logs",
            "ClaimsArgs.airflow",
            "ClaimsArgs.workers",
            "AzureBlobBackupArgs.accountUrl",
            "UserArgs.name",
            "UserArgs.roles",
            "PermissionArgs.action",
            "PermissionArgs.resource",
            "OidcArgs.issuer",
            "OidcArgs.clientId",
            "LdapArgs.server",
            "LdapArgs.baseDn",
            "LdapArgs.bindDn",
            "KeycloakArgs.serverUrl",
            "KeycloakArgs.realm",
            "KeycloakArgs.clientId",
            "AzureBlobBackupArgs.container",
            "GcsBackupArgs.url",
            "AzureBlobLogsArgs.accountUrl",
            "AzureBlobLogsArgs.container",
            "CloudWatchLogsArgs.logGroupArn",
            "CsiArgs.driver",
            "CsiArgs.volumeHandle",
            "DagBundleArgs.kind",
            "DagBundleArgs.name",
            "OpenTelemetryArgs.endpoint",
            "ExistingClaimArgs.name",
            "ExistingClaimArgs.namespace",
            "ExternalDatabaseArgs.host",
            "ExternalServiceArgs.type",
            "GcsBundleArgs.url",
            "HttpRouteArgs.parentRefs",
            "LocalBundleArgs.path",
            "NfsArgs.path",
            "NfsArgs.server",
            "ParentRefArgs.name",
            "PoolArgs.slots",
            "RegistryArgs.password",
            "RegistryArgs.server",
            "RegistryArgs.username",
            "S3BundleArgs.url",
            "GcsLogsArgs.url",
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
