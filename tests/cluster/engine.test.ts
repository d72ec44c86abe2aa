import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as random from "@pulumi/random";
import { expect } from "chai";
import { clusterDirectory } from "../../local/support/paths";
import { type TestProgram, TestStack } from "../local/engine/support/testStack";
import { skip } from "../support/skip";

const kubeconfig = join(clusterDirectory, "kubeconfig");
// Two runs of the tests at the same time must not meet.
const place = `engine-test-${process.pid}`;

/** What the fake API of the other tests can't vouch for: local/engine against a real API server and real pods. */
describe("local/engine on a real cluster", function () {
    this.timeout(120_000);
    let stack: TestStack;

    before(async function () {
        if (!existsSync(kubeconfig)) {
            skip(this, `no local cluster has run here: there is no ${kubeconfig}`);
        }
        const left = kubectl("get", "namespaces", "--output=name").match(/engine-test-\d+/g) ?? [];
        left.filter((name) => !existsSync(`/proc/${name.split("-").pop()}`)).forEach(
            (name) => void kubectl("delete", "namespace", name, "--wait=false"),
        );
    });
    beforeEach(async () => {
        stack = await TestStack.start();
        process.env.KUBECONFIG = kubeconfig;
    });
    afterEach(async () => {
        const run = await stack.destroy();
        stack.stop();
        expect(run.code, run.output).to.equal(0);
        expect(kubectl("get", "namespaces", "--output=name")).not.to.include(`namespace/${place}\n`);
    });

    function kubectl(...args: string[]): string {
        return execFileSync("kubectl", args, { encoding: "utf8", env: { ...process.env, KUBECONFIG: kubeconfig } });
    }

    function read(kind: string, name: string): Record<string, never> & { metadata: { name: string; uid: string } } {
        return JSON.parse(kubectl("get", kind, name, `--namespace=${place}`, "--output=json"));
    }

    const pod = (
        command: string,
        env: k8s.types.input.core.v1.EnvFromSource[] = [],
    ): k8s.types.input.core.v1.PodSpec => ({
        terminationGracePeriodSeconds: 0,
        containers: [{ name: "main", image: "postgres:17", command: ["sh", "-c", command], envFrom: env }],
    });

    function job(name: string, command: string, namespace: k8s.core.v1.Namespace): k8s.batch.v1.Job {
        return new k8s.batch.v1.Job(
            name,
            {
                metadata: { name, namespace: place, annotations: { "pulumi.com/replaceUnready": "true" } },
                spec: { backoffLimit: 0, template: { spec: { ...pod(command), restartPolicy: "Never" } } },
            },
            { dependsOn: namespace },
        );
    }

    const namespace = (): k8s.core.v1.Namespace => new k8s.core.v1.Namespace("place", { metadata: { name: place } });

    it("previews, makes, leaves alone, rolls a Deployment when its ConfigMap is replaced, and deletes in order", async () => {
        const program =
            (value: string, force = "false"): TestProgram =>
            () => {
                const inside = { dependsOn: namespace() };
                const settings = new k8s.core.v1.ConfigMap(
                    "settings",
                    { metadata: { namespace: place }, data: { VALUE: value } },
                    inside,
                );
                const password = new random.RandomPassword("password", { length: 16 });
                const secret = new k8s.core.v1.Secret(
                    "secret",
                    { metadata: { namespace: place }, stringData: { PASSWORD: password.result } },
                    inside,
                );
                const labels = { app: "web" };
                const web = new k8s.apps.v1.Deployment("web", {
                    metadata: { name: "web", namespace: place, annotations: { "pulumi.com/patchForce": force } },
                    spec: {
                        selector: { matchLabels: labels },
                        template: {
                            metadata: { labels },
                            spec: pod("sleep 1000", [
                                { configMapRef: { name: settings.metadata.name } },
                                { secretRef: { name: secret.metadata.name } },
                            ]),
                        },
                    },
                });
                const service = new k8s.core.v1.Service(
                    "web",
                    { metadata: { name: "web", namespace: place }, spec: { selector: labels, ports: [{ port: 80 }] } },
                    { dependsOn: web },
                );
                return { settings: settings.metadata.name, clusterIP: service.spec.clusterIP };
            };
        const preview = await stack.preview(program("1"));
        expect(preview.summary, preview.output).to.match(/^Resources: 6 to create, /);
        const first = await stack.up(program("1"));
        expect(first.summary, first.output).to.match(/^Resources: 6 created, /);
        const uid = read("deployment", "web").metadata.uid;
        const [oldName] =
            kubectl("get", "configmap", `--namespace=${place}`, "--output=name").match(/settings-\w+/) ?? [];

        expect((await stack.up(program("1"))).summary).to.match(/^Resources: 6 unchanged, /);
        expect((await stack.refresh()).summary).to.match(/^Resources: 6 unchanged, /);

        const second = await stack.up(program("2"));
        expect(second.summary, second.output).to.match(/^Resources: 1 updated, 1 replaced, 4 unchanged, /);
        const maps = kubectl("get", "configmap", `--namespace=${place}`, "--output=name").match(/settings-\w+/g) ?? [];
        expect(maps).to.have.length(1).and.not.to.include(oldName);
        const web = read("deployment", "web");
        expect(web.metadata.uid).to.equal(uid);
        expect(JSON.stringify(web)).to.include(maps[0]).and.not.to.include(String(oldName));

        kubectl("scale", "deployment/web", "--replicas=2", `--namespace=${place}`);
        kubectl("set", "image", "deployment/web", "main=postgres:none", `--namespace=${place}`);
        expect((await stack.refresh()).output).to.include('image: "postgres:17" => "postgres:none"');
        const refused = await stack.preview(program("2"));
        expect(refused.output).to.include('conflict with "kubectl-set"').and.to.include("pulumi.com/patchForce");
        const repaired = await stack.up(program("2", "true"));
        expect(repaired.summary, repaired.output).to.match(/^Resources: 1 updated, 5 unchanged, /);

        const gone = await stack.destroy();
        const order = [...gone.output.matchAll(/^ {2}- {2}\S+:(\w+) \S+ deleted/gm)].map((match) => match[1]);
        expect(order[0], gone.output).to.equal("Service");
        expect(order.indexOf("Deployment")).to.be.lessThan(order.indexOf("ConfigMap"));
        expect(order.at(-1)).to.equal("Namespace");
    });

    it("shows what a failed Job said, and makes it again the next time", async () => {
        const program =
            (command: string): TestProgram =>
            () =>
                void job("work", command, namespace());
        const failing = "echo looking for the key; echo the key is not here >&2; exit 3";
        const failed = await stack.up(program(failing));
        expect(failed.code).to.equal(1);
        expect(failed.output).to.include("the Job failed: BackoffLimitExceeded");
        expect(failed.output).to.include("| the key is not here").and.to.include("ended with exit code 3");
        const first = read("job", "work").metadata.uid;

        const again = await stack.up(program(failing));
        expect(again.code).to.equal(1);
        const second = read("job", "work").metadata.uid;
        expect(second).not.to.equal(first);

        const right = await stack.up(program("echo found"));
        expect(right.summary, right.output).to.match(/^Resources: 1 replaced, 1 unchanged, /);
        expect((await stack.up(program("echo found"))).summary).to.match(/^Resources: 2 unchanged, /);
    });

    it("refuses an object that exists, and what the server refuses, before or after", async () => {
        await stack.up(() => void namespace());
        kubectl("create", "configmap", "taken", `--namespace=${place}`);
        const inside = (name: string, data: { [key: string]: string }): TestProgram => {
            return () =>
                void new k8s.core.v1.ConfigMap(name, {
                    metadata: { name, namespace: namespace().metadata.name },
                    data,
                });
        };
        const taken = inside("taken", { key: "value" });
        expect((await stack.preview(taken)).code).to.equal(0);
        expect((await stack.up(taken)).output).to.include(
            "taken already exists in the cluster and is not of this stack",
        );
        const preview = await stack.preview(inside("bad", { "not a key": "value" }));
        expect(preview.code, preview.output).to.equal(1);
        expect(preview.output).to.include("not a key");
    });

    it("tells at once of an image that can't be had, and gives up in the time it was given", async () => {
        const started = Date.now();
        const labels = { app: "lost" };
        const run = await stack.up(() => {
            new k8s.apps.v1.Deployment(
                "lost",
                {
                    metadata: { name: "lost", namespace: place },
                    spec: {
                        selector: { matchLabels: labels },
                        template: {
                            metadata: { labels },
                            spec: { containers: [{ name: "main", image: "localhost:1/no/such:image" }] },
                        },
                    },
                },
                { customTimeouts: { create: "8s" }, dependsOn: namespace() },
            );
        });
        expect(run.code).to.equal(1);
        expect(run.output).to.match(/container main: (ErrImagePull|ImagePullBackOff)/);
        expect(Date.now() - started).to.be.lessThan(40_000);
    });
});
