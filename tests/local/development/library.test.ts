import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { ForeignProgram } from "../../support/foreignProgram";
import { root } from "../../support/program";

const typescript = `
import * as k8s from "@pulumi/kubernetes";
import { AirflowKubernetes, type AirflowKubernetesArgs, DagDelivery, serviceAccountNames, validate } from "airflow-kubernetes";

const args: AirflowKubernetesArgs = { dags: { delivery: DagDelivery.Volume, volume: { folder: "dags" } } };
const provider = new k8s.Provider("cluster", { context: validate(args).map(({ path }) => path).join() });
const airflow = new AirflowKubernetes("airflow", args, { provider });
export const url = airflow.url.apply((address) => address.toUpperCase());
export const port = airflow.apiServerService.apply((service) => service.port.toFixed());
export const worker: string = serviceAccountNames.worker;
// @ts-expect-error: a folder is a text
export const wrong: AirflowKubernetesArgs = { dags: { volume: { folder: 5 } } };
`;

/** Makes an installation against mocks, and prints what came of it. */
const esm = `
import * as pulumi from "@pulumi/pulumi";
import { AirflowKubernetes, ArgumentsError, DagDelivery, Hosting, validate, versions } from "airflow-kubernetes";

const seen = [];
await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
        seen.push(type);
        return { id: name, state: { ...inputs, metadata: { name, ...inputs.metadata } } };
    },
    call: ({ inputs }) => inputs,
}, "foreign", "test", true);
let refused;
try {
    new AirflowKubernetes("airflow");
} catch (error) {
    refused = error;
}
new AirflowKubernetes("airflow", { hosting: Hosting.Minikube, dags: { delivery: DagDelivery.Volume, volume: { folder: "dags" } } });
await pulumi.runtime.disconnect();
console.log(JSON.stringify({
    objects: seen.filter((type) => type.startsWith("kubernetes:")).length,
    problems: validate({}),
    refused: refused instanceof ArgumentsError && refused.message,
    versions,
}));
`;

describe("the library as a package", function () {
    this.timeout(300_000);
    let program: ForeignProgram;

    before("pack and install it", async () => {
        program = await ForeignProgram.make();
        program.copy("examples/dags", "dags");
        program.write("package.json", { name: "foreign", private: true });
    });

    after(() => program?.remove());

    it("is named, and wants the packages of Pulumi from its user, in ranges", () => {
        const manifest = JSON.parse(
            readFileSync(join(program.folder, "node_modules/airflow-kubernetes/package.json"), "utf8"),
        );
        const repository = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
        expect(manifest).to.deep.include({ name: "airflow-kubernetes", version: repository.version });
        expect(manifest).to.not.have.any.keys("private", "scripts", "devDependencies");
        expect(Object.keys(manifest.dependencies)).to.have.members([
            "@noble/curves",
            "@peculiar/asn1-schema",
            "@peculiar/asn1-x509",
            "tar",
            "yaml",
        ]);
        for (const range of Object.values(manifest.peerDependencies)) {
            expect(range).to.match(/^\^\d/);
        }
    });

    it("has types for a TypeScript program of any module kind, which checks its declarations", async () => {
        program.write("index.ts", typescript);
        const common = { strict: true, noEmit: true, target: "es2022", types: ["node"] };
        const kinds = {
            nodenext: { module: "nodenext" },
            // Once is enough for the declarations themselves: those of Kubernetes are many.
            commonjs: { module: "commonjs", moduleResolution: "bundler", skipLibCheck: true },
        };
        for (const [kind, options] of Object.entries(kinds)) {
            program.write(`tsconfig.${kind}.json`, { compilerOptions: { ...common, ...options }, files: ["index.ts"] });
            const { code, stdout } = await program.typeCheck(`tsconfig.${kind}.json`);
            expect(code, `${kind}: ${stdout}`).to.equal(0);
        }
    });

    it("gives its names to ES modules, finds its scripts, and has no DAGs of its own", async () => {
        program.write("index.mjs", esm);
        const { code, stdout, stderr } = await program.run(["node", "index.mjs"]);
        expect(code, stderr).to.equal(0);
        const told = JSON.parse(stdout.split("\n").filter(Boolean).at(-1) ?? "");
        expect(told.objects).to.be.greaterThan(40);
        expect(told.problems).to.deep.equal([
            {
                path: "dags.volume",
                allowed: "one source of DAGs: folder, archive, or image with imagePath",
                remedy: "Given is none.",
            },
        ]);
        expect(told.refused).to.match(/^1 problem in the arguments of AirflowKubernetes\. Nothing was created\.\n/);
    });

    it("can be required, which makes nothing and reads no configuration", async () => {
        program.write("index.cjs", 'console.log(typeof require("airflow-kubernetes").AirflowKubernetes);');
        const { stdout, stderr } = await program.run(["node", "index.cjs"]);
        expect({ stdout: stdout.trim(), stderr }).to.deep.equal({ stdout: "function", stderr: "" });
    });
});
