import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { clusterEnvironment } from "../../../local/session/targetCluster";
import { goTool } from "../../../local/tools/goTools";
import { airflowImage } from "../support/airflowImage";
import type { Installation } from "../support/installation";
import { cluster, kube } from "../support/kubernetes";
import type { Made } from "../support/make";
import { remember } from "../support/processes";
import { TestServers } from "../support/testServers";

/** What each attempt begins with, and what puts an end to all that is wrong. */
export const rightSettings = {
    hosting: "minikube",
    storage: undefined,
    dags: { delivery: "volume" },
    gitToken: undefined,
    gitSshKey: undefined,
    airflow: undefined,
} as const;

/**
 * Settings that only a cluster can find to be wrong: each ends in one message that names its key. They come first in the life
 * of an installation, whose right settings then show that nothing is left in the way. Other faults of a repository end
 * `make up` by the same Job, and are looked at without one: in gitFaults, and in the unit suite of check_repository.py.
 */
export function badSettings(installation: Installation): void {
    interface Attempt {
        /** What the message must hold. */
        readonly says: RegExp;
        readonly values: (servers: TestServers) => Promise<Readonly<Record<string, unknown>>>;
        /** What has to be there before, and is ended after it. */
        readonly with?: () => Promise<() => Promise<void>>;
    }
    const attempts: Readonly<Record<string, Attempt>> = {
        "a token that is not right": {
            says: /dags\.git\.token is wrong/,
            values: async (servers) => {
                const { settings } = await servers.repository("bad", "https");
                return { dags: { delivery: "gitSync", git: settings }, gitToken: "another-token" };
            },
        },
        "the key of another host": {
            says: /dags\.git\.knownHosts: the key that the server shows is not one of the host's known keys/,
            values: async (servers) => {
                const { settings, secrets } = await servers.repository("bad", "ssh");
                const knownHosts = await servers.strangeKnownHosts();
                return { dags: { delivery: "gitSync", git: { ...settings, knownHosts } }, ...secrets };
            },
        },
        "an image with another Airflow": {
            says: /airflow\.version is "3\.2\.2", and the image holds Airflow \d/,
            values: async () => ({ airflow: { version: "3.2.2", image: airflowImage } }),
        },
        "a path that the NFS server does not export": {
            says: /storage\.nfs\.path.*\/no\/such\/export/,
            values: async (servers) => ({
                hosting: "readWriteMany",
                storage: { kind: "nfs", nfs: { server: servers.nfsAddress, path: "/no/such/export" } },
            }),
        },
        "a class whose volumes cannot be shared": {
            says: /storage\.storageClass.*airflow-test-single/,
            values: async () => ({
                hosting: "readWriteMany",
                storage: { kind: "storageClass", storageClass: "airflow-test-single" },
            }),
            with: async () => await startSingleWriterClass(installation.folder("provisioner")),
        },
    };

    describe("settings that are wrong", () => {
        for (const [what, { says, values, with: prepare }] of Object.entries(attempts)) {
            it(`end make up in one message that names the key, in less than two minutes: ${what}`, async () => {
                const servers = await TestServers.shared();
                const end = await prepare?.();
                let made: Made;
                try {
                    installation.configure({ ...rightSettings, ...(await values(servers)) });
                    // It ends before Airflow starts, so it need not wait for another suite's.
                    made = await installation.start("up").ended;
                } finally {
                    await end?.();
                }
                expect(made.code).to.not.equal(0);
                expect(made.milliseconds).to.be.lessThan(120_000);
                // What it ends with; before that, a busy machine may have been late with something else.
                const told = made.all.slice(Math.max(0, made.all.lastIndexOf("\nFailed:")));
                expect(told)
                    .to.match(says)
                    .and.not.match(/timed out|deadline exceeded/i);
            });
        }
    });
}

/** Where the provisioner would start its helpers, if it ever came to that. */
const helpersNamespace = "default";

/** A StorageClass whose volumes only one node can write to, as kind and k3s have by default; hands back what ends it. */
async function startSingleWriterClass(folder: string): Promise<() => Promise<void>> {
    const name = "airflow-test-single";
    const storageClass = {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name },
        provisioner: "airflow-test/local-path",
        volumeBindingMode: "WaitForFirstConsumer",
        reclaimPolicy: "Delete",
    };
    await kube(["apply", "--filename", "-"], stringify(storageClass));
    mkdirSync(folder, { recursive: true });
    const config = join(folder, "config.json");
    const paths = [{ node: "DEFAULT_PATH_FOR_NON_LISTED_NODES", paths: ["/data/airflow-test-single"] }];
    writeFileSync(config, JSON.stringify({ nodePathMap: paths, setup: "", teardown: "" }));
    const helper = join(folder, "helperPod.yaml");
    writeFileSync(
        helper,
        stringify({
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name: "helper" },
            spec: { containers: [{ name: "helper", image: "registry.k8s.io/pause:3.10" }] },
        }),
    );
    const { KUBECONFIG = "" } = clusterEnvironment(cluster);
    const child: ChildProcess = spawn(
        await goTool("local-path-provisioner"),
        [
            ...[
                "start",
                "--config",
                config,
                "--kubeconfig",
                KUBECONFIG,
                "--provisioner-name",
                storageClass.provisioner,
            ],
            ...["--namespace", helpersNamespace, "--service-account-name", "default"],
            ...[
                "--helper-image",
                "registry.k8s.io/pause:3.10",
                "--helper-pod-file",
                helper,
                "--configmap-name",
                "none",
            ],
        ],
        { stdio: "ignore", detached: true },
    );
    remember(child.pid ?? 0);
    const ended = new Promise<void>((resolve) => {
        child.once("close", () => resolve());
    });
    return async () => {
        child.kill("SIGKILL");
        await ended;
        await kube(["delete", "storageclass", name, "--ignore-not-found"]);
    };
}
