import { expect } from "chai";
import type { AirflowKubernetesArgs } from "../../components";
import { publishedKnownHosts } from "../../components/dags/git/knownHosts";
import { DagDelivery, type GitArgs } from "../../components/settings/dagsArgs";
import { AirflowKubernetes } from "../support/exampleDags";
import { folder, removeFolders } from "../support/folders";
import { attempt, openTexts, type Registration, record } from "../support/mocks";
import { metadata, named, objects, type Pod, pods, spec, waitsFor, workerPod } from "../support/objects";

const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----";
const secrets = ["s3cret-token", "OPENSSH PRIVATE KEY"];
const https: GitArgs = { repository: "https://git.example.org/dags", token: "s3cret-token", subPath: "dags" };
const ssh: GitArgs = { repository: "git@github.com:team/dags", sshKey: key };

const installed = (args: AirflowKubernetesArgs) => record(() => new AirflowKubernetes("airflow", args));
const withGit = (delivery: DagDelivery, git: GitArgs) => installed({ dags: { delivery, git } });

const processes = [
    "airflow-api-server-deployment",
    "airflow-dag-processor-deployment",
    "airflow-scheduler-deployment",
    "airflow-triggerer-stateful-set",
];

function pod(registrations: readonly Registration[], owner: string): Pod {
    const found = pods(registrations).find((candidate) => candidate.owner === owner);
    expect(found, owner).to.not.equal(undefined);
    return found as Pod;
}

/** Names of variables that a Secret fills, by the Secret's key. */
function fromSecrets({ spec: { containers } }: Pod): Record<string, string> {
    const references = containers[0].env.filter(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined);
    return Object.fromEntries(references.map(({ name, valueFrom }) => [name, valueFrom.secretKeyRef.key]));
}

/** Pods that mount the Secret of the repository. */
function holders(registrations: readonly Registration[]): string[] {
    return [...pods(registrations), workerPod(registrations)]
        .filter(({ spec: { volumes } }) => volumes.some(({ name }) => name === "git-secret"))
        .map(({ owner }) => owner);
}

describe("the delivery gitSync", () => {
    it("is one git-sync that alone writes the volume of DAGs, and a check before it", async () => {
        const registrations = await withGit(DagDelivery.GitSync, https);
        const deployment = spec<{ replicas: number; strategy: object }>(
            named(registrations, "airflow-git-sync-deployment"),
        );
        expect(deployment.replicas).to.equal(1);
        expect(deployment.strategy).to.deep.equal({ type: "Recreate" });
        const writers = pods(registrations)
            .filter(({ namespace }) => namespace === "airflow")
            .filter(({ spec: { containers } }) =>
                containers[0].volumeMounts.some(({ name, readOnly }) => name === "dags" && !readOnly),
            );
        expect(writers.map(({ owner }) => owner)).to.deep.equal(["airflow-git-sync-deployment"]);
        expect([...waitsFor(registrations, "airflow-git-sync-deployment")]).to.include.members([
            "airflow-repository-check-job",
            "airflow-permissions-job",
        ]);
        for (const name of processes) {
            expect([...waitsFor(registrations, name)], name).to.include("airflow-git-sync-deployment");
        }
    });

    it("runs as git-sync's user in Airflow's group, probed, without a token of the Kubernetes API", async () => {
        const { spec: shape, metadata: about } = pod(
            await withGit(DagDelivery.GitSync, https),
            "airflow-git-sync-deployment",
        );
        expect(shape.securityContext).to.include({ runAsUser: 65533, runAsGroup: 0, fsGroup: 0, runAsNonRoot: true });
        expect(shape.serviceAccountName).to.equal("airflow-git-sync");
        expect(shape.automountServiceAccountToken).to.equal(false);
        expect(about.labels?.["app.kubernetes.io/component"]).to.equal("git-sync");
        const [container] = shape.containers;
        expect(container.securityContext.readOnlyRootFilesystem).to.equal(true);
        for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
            expect(probe.httpGet).to.deep.equal({ port: 1234, path: "/" });
        }
        expect(container.volumeMounts.map(({ name, mountPath }) => [name, mountPath])).to.deep.equal([
            ["dags", "/opt/airflow/dags"],
            ["git-secret", "/etc/git-secret"],
            ["tmp", "/tmp"],
        ]);
    });

    it("shows credentials to git-sync and its check only, as files of a Secret", async () => {
        for (const git of [https, ssh]) {
            const registrations = await withGit(DagDelivery.GitSync, git);
            expect(holders(registrations)).to.have.members([
                "airflow-repository-check-job",
                "airflow-git-sync-deployment",
            ]);
            const secret = named(registrations, "airflow-git-secret");
            expect(metadata(secret).namespace).to.equal("airflow");
            expect(secret.secretInputs).to.deep.equal(["stringData"]);
            expect(Object.keys(secret.inputs.stringData as object)).to.deep.equal([git === ssh ? "ssh" : "token"]);
            for (const { name, sentInputs } of registrations) {
                for (const value of secrets) {
                    expect(openTexts(sentInputs).join("\n"), name).to.not.contain(value);
                }
            }
        }
    });

    it("ends a key's last line, which ssh insists on", async () => {
        const secret = named(await withGit(DagDelivery.GitSync, ssh), "airflow-git-secret");
        expect((secret.inputs.stringData as { ssh: string }).ssh).to.equal(`${key}\n`);
    });

    it("brings the host's keys in a ConfigMap of Airflow's namespace", async () => {
        const registrations = await withGit(DagDelivery.GitSync, ssh);
        const files = objects(registrations, "ConfigMap").filter(({ name }) => name.endsWith("-files"));
        expect(files.map((map) => metadata(map).namespace)).to.deep.equal(["airflow"]);
        expect(files[0].inputs.data).to.deep.equal({ known_hosts: publishedKnownHosts("github.com") });
        const { volumes } = pod(registrations, "airflow-git-sync-deployment").spec;
        const mounted = volumes.find(({ name }) => name === "git-files");
        expect(mounted?.configMap?.name).to.equal(metadata(files[0]).name);
    });

    it("needs no Secret for a public repository", async () => {
        const registrations = await withGit(DagDelivery.GitSync, { repository: "https://github.com/team/dags" });
        expect(registrations.some(({ name }) => name === "airflow-git-secret")).to.equal(false);
        expect(holders(registrations)).to.deep.equal([]);
    });

    it("checks again when repository, ref, folder or host's keys change, and not otherwise", async () => {
        const check = async (git: GitArgs) =>
            metadata(named(await withGit(DagDelivery.GitSync, git), "airflow-repository-check-job")).name;
        const before = await check(https);
        expect(before).to.match(/^airflow-check-repository-[0-9a-f]{10}$/);
        expect(await check({ ...https })).to.equal(before);
        for (const change of [
            { ref: "stable" },
            { subPath: "other" },
            { repository: "https://git.example.org/other" },
            { caCertificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----" },
        ]) {
            expect(await check({ ...https, ...change }), JSON.stringify(change)).to.not.equal(before);
        }
    });

    it("starts no container before a task's", async () => {
        const registrations = await withGit(DagDelivery.GitSync, https);
        expect(workerPod(registrations).spec.initContainers).to.equal(undefined);
        expect(workerPod(registrations).spec.volumes.map(({ name }) => name)).to.deep.equal(["dags", "logs", "tmp"]);
    });
});

describe("the delivery gitBundle", () => {
    it("gives the connection to the dag-processor and the api-server, and to no task", async () => {
        const registrations = await withGit(DagDelivery.GitBundle, https);
        const holdersOfIt = [...pods(registrations), workerPod(registrations)]
            .filter((candidate) => "AIRFLOW_CONN_GIT_DEFAULT" in fromSecrets(candidate))
            .map(({ owner }) => owner);
        expect(holdersOfIt).to.have.members(["airflow-dag-processor-deployment", "airflow-api-server-deployment"]);
        expect(fromSecrets(pod(registrations, "airflow-dag-processor-deployment")).AIRFLOW_CONN_GIT_DEFAULT).to.equal(
            "connection",
        );
        expect(holders(registrations)).to.deep.equal(["airflow-repository-check-job"]);
        const { connection } = named(registrations, "airflow-git-secret").inputs.stringData as { connection: string };
        expect(JSON.parse(connection)).to.include({ conn_type: "git", login: "git", password: "s3cret-token" });
        for (const { name, sentInputs } of registrations) {
            expect(openTexts(sentInputs).join("\n"), name).to.not.contain("s3cret-token");
        }
    });

    it("makes no git-sync and mounts no volume of DAGs", async () => {
        const registrations = await withGit(DagDelivery.GitBundle, https);
        expect(registrations.some(({ name }) => /git-sync-|airflow-dags-job/.test(name))).to.equal(false);
        for (const candidate of [...pods(registrations), workerPod(registrations)]) {
            const inAirflow = candidate.owner !== "airflow-permissions-job";
            expect(inAirflow && candidate.spec.volumes.some(({ name }) => name === "dags")).to.equal(false);
        }
        // What lies on the volume stays for another delivery.
        expect(registrations.filter(({ name }) => name.startsWith("airflow-claims-")).length).to.be.greaterThan(3);
    });

    it("shows the host's keys where git runs: in tasks, too", async () => {
        const registrations = await withGit(DagDelivery.GitBundle, ssh);
        const maps = objects(registrations, "ConfigMap").filter(({ name }) => name.endsWith("-files"));
        expect(maps.map((map) => metadata(map).namespace)).to.have.members(["airflow", "airflow-workers"]);
        expect(new Set(maps.map((map) => metadata(map).name)).size).to.equal(1);
        for (const candidate of [workerPod(registrations), pod(registrations, "airflow-dag-processor-deployment")]) {
            const mounted = candidate.spec.volumes.find(({ name }) => name === "git-files");
            expect(mounted?.projected?.sources, candidate.owner).to.deep.equal([
                {
                    configMap: {
                        name: metadata(maps[0]).name,
                        items: [{ key: "known_hosts", path: "known_hosts" }],
                    },
                },
            ]);
        }
    });

    it("is told of only after the repository was read", async () => {
        const registrations = await withGit(DagDelivery.GitBundle, https);
        for (const name of processes) {
            expect([...waitsFor(registrations, name)], name).to.include("airflow-repository-check-job");
        }
    });
});

describe("the delivery image", () => {
    it("mounts nothing over the DAGs, and looks for them before the processes do", async () => {
        const registrations = await installed({
            dags: { delivery: DagDelivery.Image, image: { path: "/srv/dags" } },
            airflow: { image: "me/airflow:1" },
        });
        const check = pod(registrations, "airflow-image-check-job").spec.containers[0];
        expect(check.image).to.equal("me/airflow:1");
        expect(check.args.at(-1)).to.equal("/srv/dags");
        const worker = workerPod(registrations).spec;
        expect(worker.containers[0].image).to.equal("me/airflow:1");
        expect(worker.containers[0].env).to.deep.include({ name: "AIRFLOW__CORE__DAGS_FOLDER", value: "/srv/dags" });
        expect(worker.volumes.map(({ name }) => name)).to.deep.equal(["logs", "tmp"]);
        for (const name of processes) {
            expect([...waitsFor(registrations, name)], name).to.include("airflow-image-check-job");
        }
    });
});

describe("the delivery volume from an image", () => {
    it("copies with the user's image and loads with Airflow's", async () => {
        const volume = { image: "me/dags:1", imagePath: "/dags" };
        const registrations = await installed({ dags: { volume } });
        const { spec: shape } = pod(registrations, "airflow-dags-job");
        const [copy] = shape.initContainers;
        expect(copy.image).to.equal("me/dags:1");
        expect(copy.securityContext).to.deep.equal({
            allowPrivilegeEscalation: false,
            capabilities: { drop: ["ALL"] },
            readOnlyRootFilesystem: true,
        });
        // The user's image sees neither the shared volume nor anything else.
        expect(copy.volumeMounts).to.deep.equal([{ name: "copy", mountPath: "/copy" }]);
        expect(copy.env).to.equal(undefined);
        expect(shape.containers[0].args.slice(-4)).to.deep.equal([
            "image",
            "/copy",
            "/opt/airflow/dags",
            "/dags in the image me/dags:1",
        ]);
        expect(objects(registrations, "ConfigMap").filter(({ name }) => name.includes("archive"))).to.deep.equal([]);
    });

    it("is a new Job for another image or path", async () => {
        const job = async (image: string, imagePath: string) =>
            metadata(named(await installed({ dags: { volume: { image, imagePath } } }), "airflow-dags-job")).name;
        const before = await job("me/dags:1", "/dags");
        expect(await job("me/dags:1", "/dags")).to.equal(before);
        expect(await job("me/dags:2", "/dags")).to.not.equal(before);
        expect(await job("me/dags:1", "/other")).to.not.equal(before);
    });
});

describe("Python packages", () => {
    const requirements = () => `${folder({ "requirements.txt": "mine==1.0\n" })}/requirements.txt`;
    after(removeFolders);

    it("are installed by one Job, and found by every process and task", async () => {
        const registrations = await installed({ pythonPackages: { requirements: requirements() } });
        const directory = pod(registrations, "airflow-python-packages-job").spec.containers[0].args.at(-1);
        expect(directory).to.match(/^\/opt\/airflow\/dags\/\.packages\/[0-9a-f]{10}$/);
        for (const candidate of [...processes.map((name) => pod(registrations, name)), workerPod(registrations)]) {
            const [{ env, volumeMounts }] = candidate.spec.containers;
            const path = env
                .find(({ name }) => name === "PYTHONPATH")
                ?.value?.split(":")
                .at(-1);
            expect(path, candidate.owner).to.equal(`${directory}/site-packages`);
            const mount = { name: "dags", mountPath: "/opt/airflow/dags", readOnly: true };
            expect(volumeMounts, candidate.owner).to.deep.include(mount);
        }
        for (const name of processes) {
            expect([...waitsFor(registrations, name)], name).to.include("airflow-python-packages-job");
        }
        const file = named(registrations, "airflow-python-packages-requirements");
        expect(file.inputs.data).to.deep.equal({ "requirements.txt": "mine==1.0\n" });
    });

    it("are no part of an installation without requirements", async () => {
        const registrations = await installed({});
        expect(registrations.some(({ name }) => name.includes("python-packages"))).to.equal(false);
        expect(JSON.stringify(registrations.map(({ inputs }) => inputs))).to.not.contain("site-packages");
    });

    it("warn once of versions that are left open", async () => {
        const loose = `${folder({ "r.txt": "mine\nyours==1\ntheirs>=2\n" })}/r.txt`;
        const build = (path: string) => () =>
            new AirflowKubernetes("airflow", { pythonPackages: { requirements: path } });
        const { warnings } = await attempt(build(loose));
        expect(warnings.join("\n")).to.contain("leaves versions open (line 1, 3)");
        expect(warnings).to.have.length(1);
        expect((await attempt(build(requirements()))).warnings).to.deep.equal([]);
    });
});

describe("a change of delivery", () => {
    it("keeps all that has data, and its names", async () => {
        const kept = (registrations: readonly Registration[]) =>
            objects(registrations)
                .filter(({ type }) => /PersistentVolume|Namespace$|StatefulSet/.test(type))
                .map(({ urn }) => urn)
                .sort();
        const before = kept(await installed({}));
        expect(kept(await withGit(DagDelivery.GitSync, https))).to.deep.equal(before);
        expect(kept(await withGit(DagDelivery.GitBundle, ssh))).to.deep.equal(before);
    });
});
