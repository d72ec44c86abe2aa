import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { stringify } from "yaml";
import { clusterEnvironment } from "../../../local/session/targetCluster";
import { goTool } from "../../../local/tools/goTools";
import type { Installation } from "../support/installation";
import { cluster, kube } from "../support/kubernetes";
import type { Made } from "../support/make";
import { remember } from "../support/processes";
import type { TestServers } from "../support/testServers";
import type { Lane } from "./lane";

/** What each attempt begins with, and what puts an end to all that is wrong. */
export const rightSettings = {
    hosting: "minikube",
    storage: undefined,
    dags: { delivery: "volume" },
    gitToken: undefined,
    gitSshKey: undefined,
} as const;

/**
 * Settings that can only be found out to be wrong by trying: each ends in one message that names its key. They come first in
 * the life of an installation, whose right settings then show that nothing is left in the way.
 */
export function badSettings(lane: Lane, installation: Installation, servers: () => TestServers): void {
    const group = "settings that are wrong";
    const repository = async (way: "https" | "ssh") => await servers().repository("bad", way);

    interface Attempt {
        readonly what: string;
        /** What the message must hold. */
        readonly says: RegExp;
        readonly values: () => Promise<Readonly<Record<string, unknown>>>;
        /** What has to be there before, and is ended after it. */
        readonly with?: () => Promise<() => Promise<void>>;
        /** Whether the volumes are others than before, which they cannot be while a pod of the attempt before refers to them. */
        readonly afterDown?: boolean;
    }
    const attempts: readonly Attempt[] = [
        {
            what: "no repository",
            says: /dags\.git\.repository/,
            values: async () => ({ dags: { delivery: "gitSync" } }),
        },
        {
            what: "an ssh URL of a host that is not known",
            says: /dags\.git\.knownHosts/,
            values: async () => {
                const { settings, secrets } = await repository("ssh");
                const { knownHosts: _, ...git } = settings;
                return { dags: { delivery: "gitSync", git }, ...secrets };
            },
        },
        {
            what: "a ref that is not there",
            says: /dags\.git\.ref.*no-such-branch/,
            values: async () => {
                const { settings, secrets } = await repository("https");
                return { dags: { delivery: "gitSync", git: { ...settings, ref: "no-such-branch" } }, ...secrets };
            },
        },
        {
            what: "a folder that the repository does not have",
            says: /dags\.git\.subPath.*no\/such\/folder/,
            values: async () => {
                const { settings, secrets } = await repository("https");
                return { dags: { delivery: "gitBundle", git: { ...settings, subPath: "no/such/folder" } }, ...secrets };
            },
        },
        {
            what: "a token that is not right",
            says: /gitToken|dags\.git\.token/,
            values: async () => {
                const { settings } = await repository("https");
                return { dags: { delivery: "gitSync", git: settings }, gitToken: "another-token" };
            },
        },
        {
            what: "a key that opens nothing",
            says: /gitSshKey|dags\.git\.sshKey/,
            values: async () => {
                const { settings } = await repository("ssh");
                const gitSshKey = await servers().strangeKey();
                return { dags: { delivery: "gitSync", git: settings }, gitSshKey };
            },
        },
        {
            what: "the key of another host",
            says: /dags\.git\.knownHosts/,
            values: async () => {
                const { settings, secrets } = await repository("ssh");
                const knownHosts = await servers().strangeKnownHosts();
                return { dags: { delivery: "gitSync", git: { ...settings, knownHosts } }, ...secrets };
            },
        },
        {
            what: "a folder that the image does not have",
            says: /dags\.volume\.imagePath.*\/no\/such\/folder/,
            values: async () => ({
                dags: {
                    delivery: "volume",
                    volume: { image: "apache/airflow:3.3.2", imagePath: "/no/such/folder" },
                },
            }),
        },
        {
            what: "a path that the NFS server does not export",
            says: /storage\.nfs\.path.*\/no\/such\/export/,
            afterDown: true,
            values: async () => ({
                hosting: "readWriteMany",
                storage: { kind: "nfs", nfs: { server: servers().nfsAddress, path: "/no/such/export" } },
            }),
        },
        {
            what: "a class whose volumes cannot be shared",
            says: /storage\.storageClass.*airflow-test-single/,
            values: async () => ({
                hosting: "readWriteMany",
                storage: { kind: "storageClass", storageClass: "airflow-test-single" },
            }),
            with: async () => await startSingleWriterClass(installation.folder("provisioner")),
        },
    ];

    const results = attempts.map(({ what, values, with: prepare, afterDown }) =>
        lane.step(`${group}: ${what}`, async (): Promise<Made> => {
            if (afterDown) {
                await installation.down();
            }
            const end = await prepare?.();
            try {
                installation.configure({ ...rightSettings, ...(await values()) });
                return await installation.make("up");
            } finally {
                await end?.();
            }
        }),
    );

    describe(group, () => {
        for (const [index, { what, says }] of attempts.entries()) {
            it(`end make up in one message that names the key, in less than two minutes: ${what}`, async () => {
                const made = await results[index]();
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
