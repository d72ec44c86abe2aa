import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { ProjectFolder, projectText, sameConfiguration } from "../../../local/pulumi/projectFolder";
import { repositoryDirectory } from "../../../local/support/paths";

describe("The project folder of a run", () => {
    let folder: ProjectFolder;

    beforeEach(() => {
        folder = ProjectFolder.make({
            stackFiles: { minikube: "config:\n  a: 1\n" },
            plugins: [
                { kind: "language", name: "nodejs", path: "/plugins" },
                { kind: "resource", name: "random", path: "/plugins" },
            ],
        });
    });

    afterEach(() => folder.remove());

    it("is the project, with its program in the checkout and plugins where they are", () => {
        const project = parse(
            projectText("name: p\nruntime: nodejs\nconfig:\n  x:\n    default: 1\n", "/checkout", [
                { kind: "resource", name: "random", path: "/plugins" },
            ]),
        );
        expect(project).to.deep.equal({
            name: "p",
            runtime: "nodejs",
            config: { x: { default: 1 } },
            main: "/checkout",
            plugins: { providers: [{ name: "random", path: "/plugins" }], languages: [] },
        });
        expect(parse(projectText("name: p\n", "/checkout", []))).to.not.have.property("plugins");
    });

    it("can be read by its user alone, and lies outside of the checkout", () => {
        expect(folder.path.startsWith(repositoryDirectory)).to.equal(false);
        expect(statSync(folder.path).mode & 0o777).to.equal(0o700);
        expect(statSync(folder.stackFile("minikube")).mode & 0o777).to.equal(0o600);
        expect(existsSync(join(folder.path, "Pulumi.yaml"))).to.equal(true);
    });

    it("tells changed settings from what the CLI writes for itself", () => {
        const before = folder.readStackFiles();
        folder.writeStackFile("minikube", "encryptionsalt: v1:abc\nconfig:\n  a: 1\n");
        expect(folder.changedSince(before)).to.deep.equal([]);
        folder.writeStackFile("minikube", "config:\n  a: 2\n");
        expect(folder.changedSince(before)).to.deep.equal(["minikube"]);
        folder.writeStackFile("hosted", "config:\n  a: 2\n");
        expect(folder.changedSince(before)).to.deep.equal(["hosted", "minikube"]);
        expect(sameConfiguration("", "config: {}\n")).to.equal(true);
    });

    it("is removed by a later run when its own was killed, unless somebody wants to keep it", () => {
        const runs = join(folder.path, "..");
        const nobody = 2 ** 22 + 1;
        const abandoned = join(runs, `${nobody}-abandoned`);
        mkdirSync(abandoned);
        ProjectFolder.make({ stackFiles: {}, plugins: [] }).remove();
        expect(existsSync(abandoned)).to.equal(false);
        expect(existsSync(folder.path)).to.equal(true);
    });
});
