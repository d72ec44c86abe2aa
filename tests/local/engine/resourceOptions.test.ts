import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { expect } from "chai";
import { account, configMap, deployment, Group, namelessConfigMap, namespace } from "./support/programs";
import { TestStack } from "./support/testStack";

describe("the options of a resource", () => {
    let stack: TestStack;
    beforeEach(async () => {
        stack = await TestStack.start();
    });
    afterEach(() => stack.stop());

    describe("aliases", () => {
        it("rename a resource without touching it", async () => {
            await stack.up(() => account("robot"));
            stack.cluster.requests.length = 0;
            const program = (): void => {
                const renamed = new k8s.core.v1.ServiceAccount(
                    "machine",
                    { metadata: { name: "robot", labels: {} } },
                    { aliases: [{ name: "robot" }] },
                );
                configMap("user", {}, { dependsOn: renamed });
            };
            const run = await stack.up(program);
            expect(run.summary, run.output).to.match(/^Resources: 1 created, 1 unchanged, /);
            expect(stack.cluster.changes).to.deep.equal(["POST configmaps"]);
            expect((await stack.up(program)).summary).to.match(/^Resources: 2 unchanged, /);
        });

        it("may be URNs, and of a component they carry over to its children", async () => {
            await stack.up(() => {
                new Group("old", (options) => void account("old-robot", {}, options));
                account("lone");
            });
            stack.cluster.requests.length = 0;
            const lone = "urn:pulumi:test::demo::kubernetes:core/v1:ServiceAccount::lone";
            const run = await stack.up(() => {
                new Group(
                    "new",
                    (options) =>
                        void new k8s.core.v1.ServiceAccount(
                            "new-robot",
                            { metadata: { name: "old-robot", labels: {} } },
                            options,
                        ),
                    { aliases: [{ name: "old" }] },
                );
                new Group("home", (options) => void account("lone", {}, { ...options, aliases: [lone] }));
            });
            expect(run.summary, run.output).to.match(/^Resources: 2 unchanged, /);
            expect(stack.cluster.changes).to.deep.equal([]);
        });

        it("keep the order of deletes right for what still knows the old name", async () => {
            await stack.up(() => configMap("user", {}, { dependsOn: account("robot") }));
            await stack.up(() => {
                const machine = new k8s.core.v1.ServiceAccount(
                    "machine",
                    { metadata: { name: "robot", labels: {} } },
                    { aliases: [{ name: "robot" }] },
                );
                configMap("user", {}, { dependsOn: machine });
            });
            stack.cluster.requests.length = 0;
            await stack.destroy();
            expect(stack.cluster.changes).to.deep.equal(["DELETE configmaps/user", "DELETE serviceaccounts/robot"]);
        });
    });

    describe("retainOnDelete", () => {
        it("leaves the object alone when the resource goes", async () => {
            await stack.up(() => {
                configMap("kept", {}, { retainOnDelete: true });
                configMap("gone");
            });
            const run = await stack.destroy();
            expect(run.summary, run.output).to.match(/^Resources: 1 deleted, 1 left alone, /);
            expect(stack.cluster.all("ConfigMap").map((object) => object.metadata.name)).to.deep.equal(["kept"]);
            expect((await stack.store()).state.resources).to.deep.equal([]);
        });

        it("leaves the old object alone when the resource is replaced", async () => {
            const program = (value: string) => () => namelessConfigMap("kept", { value }, { retainOnDelete: true });
            await stack.up(program("1"));
            await stack.up(program("2"));
            expect(stack.cluster.all("ConfigMap")).to.have.length(2);
            expect(await stack.resources()).to.have.length(1);
        });

        it("gives a retained object with a made-up name another name the next time", async () => {
            const program = (): unknown => namelessConfigMap("kept", {}, { retainOnDelete: true });
            await stack.up(program);
            await stack.destroy();
            const run = await stack.up(program);
            expect(run.code, run.output).to.equal(0);
            expect(stack.cluster.all("ConfigMap")).to.have.length(2);
        });

        it("is taken over from the parent, unless the child says otherwise", async () => {
            await stack.up(() => {
                new Group(
                    "group",
                    (options) => {
                        configMap("kept", {}, options);
                        configMap("gone", {}, { ...options, retainOnDelete: false });
                    },
                    { retainOnDelete: true },
                );
            });
            await stack.destroy();
            expect(stack.cluster.all("ConfigMap").map((object) => object.metadata.name)).to.deep.equal(["kept"]);
        });
    });

    describe("protect", () => {
        it("makes destroy and leaving out fail before anything is deleted", async () => {
            await stack.up(() => {
                configMap("safe", {}, { protect: true });
                configMap("other");
            });
            const destroyed = await stack.destroy();
            expect(destroyed.code).to.equal(1);
            expect(destroyed.output).to.include("kubernetes:core/v1:ConfigMap safe: it is protected");
            expect((await stack.up(() => undefined)).code).to.equal(1);
            expect(stack.cluster.all("ConfigMap")).to.have.length(2);
        });

        it("refuses a replacement, in the preview already", async () => {
            const program = (value: string) => () => configMap("safe", { value }, { protect: true });
            await stack.up(program("1"));
            for (const run of [await stack.preview(program("2")), await stack.up(program("2"))]) {
                expect(run.code).to.equal(1);
                expect(run.output).to.include("it is protected, and would have to be replaced");
            }
            expect(stack.cluster.find("ConfigMap", "safe")?.data).to.deep.equal({ value: "1" });
        });

        it("ends when the program takes it off", async () => {
            await stack.up(() => configMap("safe", {}, { protect: true }));
            await stack.up(() => configMap("safe"));
            expect((await stack.destroy()).code).to.equal(0);
        });
    });

    describe("deletedWith", () => {
        const program = (): void => {
            const place = namespace("place");
            new k8s.core.v1.ConfigMap(
                "guest",
                { metadata: { name: "guest", namespace: "place" } },
                {
                    deletedWith: place,
                    dependsOn: place,
                },
            );
        };

        it("spares the delete of what its target takes with it", async () => {
            await stack.up(program);
            stack.cluster.requests.length = 0;
            const run = await stack.destroy();
            expect(run.summary, run.output).to.match(/^Resources: 2 deleted, /);
            expect(stack.cluster.changes).to.deep.equal(["DELETE namespaces/place"]);
            expect((await stack.store()).state.resources).to.deep.equal([]);
        });

        it("deletes as ever when the target stays", async () => {
            await stack.up(program);
            await stack.up(() => namespace("place"));
            expect(stack.cluster.changes.at(-1)).to.equal("DELETE configmaps/guest");
        });

        it("keeps what was spared in the state when the target could not be deleted", async () => {
            await stack.up(program);
            stack.cluster.before = (request) => {
                if (request.method === "DELETE") {
                    throw Object.assign(new Error("no"), { code: 500 });
                }
            };
            expect((await stack.destroy()).code).to.equal(1);
            expect(await stack.resources()).to.have.length(2);
        });
    });

    it("deleteBeforeReplace decides for or against deleting first", async () => {
        const program = (value: string, deleteBeforeReplace: boolean) => () =>
            namelessConfigMap("settings", { value }, { deleteBeforeReplace });
        await stack.up(program("1", true));
        stack.cluster.requests.length = 0;
        await stack.up(program("2", true));
        expect(stack.cluster.changes[0]).to.match(/^DELETE/);
        stack.cluster.requests.length = 0;
        await stack.up(program("3", false));
        expect(stack.cluster.changes[0]).to.match(/^POST/);
    });

    it("ignoreChanges keeps what it names as it is, and the rest may change", async () => {
        const program = (a: string, b: string) => () =>
            account("robot", { a, b }, { ignoreChanges: ["metadata.labels.a", 'metadata.annotations["x.y/z"]'] });
        await stack.up(program("1", "1"));
        expect((await stack.up(program("2", "1"))).summary).to.match(/^Resources: 1 unchanged, /);
        await stack.up(program("2", "2"));
        expect(stack.cluster.find("ServiceAccount", "robot")?.metadata.labels).to.deep.equal({ a: "1", b: "2" });
    });

    it("replaceOnChanges replaces what would have been updated", async () => {
        const program =
            (a: string, b: string, deleteBeforeReplace = true) =>
            () =>
                account("robot", { a, b }, { replaceOnChanges: ["metadata.labels.a"], deleteBeforeReplace });
        await stack.up(program("1", "1"));
        const uid = stack.cluster.find("ServiceAccount", "robot")?.metadata.uid;
        expect((await stack.up(program("1", "2"))).summary).to.match(/^Resources: 1 updated, /);
        expect(stack.cluster.find("ServiceAccount", "robot")?.metadata.uid).to.equal(uid);
        expect((await stack.up(program("2", "2"))).summary).to.match(/^Resources: 1 replaced, /);
        expect(stack.cluster.find("ServiceAccount", "robot")?.metadata.uid).not.to.equal(uid);
        // As with the real provider, which does not know of the option when it says what is deleted first.
        const run = await stack.up(program("3", "2", false));
        expect(run.output).to.include("Set the option deleteBeforeReplace on it");
    });

    it("replaceWith and replacementTrigger replace without a change of its own", async () => {
        const program = (value: string, trigger: string) => () => {
            const base = configMap("base", { value });
            account("follower", {}, { replaceWith: [base], deleteBeforeReplace: true });
            account("triggered", {}, { replacementTrigger: trigger, deleteBeforeReplace: true });
        };
        await stack.up(program("1", "a"));
        const run = await stack.up(program("2", "a"));
        expect(run.summary, run.output).to.match(/^Resources: 2 replaced, 1 unchanged, /);
        const triggered = await stack.up(program("2", "b"));
        expect(triggered.summary, triggered.output).to.match(/^Resources: 1 replaced, 2 unchanged, /);
    });

    it("additionalSecretOutputs are secret for whoever uses them, and in the state", async () => {
        const program = (): object => {
            const robot = account("robot", { hidden: "in-the-dark" }, { additionalSecretOutputs: ["metadata"] });
            return { labels: robot.metadata.labels, uid: robot.metadata.uid };
        };
        await stack.up(program);
        const { state } = await stack.store();
        const root = state.resources.find((resource) => resource.type === "pulumi:pulumi:Stack");
        expect(JSON.stringify(root?.outputs.uid)).to.include("1b47061264138c4ac30d75fd1eb44270");
    });

    it("customTimeouts say how long to wait, and win over the annotation", async () => {
        stack.cluster.status = (object) => (object.kind === "Namespace" ? { phase: "Active" } : {});
        const started = Date.now();
        const run = await stack.up(() =>
            deployment("slow", { customTimeouts: { create: "1s" } }, { "pulumi.com/timeoutSeconds": "900" }),
        );
        expect(run.code).to.equal(1);
        expect(run.output).to.include("it is not ready after 1 s");
        expect(Date.now() - started).to.be.lessThan(10_000);
    });

    it("import takes an object over that is like the program's, and refuses one that is not", async () => {
        stack.cluster.put({ kind: "ConfigMap", metadata: { name: "found" }, data: { key: "value" } });
        const program = (value: string) => () => configMap("found", { key: value }, { import: "default/found" });
        const refused = await stack.up(program("other"));
        expect(refused.output).to.include("the program's inputs differ from what is there: data.key");
        const run = await stack.up(program("value"));
        expect(run.summary, run.output).to.match(/^Resources: 1 imported, /);
        expect((await stack.up(program("value"))).summary).to.match(/^Resources: 1 unchanged, /);
        await stack.destroy();
        expect(stack.cluster.find("ConfigMap", "found")).to.equal(undefined);
    });

    it("get reads an object and leaves it alone for good", async () => {
        stack.cluster.put({ kind: "ConfigMap", metadata: { name: "theirs" }, data: { key: "value" } });
        const program = (): object => {
            const theirs = k8s.core.v1.ConfigMap.get("theirs", "default/theirs");
            return { key: theirs.data.key };
        };
        const run = await stack.up(program);
        expect(run.output, run.output).to.include('key: "value"');
        await stack.destroy();
        expect(stack.cluster.find("ConfigMap", "theirs")).not.to.equal(undefined);
        const missing = await stack.up(() => k8s.core.v1.ConfigMap.get("none", "default/none"));
        expect(missing.output).to.include("there is no kubernetes:core/v1:ConfigMap default/none to read");
    });

    it("keepers of random resources replace them, and nothing else does", async () => {
        const program = (keeper: string) => () => {
            const password = new random.RandomPassword("password", { length: 20, keepers: { keeper } });
            return { shown: pulumi.unsecret(password.result) };
        };
        const shownIn = async (): Promise<unknown> =>
            (await stack.store()).state.resources.find((resource) => resource.type === "pulumi:pulumi:Stack")?.outputs;
        await stack.up(program("1"));
        const first = await shownIn();
        await stack.up(program("1"));
        expect(await shownIn()).to.deep.equal(first);
        expect((await stack.up(program("2"))).summary).to.match(/^Resources: 1 replaced, /);
        expect(await shownIn()).not.to.deep.equal(first);
    });
});
