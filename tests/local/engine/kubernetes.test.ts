import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { expect } from "chai";
import { working } from "./support/fakeCluster";
import { account, configMap, deployment, job, namelessConfigMap, namespace } from "./support/programs";
import { TestStack } from "./support/testStack";

describe("objects in a cluster", () => {
    let stack: TestStack;
    beforeEach(async () => {
        stack = await TestStack.start();
    });
    afterEach(() => stack.stop());

    it("that exist already are an error with what to do, in an update only", async () => {
        stack.cluster.put({ kind: "ConfigMap", metadata: { name: "taken" } });
        const program = (): unknown => configMap("taken");
        const preview = await stack.preview(program);
        expect(preview.code, preview.output).to.equal(0);
        const run = await stack.up(program);
        expect(run.code).to.equal(1);
        expect(run.output).to.include("ConfigMap taken already exists in the cluster and is not of this stack");
        expect(run.output).to.include("kubectl delete configmap taken");
    });

    it("get no label or annotation but that of a made-up name", async () => {
        await stack.up(() => {
            configMap("named");
            namelessConfigMap("nameless");
        });
        expect(stack.cluster.find("ConfigMap", "named")?.metadata).not.to.have.any.keys("labels", "annotations");
        const nameless = stack.cluster.all("ConfigMap").find(({ metadata }) => metadata.name.startsWith("nameless-"));
        expect(nameless?.metadata.annotations).to.deep.equal({ "pulumi.com/autonamed": "true" });
    });

    it("have the names that the plan of an update showed", async () => {
        const run = await stack.up(() => ({ name: namelessConfigMap("settings").metadata.name }), {
            skipPreview: false,
        });
        const names = [...run.output.matchAll(/settings-[0-9a-f]{8}/g)].map((match) => match[0]);
        expect(new Set(names).size, run.output).to.equal(1);
    });

    it("keep a made-up name while they are updated", async () => {
        const program = (value: string) => () =>
            new k8s.core.v1.ServiceAccount("robot", { metadata: { labels: { value } } });
        await stack.up(program("1"));
        const before = stack.cluster.all("ServiceAccount")[0]?.metadata.name;
        expect((await stack.up(program("2"))).summary).to.match(/^Resources: 1 updated, /);
        expect(stack.cluster.all("ServiceAccount").map((object) => object.metadata.name)).to.deep.equal([before]);
    });

    it("are made in any namespace that the run itself makes", async () => {
        const program = (): void => {
            const place = namespace("place");
            new k8s.core.v1.ConfigMap("inside", { metadata: { name: "inside", namespace: place.metadata.name } });
        };
        const run = await stack.up(program, { skipPreview: false });
        expect(run.code, run.output).to.equal(0);
    });

    it("are asked of the server in a preview, and its refusal is an error; all of them are shown", async () => {
        const run = await stack.preview(() => {
            configMap("one", {}, {}, { "test/refuse": "data: not this" });
            configMap("two", {}, {}, { "test/refuse": "data: nor that" });
        });
        expect(run.code).to.equal(1);
        expect(run.output).to.include("Failed, 2 errors:");
        expect(run.output).to.include("data: not this").and.to.include("data: nor that");
        expect(stack.cluster.changes).to.deep.equal([]);
    });

    it("are not asked of the server while a value of theirs is not known", async () => {
        const program = (): void => {
            const password = new random.RandomPassword("password", { length: 16 });
            configMap("user", { password: pulumi.unsecret(password.result) }, {}, { "test/refuse": "no" });
        };
        expect((await stack.preview(program)).code).to.equal(0);
        expect((await stack.up(program)).code).to.equal(1);
    });

    it("can be previewed with no cluster, which is said in one line; an update refuses before anything", async () => {
        process.env.KUBECONFIG = "/nowhere";
        const program = (): void => {
            configMap("first");
            configMap("second");
            new random.RandomPassword("password", { length: 16 });
        };
        const preview = await stack.preview(program);
        expect(preview.summary, preview.output).to.match(/^Resources: 3 to create, /);
        expect(preview.output.match(/No cluster to ask/g)).to.have.length(1);
        const message = await stack.up(program, { skipPreview: false }).catch((error: Error) => error.message);
        expect(message).to.include("The cluster can't be reached, so nothing was done");
        expect(await stack.resources()).to.deep.equal([]);
    });

    it("can be previewed, not destroyed, when the cluster they live in does not answer", async () => {
        await stack.up(() => configMap("first"));
        stack.cluster.stop();
        const preview = await stack.preview(() => configMap("first", { key: "value" }));
        expect(preview.summary, preview.output).to.match(/^Resources: 1 to replace, /);
        const message = await stack.destroy().catch((error: Error) => error.message);
        expect(message).to.include("can't be reached").and.to.include("does not answer");
        expect(await stack.resources()).to.have.length(1);
    });

    it("are gone when the cluster is another one, and random values are kept", async () => {
        const program = (): object => {
            configMap("first");
            configMap("second");
            return { password: new random.RandomPassword("password", { length: 16 }).result };
        };
        await stack.up(program);
        const before = await stack.resource("password");
        stack.cluster.reset();
        const preview = await stack.preview(program);
        expect(preview.summary, preview.output).to.match(/^Resources: 2 to create, 1 unchanged, /);
        expect(preview.output.match(/This is another cluster/g)).to.have.length(1);
        expect((await stack.up(program)).summary).to.match(/^Resources: 2 created, 1 unchanged, /);
        expect((await stack.resource("password"))?.outputs).to.deep.equal(before?.outputs);
        stack.cluster.reset();
        expect((await stack.destroy()).code).to.equal(0);
        expect((await stack.store()).state.resources).to.deep.equal([]);
    });

    describe("are replaced when these change:", () => {
        const spec = { selector: { matchLabels: { app: "a" } }, template: { metadata: { labels: { app: "a" } } } };
        const cases: { [what: string]: [(after: boolean) => unknown, "replaced" | "updated"] } = {
            "a Secret's data": [
                (after) =>
                    new k8s.core.v1.Secret("x", { metadata: { name: "x" }, stringData: { a: after ? "1" : "2" } }),
                "replaced",
            ],
            "a Secret's labels, which are updated": [
                (after) => new k8s.core.v1.Secret("x", { metadata: { name: "x", labels: { a: after ? "1" : "2" } } }),
                "updated",
            ],
            "a Service's clusterIP": [
                (after) =>
                    new k8s.core.v1.Service("x", {
                        metadata: { name: "x" },
                        spec: { clusterIP: after ? "None" : "10.0.0.1" },
                    }),
                "replaced",
            ],
            "a PersistentVolume's source": [
                (after) =>
                    new k8s.core.v1.PersistentVolume("x", {
                        metadata: { name: "x" },
                        spec: { hostPath: { path: after ? "/a" : "/b" } },
                    }),
                "replaced",
            ],
            "a claim's class": [
                (after) =>
                    new k8s.core.v1.PersistentVolumeClaim("x", {
                        metadata: { name: "x" },
                        spec: { volumeName: "v", storageClassName: after ? "" : "other" },
                    }),
                "replaced",
            ],
            "a claim's size, which is updated": [
                (after) =>
                    new k8s.core.v1.PersistentVolumeClaim("x", {
                        metadata: { name: "x" },
                        spec: { volumeName: "v", resources: { requests: { storage: after ? "2Gi" : "1Gi" } } },
                    }),
                "updated",
            ],
            "a StatefulSet's service": [
                (after) =>
                    new k8s.apps.v1.StatefulSet("x", {
                        metadata: { name: "x" },
                        spec: { ...spec, serviceName: after ? "a" : "b" },
                    }),
                "replaced",
            ],
            "a Deployment's selector": [
                (after) =>
                    new k8s.apps.v1.Deployment("x", {
                        metadata: { name: "x" },
                        spec: { ...spec, selector: { matchLabels: after ? { app: "a" } : { app: "a", b: "b" } } },
                    }),
                "replaced",
            ],
            "a RoleBinding's role": [
                (after) =>
                    new k8s.rbac.v1.RoleBinding("x", {
                        metadata: { name: "x" },
                        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: after ? "a" : "b" },
                    }),
                "replaced",
            ],
            "a Job's template": [(after) => job("x", after ? "image:1" : "image:2"), "replaced"],
            "a StorageClass's parameters": [
                (after) =>
                    new k8s.storage.v1.StorageClass("x", {
                        metadata: { name: "x" },
                        provisioner: "p",
                        parameters: { a: after ? "1" : "2" },
                    }),
                "replaced",
            ],
            "a name": [
                (after) => new k8s.core.v1.ServiceAccount("x", { metadata: { name: after ? "x" : "y" } }),
                "replaced",
            ],
        };
        for (const [what, [resource, how]] of Object.entries(cases)) {
            it(what, async () => {
                await stack.up(() => void resource(false));
                const run = await stack.up(() => void resource(true));
                expect(run.summary, run.output).to.match(new RegExp(`^Resources: 1 ${how}, \\d`));
            });
        }

        it("not a ConfigMap's or Secret's data, when the provider says that they may change", async () => {
            const program = (value: string) => () => {
                const provider = new k8s.Provider("mutable", {
                    enableConfigMapMutable: true,
                    enableSecretMutable: true,
                    kubeconfig: stack.cluster.kubeconfig,
                });
                configMap("settings", { value }, { provider });
                new k8s.core.v1.Secret("secret", { metadata: { name: "secret" }, stringData: { value } }, { provider });
            };
            await stack.up(program("1"));
            const run = await stack.up(program("2"));
            expect(run.summary, run.output).to.match(/^Resources: 2 updated, 1 unchanged, /);
        });
    });

    describe("are waited for", () => {
        it("until they work, with the reasons told once, and the log of what failed", async () => {
            stack.cluster.status = (object) => (object.kind === "Deployment" ? {} : working(object));
            stack.cluster.put({
                kind: "Pod",
                metadata: { name: "web-1", namespace: "default", labels: { app: "web" } },
                status: {
                    phase: "Running",
                    containerStatuses: [
                        {
                            name: "main",
                            restartCount: 2,
                            state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 20s" } },
                            lastState: { terminated: { exitCode: 1, reason: "Error" } },
                        },
                    ],
                },
            });
            stack.cluster.logs.set("default/web-1", "starting\nno such table: users\n");
            setTimeout(() => {
                const web = stack.cluster.find("Deployment", "web");
                if (web) {
                    web.status = working(web);
                }
            }, 4000);
            const run = await stack.up(() => deployment("web"));
            expect(run.code, run.output).to.equal(0);
            expect(run.output.match(/pod web-1, container main: CrashLoopBackOff: back-off 20s/g)).to.have.length(1);
            expect(run.output.match(/\| no such table: users/g)).to.have.length(1);
        });

        it("not with skipAwait", async () => {
            stack.cluster.status = () => ({});
            const run = await stack.up(() => deployment("web", {}, { "pulumi.com/skipAwait": "true" }));
            expect(run.summary).to.match(/^Resources: 1 created, /);
        });

        it("as long as timeoutSeconds says", async () => {
            stack.cluster.status = () => ({});
            const run = await stack.up(() => deployment("web", {}, { "pulumi.com/timeoutSeconds": "1" }));
            expect(run.output).to.include("it is not ready after 1 s: the controller has not seen it yet");
        });

        it("no longer when a Deployment's deadline or a Job's tries are over; the pod's log is in the error", async () => {
            stack.cluster.status = (object) =>
                object.kind === "Job"
                    ? {
                          conditions: [
                              { type: "Failed", status: "True", reason: "BackoffLimitExceeded", message: "no" },
                          ],
                      }
                    : working(object);
            const run = await stack.up(() => job("work"));
            expect(run.code).to.equal(1);
            expect(run.output).to.include("the Job failed: BackoffLimitExceeded: no");
            stack.cluster.status = (object) => ({
                observedGeneration: object.metadata.generation,
                conditions: [
                    { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "late" },
                ],
            });
            const other = await stack.up(() => deployment("web"), {});
            expect(other.output).to.include("ProgressDeadlineExceeded: late");
        });

        it("until they are gone when they are deleted", async () => {
            await stack.up(() => account("robot"));
            const robot = stack.cluster.find("ServiceAccount", "robot");
            if (robot) {
                robot.metadata.finalizers = ["test/hold"];
                setTimeout(() => {
                    robot.metadata.finalizers = [];
                    stack.cluster.objects.delete("serviceaccounts/default/robot");
                }, 500);
            }
            const started = Date.now();
            expect((await stack.destroy()).code).to.equal(0);
            expect(Date.now() - started).to.be.greaterThan(450);
        });
    });

    it("with replaceUnready are made again while they have not succeeded", async () => {
        const failing = { conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] };
        const program = (): unknown => job("work", "image:1", { "pulumi.com/replaceUnready": "true" });
        stack.cluster.status = (object) => (object.kind === "Job" ? failing : working(object));
        expect((await stack.up(program)).code).to.equal(1);
        stack.cluster.status = working;
        const run = await stack.up(program);
        expect(run.summary, run.output).to.match(/^Resources: 1 replaced, /);
        expect(run.output).to.include("the Job has not succeeded (replaceUnready)");
        expect((await stack.up(program)).summary).to.match(/^Resources: 1 unchanged, /);
    });

    it("are put right by an update only after a refresh has seen what others did", async () => {
        const program = (): void => {
            account("robot", { a: "1" });
            account("lost");
        };
        await stack.up(program);
        const robot = stack.cluster.find("ServiceAccount", "robot");
        if (robot) {
            robot.metadata.labels = { a: "2", theirs: "3" };
        }
        stack.cluster.objects.delete("serviceaccounts/default/lost");
        expect((await stack.preview(program)).summary).to.match(/^Resources: 2 unchanged, /);
        const refreshed = await stack.refresh();
        expect(refreshed.summary, refreshed.output).to.match(/^Resources: 1 gone, 1 changed by others, \d/);
        expect(refreshed.output).to.include('metadata.labels.a: "1" => "2"');
        const run = await stack.up(program);
        expect(run.summary, run.output).to.match(/^Resources: 1 created, 1 updated, /);
        expect(stack.cluster.find("ServiceAccount", "robot")?.metadata.labels).to.deep.equal({ a: "1", theirs: "3" });
        expect((await stack.refresh()).summary).to.match(/^Resources: 2 unchanged, /);
    });

    it("that are Secrets drift too, and say nothing of their values", async () => {
        stack.cluster.status = working;
        const program = (): unknown =>
            new k8s.core.v1.Secret("secret", { metadata: { name: "secret" }, stringData: { key: "sesame-open" } });
        await stack.up(program);
        const encoded = (text: string): { key: string } => ({ key: Buffer.from(text).toString("base64") });
        const store = await stack.store();
        const known = await stack.resource("secret");
        if (known) {
            // The fake API does not turn stringData into data.
            store.record({ put: [{ ...known, outputs: { ...known.outputs, data: encoded("sesame-open") } }] });
            store.finish();
        }
        Object.assign(stack.cluster.find("Secret", "secret") ?? {}, { data: encoded("sesame-other") });
        const refreshed = await stack.refresh();
        expect(refreshed.output).to.include("stringData.key: [secret] => [secret]");
        expect(refreshed.output).not.to.include("sesame");
        expect((await stack.up(program)).summary).to.match(/^Resources: 1 replaced, /);
    });

    it("of charts, files and patches are refused in words", async () => {
        const run = await stack.up(
            () => new k8s.core.v1.ConfigMapPatch("patch", { metadata: { name: "there" }, data: { key: "value" } }),
        );
        expect(run.output).to.include("patches are not supported by this engine");
    });

    it("show what changes in a preview, and nothing of secrets anywhere", async () => {
        const program = (label: string, text: string) => () => {
            account("robot", { label });
            new k8s.core.v1.Secret("secret", { metadata: { name: "secret" }, stringData: { text } });
        };
        await stack.up(program("one", "sesame-open-1"));
        const run = await stack.preview(program("two", "sesame-open-2"));
        expect(run.output).to.include('metadata.labels.label: "one" => "two"');
        expect(run.output).to.include("stringData.text: [secret] => [secret]");
        expect(run.output).to.include(
            "+- kubernetes:core/v1:Secret secret replace: stringData.text can't be changed in place",
        );
        const refused = await stack.up(() => {
            const password = pulumi.secret("sesame-open-3");
            account("robot", {}, {}, { "test/refuse": pulumi.interpolate`it holds ${password}` as unknown as string });
        });
        expect(refused.output).to.include("is invalid: [secret]");
        expect(run.output + refused.output).not.to.include("sesame");
    });
});
