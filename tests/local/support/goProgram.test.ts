import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { output } from "../../../local/support/execution";
import { buildArguments, goProgram, requiredVersion } from "../../../local/support/goProgram";

describe("local/support: goProgram", () => {
    it("reads the version of a module", () => {
        const goMod =
            "module x\n\nrequire k8s.io/kubernetes v1.35.4\n\nrequire (\n\tk8s.io/api v0.35.4 // indirect\n)\n";
        expect(requiredVersion(goMod, "k8s.io/kubernetes")).to.equal("v1.35.4");
        expect(requiredVersion(goMod, "k8s.io/api")).to.equal("v0.35.4");
        expect(() => requiredVersion(goMod, "k8s.io/kubectl")).to.throw("k8s.io/kubectl");
    });

    it("hands on tags, flags and packages", () => {
        const module = { name: "x", directory: "/x" };
        expect(buildArguments(module)).to.deep.equal(["-trimpath", "-ldflags", "-s -w", "."]);
        const all = {
            ...module,
            tags: ["a", "b"],
            linkerFlags: ["-X c=d"],
            compilerFlags: ["e=-N -l"],
            packages: ["tool"],
        };
        expect(buildArguments(all)).to.deep.equal(
            ["-trimpath", "-tags", "a,b", "-gcflags=e=-N -l", "-ldflags", "-s -w -X c=d", "tool"], //
        );
    });

    it("builds a program with its generated files and links, and writes nothing among its sources", async function () {
        this.timeout(180_000);
        const directory = mkdtempSync(join(tmpdir(), "go-program-"));
        const cache = mkdtempSync(join(tmpdir(), "go-program-cache-"));
        try {
            writeFileSync(join(directory, "go.mod"), "module hello\n\ngo 1.25\n");
            const lines = ["package main", 'import _ "embed"', "//go:embed words.txt", "var words string"];
            writeFileSync(join(directory, "main.go"), [...lines, "func main() { print(words) }", ""].join("\n"));
            const built = await goProgram({
                name: "hello",
                directory,
                generate: async () => ({ "words.txt": "hello" }),
                links: ["hallo"],
                cache,
            });
            expect(readdirSync(built)).to.have.members(["hello", "hallo"]);
            expect(readdirSync(directory)).to.have.members(["go.mod", "main.go"]);
            expect(await output(["sh", "-c", '"$0" 2>&1', join(built, "hallo")])).to.equal("hello");
        } finally {
            rmSync(directory, { recursive: true });
            rmSync(cache, { recursive: true });
        }
    });
});
