import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { chooseTool } from "../../../local/commands/image";
import { imageNamed, recipes } from "../../../local/images";
import {
    type BuildArgs,
    baseImages,
    buildCommand,
    type ContainerTool,
    containerfileIn,
    containerTools,
    saveCommand,
} from "../../../local/images/imageBuilder";
import { readImageReference } from "../../../local/images/imageReference";
import { pipSettings } from "../../../local/images/pipSettings";
import { UserError } from "../../../local/support/errors";
import { repositoryDirectory } from "../../../local/support/paths";
import { removeFolders } from "../../support/folders";
import { programsOnPath } from "../support/programs";

const example = join(repositoryDirectory, "examples/image");

describe("make image: IMAGE", () => {
    for (const [text, full] of [
        ["my-airflow:1", "docker.io/library/my-airflow:1"],
        ["team/airflow:2026-11-21_b.3", "docker.io/team/airflow:2026-11-21_b.3"],
        ["registry.example.com/team/airflow:1", "registry.example.com/team/airflow:1"],
        ["registry:5000/airflow:1", "registry:5000/airflow:1"],
        ["localhost/airflow:1", "localhost/airflow:1"],
    ]) {
        it(`${text} is ${full} to a cluster`, () => {
            expect(readImageReference(text)).to.deep.equal({ text, full });
        });
    }

    for (const [text, said] of [
        [undefined, "IMAGE is missing"],
        ["my-airflow", "no name of an image with a tag"],
        ["My-Airflow:1", "no name of an image"],
        ["my-airflow:", "no name of an image"],
        ["my airflow:1", "no name of an image"],
        ["--privileged:1", "no name of an image"],
        ["my-airflow:latest", "latest"],
    ]) {
        it(`${text ?? "nothing"} is refused`, () => {
            expect(() => readImageReference(text)).to.throw(UserError, said);
        });
    }
});

describe("make image: FOLDER", () => {
    let folder: string;

    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "image-"));
    });

    afterEach(() => rmSync(folder, { recursive: true }));

    it("needs a Containerfile or a Dockerfile", () => {
        expect(() => containerfileIn(folder)).to.throw(UserError, folder);
        writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n");
        expect(containerfileIn(folder)).to.equal(join(folder, "Dockerfile"));
        writeFileSync(join(folder, "Containerfile"), "FROM scratch\n");
        expect(containerfileIn(folder)).to.equal(join(folder, "Containerfile"));
    });

    it("says with which images a build begins", () => {
        const text =
            "ARG X=1\nFROM --platform=linux/amd64 one:1 AS first\nfrom first\nFROM scratch\nFROM two:2 as b\nFROM one:1\n";
        expect(baseImages(text)).to.deep.equal(["one:1", "two:2"]);
    });

    it("knows the images of the local cluster by short names, too", () => {
        expect(imageNamed("apache/airflow:3.3.2")).to.equal("airflow");
        expect(imageNamed(recipes.airflow.reference)).to.equal("airflow");
        expect(imageNamed("postgres:17.12-trixie")).to.equal("postgres");
        expect(imageNamed("apache/airflow:3.3.1")).to.equal(undefined);
        expect(imageNamed("apache/airflow")).to.equal(undefined);
        expect(imageNamed("airflow:3.3.2")).to.equal(undefined);
    });
});

describe("make image: the builder", () => {
    after(removeFolders);
    const bases = [recipes.airflow.reference, "example.com/other:1"];
    const works = "exit 0";
    const withoutImages = '[ "$1" = info ]';

    describe("where docker has the images that a build begins with", () => {
        programsOnPath({ docker: works, podman: works }, { alone: true });

        it("is docker", async () => {
            expect(await chooseTool(true, bases)).to.equal("docker");
        });
    });

    describe("where docker would have to pull an image that the local cluster has", () => {
        programsOnPath({ docker: withoutImages, buildah: works }, { alone: true });

        it("is the next that works, on the local cluster", async () => {
            expect(await chooseTool(true, bases)).to.equal("buildah");
        });

        it("is docker all the same for what only a registry has, and for minikube", async () => {
            expect(await chooseTool(true, ["example.com/other:1"])).to.equal("docker");
            expect(await chooseTool(false, bases)).to.equal("docker");
        });
    });

    describe("where docker has no daemon", () => {
        programsOnPath({ docker: "exit 1", podman: works }, { alone: true });

        it("is the next that works", async () => {
            expect(await chooseTool(false, bases)).to.equal("podman");
        });
    });

    describe("where there is none", () => {
        programsOnPath({}, { alone: true });

        it("is asked for in one sentence", async () => {
            const error = await chooseTool(false, bases).catch((reason: Error) => reason);
            expect(error).to.be.instanceOf(UserError);
            expect(String(error)).to.include("needs docker, podman or buildah");
        });
    });
});

describe("make image: the build", () => {
    const args = (tool: ContainerTool, offline = true): BuildArgs => ({
        tool,
        folder: "/folder",
        containerfile: "/folder/Containerfile",
        reference: "docker.io/library/my-airflow:1",
        secrets: { "pip.conf": "/scratch/pip.conf" },
        environment: ["HTTPS_PROXY"],
        offline,
        scratch: "/scratch",
    });

    for (const tool of containerTools) {
        it(`hands secrets and proxies to ${tool}, and no value of them in an argument`, () => {
            const command = buildCommand(args(tool));
            expect(command[0]).to.equal(tool);
            expect(command.at(-1)).to.equal("/folder");
            expect(command).to.include.members([
                "--secret=id=pip.conf,src=/scratch/pip.conf",
                "--build-arg=HTTPS_PROXY",
                "--file=/folder/Containerfile",
                "--tag=docker.io/library/my-airflow:1",
            ]);
        });

        it(`saves what ${tool} has built under its full name`, () => {
            const command = saveCommand(tool, "docker.io/library/my-airflow:1", "/scratch/image.tar", "/scratch");
            expect(command.join(" ")).to.contain("docker.io/library/my-airflow:1").and.to.contain("/scratch/image.tar");
        });
    }

    it("pulls nothing where the base is there already", () => {
        expect(buildCommand(args("buildah"))).to.include("--pull-never");
        expect(buildCommand(args("podman"))).to.include("--pull=never");
        for (const tool of containerTools) {
            expect(buildCommand(args(tool, false)).join(" ")).not.to.contain("pull");
        }
    });

    it("keeps buildah to its scratch folder", () => {
        expect(buildCommand(args("buildah")).join(" ")).to.contain("--root /scratch/storage --runroot /scratch/run");
    });
});

describe("make image: pip's settings", () => {
    it("are those that reach an index; the environment beats the files", () => {
        const listed = [
            ":env:.index-url='https://user:pass@index.example.com/simple'",
            ":env:.disable-pip-version-check='1'",
            ":env:.find-links='/opt/wheels'",
            "global.index-url='https://other.example.com/simple'",
            "global.cert='/etc/ssl/own.pem'",
            ":env:.default-timeout='90'",
            "global.timeout='60'",
            "install.trusted-host='a.example.com\\nb.example.com'",
            "install.user='true'",
        ];
        expect(pipSettings(listed.join("\n"))).to.deep.equal({
            configuration: [
                "[global]",
                "index-url = https://user:pass@index.example.com/simple",
                "timeout = 90",
                "trusted-host = a.example.com",
                "    b.example.com",
                "cert = /run/secrets/ca-certificates.crt",
                "",
            ].join("\n"),
            certificates: "/etc/ssl/own.pem",
        });
    });

    it("can be none", () => {
        expect(pipSettings("")).to.deep.equal({ configuration: undefined, certificates: undefined });
    });
});

describe("examples/image", () => {
    const containerfile = readFileSync(join(example, "Containerfile"), "utf8");

    it("begins with the Airflow that the project runs by default", () => {
        expect(baseImages(containerfile)).to.deep.equal([recipes.airflow.reference]);
        expect(
            readFileSync(join(repositoryDirectory, "components/settings/airflowKubernetesArgs.ts"), "utf8"),
        ).to.contain(`@default "${recipes.airflow.reference.split(":")[1]}"`);
    });

    it("takes pip's settings as secrets, under the names that make image gives them", () => {
        for (const id of ["pip.conf", "ca-certificates.crt"]) {
            expect(containerfile).to.contain(`--mount=type=secret,id=${id},`);
        }
        expect(containerfile).to.contain("PIP_CONFIG_FILE=/run/secrets/pip.conf");
        expect(containerfile).not.to.match(/^(ARG|ENV)\b/m);
    });

    it("pins every package", () => {
        const lines = readFileSync(join(example, "requirements.txt"), "utf8").trim().split("\n");
        const packages = lines.filter((line) => !line.startsWith("#"));
        expect(packages).not.to.deep.equal([]);
        expect(packages.filter((line) => !/^[a-z0-9-]+==[\w.]+$/.test(line))).to.deep.equal([]);
    });
});
