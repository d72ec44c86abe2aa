import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { expect } from "chai";
import { account, configMap, deployment, Group, namelessConfigMap, namespace } from "./support/programs";
import { TestStack } from "./support/testStack";

describe("a deployment", () => {
    let stack: TestStack;
    beforeEach(async () => {
        stack = await TestStack.start();
    });
    afterEach(() => stack.stop());

    it("creates what a program registers and leaves it alone the next time", async () => {
        const program = (): void => {
            configMap("first", { key: "value" });
            new random.RandomPassword("password", { length: 12 });
        };
        const first = await stack.up(program);
        expect(first.code, first.output).to.equal(0);
        expect(first.summary).to.match(/^Resources: 2 created, \d+s$/);
        const second = await stack.up(program);
        expect(second.summary).to.match(/^Resources: 2 unchanged, \d+s$/);
        expect(stack.cluster.changes).to.deep.equal(["POST configmaps"]);
    });

    it("waits for what dependsOn names, and for everything inside of a component", async () => {
        stack.cluster.before = async (request) => {
            if (request.method === "POST" && JSON.stringify(request.body).includes('"name":"inner"')) {
                await new Promise((resolve) => setTimeout(resolve, 200));
            }
        };
        await stack.up(() => {
            const group = new Group("group", (options) => {
                new Group("nested", (inner) => void configMap("inner", {}, inner), options);
            });
            configMap("after", {}, { dependsOn: group });
        });
        const made = stack.cluster.requests
            .filter((request) => request.method === "POST")
            .map((request) => (request.body as { metadata: { name: string } }).metadata.name);
        expect(made).to.deep.equal(["inner", "after"]);
        const after = await stack.resource("after");
        expect(after?.dependencies.map((urn) => urn.split("::").pop())).to.deep.equal(["inner"]);
    });

    it("works on what does not depend on each other side by side, no more than --parallel at a time", async () => {
        let working = 0;
        let most = 0;
        stack.cluster.before = async (request) => {
            if (request.method === "POST") {
                most = Math.max(most, ++working);
                await new Promise((resolve) => setTimeout(resolve, 100));
                working--;
            }
        };
        const program = (prefix: string) => () => {
            for (let index = 0; index < 8; index++) {
                configMap(`${prefix}${index}`);
            }
        };
        await stack.up(program("a"));
        expect(most).to.equal(8);
        most = 0;
        await stack.up(program("b"), { parallel: 3 });
        expect(most).to.equal(3);
    });

    it("hands the outputs of one resource to another, and those of the program to the stack", async () => {
        const program = (): object => {
            const first = namelessConfigMap("first");
            const second = configMap("second", { other: first.metadata.name });
            return { name: first.metadata.name, uid: second.metadata.uid, open: "text" };
        };
        await stack.up(program);
        const [first] = stack.cluster.all("ConfigMap").filter((object) => object.metadata.name.startsWith("first-"));
        expect(first?.metadata.name).to.match(/^first-[0-9a-f]{8}$/);
        expect(stack.cluster.find("ConfigMap", "second")?.data).to.deep.equal({ other: first?.metadata.name });
        const root = (await stack.store()).state.resources.find((resource) => resource.type === "pulumi:pulumi:Stack");
        expect(root?.outputs).to.deep.equal({
            name: first?.metadata.name,
            uid: stack.cluster.find("ConfigMap", "second")?.metadata.uid,
            open: "text",
        });
    });

    it("updates in place what can be changed, and takes away what the program leaves out", async () => {
        await stack.up(() => account("robot", { a: "1", b: "2" }));
        const uid = stack.cluster.find("ServiceAccount", "robot")?.metadata.uid;
        const run = await stack.up(() => account("robot", { a: "3" }));
        expect(run.summary).to.match(/^Resources: 1 updated, /);
        const robot = stack.cluster.find("ServiceAccount", "robot");
        expect(robot?.metadata.labels).to.deep.equal({ a: "3" });
        expect(robot?.metadata.uid).to.equal(uid);
    });

    it("deletes what the program leaves out, what needs others before them", async () => {
        await stack.up(() => {
            const first = configMap("first");
            const second = configMap("second", {}, { dependsOn: first });
            configMap("third", {}, { dependsOn: second });
            configMap("other");
        });
        stack.cluster.requests.length = 0;
        const run = await stack.up(() => configMap("other"));
        expect(run.summary).to.match(/^Resources: 3 deleted, 1 unchanged, /);
        expect(stack.cluster.changes).to.deep.equal([
            "DELETE configmaps/third",
            "DELETE configmaps/second",
            "DELETE configmaps/first",
        ]);
    });

    it("replaces by creating the new one, moving what uses it, and deleting the old one last", async () => {
        const program = (value: string) => () => {
            const settings = namelessConfigMap("settings", { value });
            deployment("web", {}, undefined, settings.metadata.name);
        };
        await stack.up(program("1"));
        stack.cluster.requests.length = 0;
        const run = await stack.up(program("2"));
        expect(run.summary).to.match(/^Resources: 1 updated, 1 replaced, \d+s$/);
        const changes = stack.cluster.changes.filter((change) => !change.includes("managedFields"));
        expect(changes[0]).to.equal("POST configmaps");
        expect(changes.at(-1)).to.match(/^DELETE configmaps\/settings-/);
        expect(changes.slice(1, -1).every((change) => change === "PATCH deployments/web")).to.equal(true);
        expect(stack.cluster.all("ConfigMap")).to.have.length(1);
    });

    it("deletes first what has a fixed name, and before that what would be replaced with it", async () => {
        const program = (value: string) => () => {
            const base = configMap("base", { value });
            configMap("user", { copy: base.data.value });
            configMap("friend", {}, { dependsOn: base });
        };
        await stack.up(program("1"));
        stack.cluster.requests.length = 0;
        const run = await stack.up(program("2"));
        expect(run.summary, run.output).to.match(/^Resources: 2 replaced, 1 unchanged, /);
        expect(stack.cluster.changes).to.deep.equal([
            "DELETE configmaps/user",
            "DELETE configmaps/base",
            "POST configmaps",
            "POST configmaps",
        ]);
    });

    it("begins nothing new after a fault, finishes what is begun, and lists the faults", async () => {
        stack.cluster.before = async (request) => {
            if (JSON.stringify(request.body ?? "").includes('"name":"slow"')) {
                await new Promise((resolve) => setTimeout(resolve, 300));
            }
        };
        const program = (annotations?: { [name: string]: string }) => () => {
            const broken = configMap("broken", {}, {}, annotations);
            configMap("slow");
            configMap("after", {}, { dependsOn: broken });
            new Group("group", (options) => void configMap("after-too", {}, options), { dependsOn: broken });
        };
        const run = await stack.up(program({ "test/refuse": "data: something is wrong" }));
        expect(run.code).to.equal(1);
        expect(run.output).to.include("kubernetes:core/v1:ConfigMap broken: ConfigMap broken: the cluster refuses it");
        expect(run.output).to.include("data: something is wrong");
        expect((await stack.resources()).map((resource) => resource.id)).to.deep.equal(["default/slow"]);
        const again = await stack.up(program());
        expect(again.summary, again.output).to.match(/^Resources: 3 created, 1 unchanged, /);
    });

    it("goes back to an earlier name after a run that failed before it deleted the old one", async () => {
        const program = (name: string, annotations?: { [name: string]: string }) => () => {
            const made = new k8s.core.v1.ConfigMap("thing", { metadata: { name } });
            configMap("after", {}, { dependsOn: made }, annotations);
        };
        await stack.up(program("one"));
        const failed = await stack.up(program("two", { "test/refuse": "data: something is wrong" }));
        expect(failed.code).to.equal(1);
        expect(stack.cluster.find("ConfigMap", "one")).not.to.equal(undefined);
        const back = await stack.up(program("one"));
        expect(back.code, back.output).to.equal(0);
        expect(stack.cluster.find("ConfigMap", "one")).not.to.equal(undefined);
        expect(stack.cluster.find("ConfigMap", "two")).to.equal(undefined);
    });

    it("deletes nothing when the program fails", async () => {
        await stack.up(() => configMap("first"));
        const run = await stack.up(() => {
            throw new Error("nothing is right\nin two lines");
        });
        expect(run.code).to.equal(1);
        expect(run.output).to.include("Failed:\n  nothing is right\n  in two lines\n");
        expect(run.output).not.to.include(" at ");
        expect(stack.cluster.find("ConfigMap", "first")).not.to.equal(undefined);
    });

    it("refuses two resources of one type and name", async () => {
        const run = await stack.up(() => {
            namelessConfigMap("twin");
            namelessConfigMap("twin");
        });
        expect(run.code).to.equal(1);
        expect(run.output).to.include("two resources have this type and name");
    });

    it("takes packages that it has no provider for as faults", async () => {
        class Bucket extends pulumi.CustomResource {}
        const run = await stack.up(() => new Bucket("aws:s3/bucket:Bucket", "bucket", {}));
        expect(run.code).to.equal(1);
        expect(run.output).to.include('no provider "aws", only kubernetes and random');
    });

    it("refuses functions of providers in words", async () => {
        const run = await stack.up(async () => {
            await pulumi.runtime.invoke("kubernetes:yaml:decode", { text: "" });
        });
        expect(run.code).to.equal(1);
        expect(run.output).to.include("the function kubernetes:yaml:decode can't be called; it needs the Pulumi CLI");
    });

    it("uses a provider that the program makes, also to delete", async () => {
        const program = (): void => {
            const provider = new k8s.Provider("mine", { namespace: "team", kubeconfig: stack.cluster.kubeconfig });
            const team = new k8s.core.v1.Namespace("team", { metadata: { name: "team" } }, { provider });
            new Group("group", (options) => void configMap("inside", {}, options), {
                providers: [provider],
                dependsOn: team,
            });
        };
        process.env.KUBECONFIG = "/nowhere";
        const run = await stack.up(program);
        expect(run.code, run.output).to.equal(0);
        expect(stack.cluster.find("ConfigMap", "inside")?.metadata.namespace).to.equal("team");
        const gone = await stack.destroy();
        expect(gone.code, gone.output).to.equal(0);
        expect(stack.cluster.all("ConfigMap")).to.have.length(0);
        expect(stack.cluster.find("Namespace", "team")).to.equal(undefined);
    });

    it("destroys in reverse order and leaves an empty state", async () => {
        await stack.up(() => {
            const place = namespace("place");
            const base = configMap("base", {}, { dependsOn: place });
            configMap("top", {}, { dependsOn: base });
            new random.RandomPassword("password", { length: 12 });
        });
        stack.cluster.requests.length = 0;
        const run = await stack.destroy();
        expect(run.summary, run.output).to.match(/^Resources: 4 deleted, /);
        expect(stack.cluster.changes).to.deep.equal([
            "DELETE configmaps/top",
            "DELETE configmaps/base",
            "DELETE namespaces/place",
        ]);
        expect((await stack.store()).state.resources).to.deep.equal([]);
        expect((await stack.destroy()).summary).to.match(/^Resources: none, /);
    });
});
