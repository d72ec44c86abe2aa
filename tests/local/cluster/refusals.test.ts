import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type CommandResult, capture, systemPath } from "../../../local/support/execution";
import { clusterDirectory, repositoryDirectory } from "../../../local/support/paths";
import { skip } from "../../support/skip";

const program = [process.execPath, "--import", "tsx", "local/cluster/cli.ts"];

/** What somebody sees whom a command refuses: one sentence on one line. */
function refusal({ code, stdout, stderr }: CommandResult): string {
    expect(code, stderr).to.equal(1);
    expect(stdout).to.equal("");
    expect(stderr).to.match(/^[^\n]+\.\n$/);
    return stderr;
}

describe("local/cluster: refusals", function () {
    this.timeout(60_000);
    let directory: string;

    before(function () {
        if (process.platform !== "linux" || process.getuid?.() !== 0) {
            skip(this, "only root can be somebody else");
        }
        directory = mkdtempSync(join(tmpdir(), "refusals-"));
    });
    after(() => {
        if (directory !== undefined) {
            rmSync(directory, { recursive: true });
        }
    });

    /** Runs the program where the cluster's directory is an empty disk of that size, with folders before others on the PATH. */
    const onEmptyDisk = (size: string, path: string, ...command: string[]) =>
        capture(
            [
                "unshare",
                "--mount",
                "--net",
                "sh",
                "-euc",
                `mkdir -p "$0" && mount -t tmpfs -o size=${size} test "$0" && "$@" && exit || code=$?
                [ -z "$(ls -A "$0" | grep -v "^lock$")" ] || echo "something was made: $(ls -A "$0")"
                exit $code`,
                clusterDirectory,
                ...command,
            ],
            { cwd: repositoryDirectory, env: { ...process.env, PATH: path, CLUSTER_RANGE: "", YES: "" } },
        );

    const path = () => systemPath(process.env.PATH);

    it("tell an ordinary user of sudo and of minikube, and change nothing", async () => {
        const ordinary = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/", ...program];
        const up = refusal(await onEmptyDisk("50G", path(), ...ordinary, "up"));
        expect(up).to.include("it needs root").and.include('sudo env "PATH=$PATH" make up').and.include("minikube");
        for (const command of ["down", "reset"]) {
            const told = refusal(await onEmptyDisk("50G", path(), ...ordinary, command));
            expect(told).to.include("needs root").and.include('sudo env "PATH=$PATH"');
        }
    });

    it("name minikube when it is installed", async () => {
        const folder = mkdtempSync(join(directory, "minikube-"));
        writeFileSync(join(folder, "minikube"), "#!/bin/sh\n", { mode: 0o755 });
        const ordinary = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "HOME=/", ...program];
        const told = refusal(await onEmptyDisk("50G", `${folder}:${path()}`, ...ordinary, "up"));
        expect(told).to.include("make up CLUSTER=minikube").and.include("sudo");
    });

    it("say that Go is missing, and what to install", async () => {
        const folder = mkdtempSync(join(directory, "go-"));
        writeFileSync(join(folder, "go"), "#!/bin/sh\nexit 127\n", { mode: 0o755 });
        const told = refusal(await onEmptyDisk("50G", `${folder}:${path()}`, ...program, "up"));
        expect(told).to.include("Go is not installed").and.include("https://go.dev/dl");
    });

    it("say where there is too little disk, how much, and how much it takes", async () => {
        const told = refusal(await onEmptyDisk("1M", path(), ...program, "up"));
        expect(told).to.match(
            /too little disk for \/var\/lib\/airflow-kubernetes: 0\.0 GiB free, needed are [\d.]+ GiB/,
        );
    });

    it("say what a setting must be", async () => {
        const command = ["env", "CLUSTER_RANGE=10.0.0.0/30", ...program, "up"];
        expect(refusal(await onEmptyDisk("50G", path(), ...command))).to.include('CLUSTER_RANGE is "10.0.0.0/30"');
        const resolvers = ["env", "CLUSTER_RESOLVERS=somebody", ...program, "up"];
        expect(refusal(await onEmptyDisk("50G", path(), ...resolvers))).to.include('CLUSTER_RESOLVERS has "somebody"');
    });
});
