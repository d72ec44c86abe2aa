import { expect } from "chai";
import { parse } from "yaml";
import { manifestsOf } from "../../../local/pulumi/manifests";

const marker = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
const object = (kind: string, name: string, rest: object = {}, namespace?: string) => ({
    urn: `urn:pulumi:s::p::kubernetes:x:${kind}::${name}`,
    type: `kubernetes:x:${kind}`,
    custom: true,
    inputs: { kind, apiVersion: "v1", metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, ...rest },
});
const stateOf = (...resources: object[]) => ({ version: 3, deployment: { resources: resources as never[] } });

describe("Manifests of a stack", () => {
    it("lie in files whose order is one in which they can be applied", () => {
        const state = stateOf(
            object("Service", "web", {}, "airflow"),
            object("PersistentVolume", "logs"),
            object("Namespace", "airflow"),
        );
        expect(manifestsOf(state).map(({ file }) => file)).to.deep.equal([
            "0-namespaces/namespace-airflow.yaml",
            "1-cluster/persistentvolume-logs.yaml",
            "2-airflow/service-web.yaml",
        ]);
    });

    it("are the same whatever the order of the state and of fields", () => {
        const one = object("ConfigMap", "a", { data: { x: "1", y: "2" } }, "n");
        const other = object("ConfigMap", "a", { data: { y: "2", x: "1" } }, "n");
        const service = object("Service", "b", {}, "n");
        expect(manifestsOf(stateOf(one, service))).to.deep.equal(manifestsOf(stateOf(service, other)));
    });

    it("hold a secret only where the state has it in plain text", () => {
        const secret = (value: object) => object("Secret", "key", { stringData: value, type: "Opaque" }, "n");
        const sealed = manifestsOf(stateOf(secret({ ...marker, ciphertext: "v1:abc" })))[0]?.text ?? "";
        expect(sealed).to.contain("# Left out, because it is secret: stringData").and.not.contain("v1:abc");
        expect(parse(sealed)).to.have.all.keys("apiVersion", "kind", "metadata", "type");
        const inner =
            manifestsOf(stateOf(secret({ a: { ...marker, ciphertext: "v1:abc" }, b: "open" })))[0]?.text ?? "";
        expect(inner).to.contain("stringData.a");
        expect(parse(inner).stringData).to.deep.equal({ b: "open" });
        const open = manifestsOf(stateOf(secret({ ...marker, plaintext: '{"a":"s3cret"}' })))[0]?.text ?? "";
        expect(parse(open).stringData).to.deep.equal({ a: "s3cret" });
    });

    it("leave out what is no object, what is about to be deleted, and what only Pulumi's provider reads", () => {
        const annotated = object("Job", "a");
        const annotations = { "pulumi.com/skipAwait": "true", "example.org/kept": "yes" };
        const manifests = manifestsOf(
            stateOf(
                { ...annotated, inputs: { ...annotated.inputs, metadata: { name: "a", annotations } } },
                { ...object("Job", "old"), delete: true },
                { urn: "u", type: "pulumi:providers:kubernetes", custom: true, inputs: {} },
                { urn: "u", type: "airflow-kubernetes:index:AirflowKubernetes", custom: false },
            ),
        );
        expect(manifests).to.have.length(1);
        expect(parse(manifests[0]?.text ?? "").metadata.annotations).to.deep.equal({ "example.org/kept": "yes" });
    });

    it("keep text that looks like something else text", () => {
        const data = { a: "no", b: "1e3", c: "0o17", d: "null", e: "two\nlines\n" };
        const [manifest] = manifestsOf(stateOf(object("ConfigMap", "c", { data })));
        expect(parse(manifest?.text ?? "", { version: "1.1" }).data).to.deep.equal(data);
        expect(parse(manifest?.text ?? "").data).to.deep.equal(data);
    });
});
