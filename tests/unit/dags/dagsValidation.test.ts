import { expect } from "chai";
import { stringify } from "yaml";
import type { AirflowKubernetesArgs } from "../../../components";
import { DagDelivery, type DagsArgs, type GitSubmodules } from "../../../components/settings/dagsArgs";
import { problemsMessage } from "../../../components/validation/problems";
import { validate } from "../../support/exampleDags";
import { folder, removeFolders } from "../../support/folders";

const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

const gitSync = (git: DagsArgs["git"] = {}): AirflowKubernetesArgs => ({
    dags: { delivery: DagDelivery.GitSync, git: { repository: "https://github.com/team/dags", ...git } },
});
const volume = (args: DagsArgs["volume"]): AirflowKubernetesArgs => ({ dags: { volume: args } });
const packages = (requirements: string, indexUrl?: string): AirflowKubernetesArgs => ({
    pythonPackages: { requirements, indexUrl },
});
/** A requirements file with this text. */
const file = (text: string): string => `${folder({ "requirements.txt": text })}/requirements.txt`;

interface Case {
    readonly args: AirflowKubernetesArgs;
    readonly paths: string[];
    readonly says?: RegExp;
    /** What must not be shown. */
    readonly hides?: string;
}

const refused: Record<string, Case> = {
    "gitSync without a repository": {
        args: { dags: { delivery: DagDelivery.GitSync } },
        paths: ["dags.git.repository"],
        says: /the delivery gitSync needs it/,
    },
    "gitBundle without a repository": {
        args: { dags: { delivery: DagDelivery.GitBundle } },
        paths: ["dags.git.repository"],
        says: /the delivery gitBundle needs it/,
    },
    "a path for a repository": { args: gitSync({ repository: "/srv/dags" }), paths: ["dags.git.repository"] },
    "the unprotected protocol of git": { args: gitSync({ repository: "git://h/d" }), paths: ["dags.git.repository"] },
    "a password in the URL": {
        args: gitSync({ repository: "https://me:hunter2@github.com/team/dags" }),
        paths: ["dags.git.repository"],
        says: /dags\.git\.token/,
        hides: "hunter2",
    },
    "a token in place of a user's name": {
        args: gitSync({ repository: "https://ghp_token@github.com/team/dags" }),
        paths: ["dags.git.repository"],
        hides: "ghp_token",
    },
    "a password in an ssh URL": {
        args: gitSync({ repository: "ssh://git:hunter2@host/d", sshKey: key }),
        paths: ["dags.git.repository"],
        hides: "hunter2",
    },
    "a token over http": {
        args: gitSync({ repository: "http://host/d", token: "hunter2" }),
        paths: ["dags.git.repository"],
        says: /http would show/,
        hides: "hunter2",
    },
    "a key for https": {
        args: gitSync({ sshKey: key }),
        paths: ["dags.git.sshKey"],
        says: /a key is for ssh/,
    },
    "known hosts for https": { args: gitSync({ knownHosts: `h ${hostKey}` }), paths: ["dags.git.knownHosts"] },
    "a token of two lines": {
        args: gitSync({ token: "hunter2\nhunter3" }),
        paths: ["dags.git.token"],
        hides: "hunter",
    },
    "a certificate that is none": { args: gitSync({ caCertificate: "x" }), paths: ["dags.git.caCertificate"] },
    "ssh without a key": {
        args: gitSync({ repository: "git@github.com:team/dags" }),
        paths: ["dags.git.sshKey"],
    },
    "ssh with a token": {
        args: gitSync({ repository: "git@github.com:team/dags", sshKey: key, token: "hunter2" }),
        paths: ["dags.git.token"],
        hides: "hunter2",
    },
    "ssh with an authority": {
        args: gitSync({ repository: "git@github.com:team/dags", sshKey: key, caCertificate: certificate }),
        paths: ["dags.git.caCertificate"],
    },
    "ssh with a public key": {
        args: gitSync({ repository: "git@github.com:team/dags", sshKey: hostKey }),
        paths: ["dags.git.sshKey"],
        says: /public half/,
        hides: "AAAAC3",
    },
    "another ssh host without known hosts": {
        args: gitSync({ repository: "git@git.example.org:team/dags", sshKey: key }),
        paths: ["dags.git.knownHosts"],
        says: /public keys of git\.example\.org; those of github\.com, gitlab\.com, bitbucket\.org are built in\n.*ssh-keyscan git\.example\.org/,
    },
    "another port of a known ssh host": {
        args: gitSync({ repository: "ssh://git@github.com:2222/team/dags", sshKey: key }),
        paths: ["dags.git.knownHosts"],
        says: /\[github\.com\]:2222[\s\S]*ssh-keyscan -p 2222 github\.com/,
    },
    "known hosts of another host": {
        args: gitSync({ repository: "git@git.example.org:d", sshKey: key, knownHosts: `other.org ${hostKey}` }),
        paths: ["dags.git.knownHosts"],
        says: /no line is for git\.example\.org/,
    },
    "a ref that climbs": { args: gitSync({ ref: "a..b" }), paths: ["dags.git.ref"] },
    "a ref that is an option": { args: gitSync({ ref: "--upload-pack=x" }), paths: ["dags.git.ref"] },
    "a ref with a space": { args: gitSync({ ref: "my branch" }), paths: ["dags.git.ref"] },
    "a ref of nothing": { args: gitSync({ ref: "" }), paths: ["dags.git.ref"] },
    "an absolute subPath": { args: gitSync({ subPath: "/dags" }), paths: ["dags.git.subPath"] },
    "a subPath that climbs": { args: gitSync({ subPath: "dags/../../etc" }), paths: ["dags.git.subPath"] },
    "a subPath into .git": { args: gitSync({ subPath: ".git/hooks" }), paths: ["dags.git.subPath"] },
    "a period of no time": {
        args: { dags: { ...gitSync().dags, gitSync: { periodSeconds: 0, depth: -1 } } },
        paths: ["dags.gitSync.periodSeconds", "dags.gitSync.depth"],
    },
    "a git-sync of any version": {
        args: { dags: { ...gitSync().dags, gitSync: { image: "registry.k8s.io/git-sync/git-sync" } } },
        paths: ["dags.gitSync.image"],
    },
    "submodules that are none": {
        args: { dags: { ...gitSync().dags, gitSync: { submodules: "some" as GitSubmodules } } },
        paths: ["dags.gitSync.submodules"],
        says: /off, shallow, recursive/,
    },
    "the image of the Airflow project as one with DAGs": {
        args: { dags: { delivery: DagDelivery.Image } },
        paths: ["airflow.image"],
        says: /"apache\/airflow:3\.3\.2"; allowed: an image of your own/,
    },
    "a relative path in the image": {
        args: { dags: { delivery: DagDelivery.Image, image: { path: "dags" } }, airflow: { image: "me/airflow:1" } },
        paths: ["dags.image.path"],
    },
    "two sources at once": {
        args: volume({ folder: "examples/dags", archive: "a.tgz" }),
        paths: ["dags.volume"],
        says: /Given are folder and archive\./,
    },
    "three sources at once": {
        args: volume({ folder: "examples/dags", archive: "a.tgz", image: "me/dags:1", imagePath: "/dags" }),
        paths: ["dags.volume"],
        says: /Given are folder and archive and image with imagePath\./,
    },
    "an image without a path": { args: volume({ image: "me/dags:1" }), paths: ["dags.volume.imagePath"] },
    "a path without an image": { args: volume({ imagePath: "/dags" }), paths: ["dags.volume.image"] },
    "an image of any version": {
        args: volume({ image: "me/dags", imagePath: "/dags" }),
        paths: ["dags.volume.image"],
    },
    "the root of an image": { args: volume({ image: "me/dags:1", imagePath: "/" }), paths: ["dags.volume.imagePath"] },
    "an archive that is not there": {
        args: volume({ archive: "no/such.tgz" }),
        paths: ["dags.volume.archive"],
        says: /there is no such file/,
    },
    "requirements that are not there": {
        args: packages("no/such.txt"),
        paths: ["pythonPackages.requirements"],
        says: /There is no such file/,
    },
    "an index without requirements": {
        args: { pythonPackages: { indexUrl: "https://index.example.org/simple" } },
        paths: ["pythonPackages.indexUrl"],
    },
};

describe("validate, of deliveries", () => {
    after(removeFolders);

    for (const [what, { args, paths, says, hides }] of Object.entries(refused)) {
        it(`refuses ${what}`, () => {
            const problems = validate(args);
            expect(problems.map(({ path }) => path)).to.have.members(paths);
            const message = problemsMessage(problems, "x");
            expect(message).to.match(says ?? /allowed: \S/);
            expect(message).to.not.contain(hides ?? "undefined");
        });
    }

    it("refuses what has no place in a requirements file, by its line and without showing it", () => {
        const lines: [string, RegExp][] = [
            ["apache-airflow==3.0.0", /Airflow itself/],
            ["Apache_Airflow[celery] == 3.0.0", /Airflow itself/],
            ["apache-airflow-core>=3", /Airflow itself/],
            ["-e ./mine", /Files of this machine/],
            ["./mine", /Files of this machine/],
            ["/srv/mine.whl", /Files of this machine/],
            ["mine @ file:///srv/mine.whl", /Files of this machine/],
            ["-r other.txt", /other file's lines/],
            ["-c constraints.txt", /other file's lines/],
            ["--index-url https://index.example.org", /pythonPackages\.indexUrl/],
            ["--extra-index-url=https://index.example.org", /pythonPackages\.indexUrl/],
            ["mine @ https://me:hunter2@example.org/mine.whl", /user's name or password/],
            ["--process-dependency-links", /This option has no place/],
            ["???", /This is not a requirement/],
        ];
        for (const [line, says] of lines) {
            const problems = validate(packages(file(`requests==2.32.0\n# a comment\n${line}\n`)));
            expect(
                problems.map(({ path }) => path),
                line,
            ).to.deep.equal(["pythonPackages.requirements"]);
            const message = problemsMessage(problems, "x");
            expect(message).to.match(says).and.to.contain("requirements.txt, line 3");
            expect(message).to.not.contain("hunter2");
        }
    });

    it("accepts requirements of an index or at a URL, pinned or not, with hashes", () => {
        const text = [
            "# what we need",
            "requests[socks]==2.32.0; python_version < '3.14'  # why",
            "apache-airflow-providers-http>=5",
            "mine @ https://example.org/mine-1.0-py3-none-any.whl",
            "git+https://example.org/mine.git@0123456789012345678901234567890123456789",
            "hashed==1.0 \\",
            "    --hash=sha256:0123",
            "--require-hashes",
            "",
        ].join("\r\n");
        expect(validate(packages(file(text), "https://index.example.org/simple/"))).to.deep.equal([]);
    });

    it("refuses requirements where nothing is shared, and an empty file", () => {
        const requirements = file("requests==2.32.0\n");
        const image = { dags: { delivery: DagDelivery.Image }, airflow: { image: "me/airflow:1" } };
        const bundle = { dags: { ...gitSync().dags, delivery: DagDelivery.GitBundle } };
        for (const args of [image, bundle]) {
            const problems = validate({ ...args, pythonPackages: { requirements } });
            expect(problems.map(({ path }) => path)).to.deep.equal(["pythonPackages.requirements"]);
            expect(problemsMessage(problems, "x")).to.contain("in an image of your own (airflow.image)");
        }
        expect(validate({ ...gitSync(), pythonPackages: { requirements } })).to.deep.equal([]);
        const [problem] = validate(packages(file("# nothing\n")));
        expect(problem.allowed).to.equal("a file with at least one requirement");
    });

    it("refuses an index with a password, and one that is none", () => {
        const requirements = file("requests==2.32.0\n");
        for (const indexUrl of ["https://me:hunter2@index.example.org/simple", "index.example.org", "https://i/?a"]) {
            const problems = validate(packages(requirements, indexUrl));
            expect(problems.map(({ path }) => path)).to.deep.equal(["pythonPackages.indexUrl"]);
            expect(problemsMessage(problems, "x")).to.not.contain("hunter2");
        }
    });

    it("refuses a search path beside the packages', and what installs at each start", () => {
        const requirements = file("requests==2.32.0\n");
        const env = [{ name: "PYTHONPATH", value: "/x" }];
        expect(validate({ workers: { env } })).to.deep.equal([]);
        expect(validate({ scheduler: { env } }).map(({ path }) => path)).to.deep.equal(["scheduler.env[0].name"]);
        const both = validate({ pythonPackages: { requirements }, workers: { env }, dagProcessor: { env } });
        expect(both.map(({ path }) => path)).to.include.members(["workers.env[0].name", "dagProcessor.env[0].name"]);
        const pip = validate({ workers: { env: [{ name: "_PIP_ADDITIONAL_REQUIREMENTS", value: "requests" }] } });
        expect(problemsMessage(pip, "x")).to.contain("Set pythonPackages.requirements.");
    });

    it("accepts every delivery as it is meant to be used", () => {
        const right: AirflowKubernetesArgs[] = [
            gitSync(),
            gitSync({ repository: "http://git.local/d" }),
            gitSync({
                token: "t",
                username: "robot",
                ref: "feature/x_1.2",
                subPath: "a/b",
                caCertificate: certificate,
            }),
            gitSync({ repository: "git@github.com:team/dags", sshKey: key }),
            gitSync({ repository: "ssh://git@bitbucket.org/team/dags", sshKey: key }),
            gitSync({
                repository: "ssh://git@git.example.org:2222/dags",
                sshKey: key,
                knownHosts: `[git.example.org]:2222 ${hostKey}`,
            }),
            { dags: { ...gitSync().dags, delivery: DagDelivery.GitBundle } },
            { dags: { delivery: DagDelivery.Image, image: { path: "/srv/dags" } }, airflow: { image: "me/airflow:1" } },
            volume({ folder: "examples/dags" }),
            volume({ image: "me/dags:1", imagePath: "/dags" }),
        ];
        for (const args of right) {
            expect(validate(args), stringify(args)).to.deep.equal([]);
        }
    });

    it("does not look at the settings of a delivery that is not chosen", () => {
        const args = { dags: { git: { repository: "nonsense", ref: ".." }, image: { path: "x" } } };
        expect(validate(args)).to.deep.equal([]);
    });
});
