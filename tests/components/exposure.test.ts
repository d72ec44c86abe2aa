import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { type AirflowKubernetesArgs, ExternalServiceType, Hosting, StorageKind } from "../../components";
import { AirflowKubernetes } from "../support/exampleDags";
import { attempt, type Registration, record } from "../support/mocks";
import { kindOf, metadata, named, objects, pods, waitsFor, workerPod } from "../support/objects";

const url = "https://airflow.example.org/team";
const hosted: AirflowKubernetesArgs = {
    hosting: Hosting.ReadWriteMany,
    storage: { kind: StorageKind.Csi, csi: { driver: "efs.csi.aws.com", volumeHandle: "fs-1:/{volume}" } },
    database: { external: { host: "db" }, password: "a-database-password" },
    airflow: { fernetKey: `${"f".repeat(43)}=` },
};

async function build(args: AirflowKubernetesArgs): Promise<Registration[]> {
    return record(() => new AirflowKubernetes("airflow", args));
}

function variables(registrations: readonly Registration[], owner: string): Record<string, unknown> {
    const pod = pods(registrations).find((each) => each.owner === owner);
    return Object.fromEntries((pod?.spec.containers[0].env ?? []).map(({ name, value }) => [name, value]));
}

describe("how the api-server is reached", () => {
    it("by nothing but a Service inside the cluster, unless asked for", async () => {
        const registrations = await build({ airflow: { url } });
        expect(registrations.filter(({ type }) => /Exposure|Ingress|HTTPRoute/.test(type))).to.deep.equal([]);
        const types = objects(registrations, "Service").map(({ inputs }) => (inputs.spec as { type?: string }).type);
        expect(new Set(types)).to.deep.equal(new Set([undefined]));
    });

    it("by an Ingress with annotations and labels, once the api-server is there", async () => {
        const registrations = await build({
            ...hosted,
            airflow: { ...hosted.airflow, url },
            apiServer: {
                ingress: {
                    className: "nginx",
                    clusterIssuer: "letsencrypt",
                    annotations: { size: "8m" },
                    labels: { team: "data" },
                },
            },
        });
        const ingress = named(registrations, "airflow-exposure-ingress");
        expect(metadata(ingress)).to.deep.include({
            name: "airflow-api-server",
            namespace: "airflow",
            annotations: { "cert-manager.io/cluster-issuer": "letsencrypt", size: "8m" },
        });
        expect(metadata(ingress).labels).to.include({ team: "data", "app.kubernetes.io/component": "api-server" });
        expect(ingress.inputs.spec).to.deep.include({
            tls: [{ hosts: ["airflow.example.org"], secretName: "airflow-tls" }],
        });
        expect([...waitsFor(registrations, "airflow-exposure-ingress", "Ingress")]).to.include(
            "airflow-api-server-deployment",
        );
    });

    it("without waiting for an address that a laptop's cluster never gives, unless the user says so", async () => {
        const annotations = async (args: AirflowKubernetesArgs, name: string) =>
            metadata(named(await build(args), name)).annotations;
        const skips = { "pulumi.com/skipAwait": "true" };
        const ingress = { airflow: { url }, apiServer: { ingress: {} } };
        expect(await annotations(ingress, "airflow-exposure-ingress")).to.deep.equal(skips);
        const type = ExternalServiceType.LoadBalancer;
        const balanced = { apiServer: { externalService: { type } } };
        expect(await annotations(balanced, "airflow-exposure-service")).to.deep.equal(skips);
        const waits = { "pulumi.com/skipAwait": "false" };
        expect(
            await annotations(
                { apiServer: { externalService: { type, annotations: waits } } },
                "airflow-exposure-service",
            ),
        ).to.deep.equal(waits);
        expect(await annotations({ ...hosted, ...balanced }, "airflow-exposure-service")).to.deep.equal({});
    });

    it("by an HTTPRoute", async () => {
        const registrations = await build({
            airflow: { url },
            apiServer: { httpRoute: { parentRefs: [{ name: "shared", namespace: pulumi.output("gateways") }] } },
        });
        const route = named(registrations, "airflow-exposure-http-route");
        expect(route.type).to.equal("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute");
        expect(metadata(route)).to.deep.include({ name: "airflow-api-server", namespace: "airflow" });
        expect(route.inputs.spec).to.deep.include({
            parentRefs: [{ name: "shared", namespace: "gateways" }],
            hostnames: ["airflow.example.org"],
        });
    });

    it("by a Service that selects its pods", async () => {
        const registrations = await build({
            apiServer: { externalService: { type: ExternalServiceType.NodePort, nodePort: 30_080 } },
        });
        const service = named(registrations, "airflow-exposure-service");
        const inside = named(registrations, "airflow-api-server-service");
        const { selector, ports } = service.inputs.spec as { selector: object; ports: object[] };
        expect(metadata(service).name).to.equal("airflow-api-server-external");
        expect(selector).to.deep.equal((inside.inputs.spec as { selector: object }).selector);
        expect(ports).to.deep.equal([{ name: "http", port: 8080, targetPort: "http", nodePort: 30_080 }]);
    });

    it("at a URL that another resource gives", async () => {
        const ingress = { className: pulumi.output("alb") };
        const registrations = await build({ airflow: { url: pulumi.output(url) }, apiServer: { ingress } });
        const { rules, ingressClassName } = named(registrations, "airflow-exposure-ingress").inputs.spec as {
            rules: { host: string }[];
            ingressClassName: string;
        };
        expect(rules[0].host).to.equal("airflow.example.org");
        expect(ingressClassName).to.equal("alb");
    });

    it("with nothing that turns out to be wrong", async () => {
        const wrong: AirflowKubernetesArgs[] = [
            { airflow: { url }, apiServer: { ingress: { tlsSecretName: pulumi.output("My Secret") } } },
            {
                apiServer: {
                    externalService: { type: ExternalServiceType.NodePort, nodePort: pulumi.output(70_000) },
                },
            },
        ];
        for (const args of wrong) {
            const { registrations } = await attempt(() => new AirflowKubernetes("airflow", args));
            const made = registrations.filter(({ name, custom }) => custom && name.startsWith("airflow-exposure"));
            expect(made).to.deep.equal([]);
        }
    });

    it("with annotations of the Service inside", async () => {
        const serviceAnnotations = { "cloud.google.com/backend-config": '{"default":"airflow"}' };
        const registrations = await build({ apiServer: { serviceAnnotations } });
        expect(metadata(named(registrations, "airflow-api-server-service")).annotations).to.deep.equal(
            serviceAnnotations,
        );
    });

    it("through proxies that it believes", async () => {
        const believed = async (args: AirflowKubernetesArgs) =>
            variables(await build(args), "airflow-api-server-deployment").FORWARDED_ALLOW_IPS;
        expect(await believed({})).to.equal("127.0.0.1");
        expect(await believed({ airflow: { url } })).to.equal("*");
        const trustedProxies = ["10.0.0.0/8", pulumi.output("192.0.2.7")];
        expect(await believed({ airflow: { url }, apiServer: { trustedProxies } })).to.equal("10.0.0.0/8,192.0.2.7");
    });
});

describe("cookies", () => {
    it("are for https alone where people come by that, unless the options say otherwise", async () => {
        const secure = async (airflow: AirflowKubernetesArgs["airflow"]) =>
            variables(await build({ airflow }), "airflow-api-server-deployment").AIRFLOW__FAB__COOKIE_SECURE;
        expect(await secure({})).to.equal("False");
        expect(await secure({ url })).to.equal("True");
        expect(await secure({ url, options: { fab: { cookie_secure: "False" } } })).to.equal("False");
    });
});

describe("the Execution API", () => {
    const commands = (registrations: readonly Registration[]) =>
        Object.fromEntries(
            pods(registrations)
                .filter(({ owner }) => /airflow-(api-server|execution-api)-deployment/.test(owner))
                .map(({ owner, spec }) => [owner, spec.containers[0].args?.join(" ")]),
        );
    const backendOf = (registrations: readonly Registration[]) =>
        (named(registrations, "airflow-execution-api-service").inputs.spec as { selector: Record<string, string> })
            .selector["app.kubernetes.io/component"];

    it("is the api-server's, under a name of its own", async () => {
        const registrations = await build({});
        expect(commands(registrations)).to.deep.equal({
            "airflow-api-server-deployment": "python -m airflow_kubernetes.keys api-server --proxy-headers",
        });
        expect(backendOf(registrations)).to.equal("api-server");
        expect([...waitsFor(registrations, "airflow-execution-api-service", "Service")]).to.include(
            "airflow-api-server-deployment",
        );
    });

    describe("apart", () => {
        let registrations: Registration[];
        before(async () => {
            registrations = await build({
                executionApi: { enabled: true, replicas: 2, env: [{ name: "AWS_REGION", value: "eu-central-1" }] },
                serviceAccounts: { executionApi: { annotations: { role: "reads-secrets" } } },
            });
        });

        it("has api-servers of its own, and that of the UI serves nothing to tasks", () => {
            expect(commands(registrations)).to.deep.equal({
                "airflow-api-server-deployment":
                    "python -m airflow_kubernetes.keys api-server --apps core --proxy-headers",
                "airflow-execution-api-deployment":
                    "python -m airflow_kubernetes.keys api-server --apps execution --proxy-headers",
            });
            expect(backendOf(registrations)).to.equal("execution-api");
            expect(variables(registrations, "airflow-execution-api-deployment").AWS_REGION).to.equal("eu-central-1");
            expect(variables(registrations, "airflow-api-server-deployment").AWS_REGION).to.equal(undefined);
            const budgets = objects(registrations, "PodDisruptionBudget").map(({ name }) => name);
            expect(budgets).to.deep.equal(["airflow-execution-api-disruption-budget"]);
        });

        it("answers before tasks are sent to it, and the api-server leaves them after that", () => {
            const service = waitsFor(registrations, "airflow-execution-api-service", "Service");
            expect([...service]).to.include("airflow-execution-api-deployment");
            expect([...service]).not.to.include("airflow-api-server-deployment");
            const apiServer = waitsFor(registrations, "airflow-api-server-deployment", "Deployment");
            expect([...apiServer]).to.include("airflow-execution-api-service");
        });

        it("is where tasks report to as before: nothing about them changes", async () => {
            expect(workerPod(registrations)).to.deep.equal(workerPod(await build({})));
        });

        it("has an account of its own, without rights and without a token", () => {
            const account = named(registrations, "airflow-access-execution-api", "ServiceAccount");
            expect(metadata(account).annotations).to.deep.equal({ role: "reads-secrets" });
            const bound = objects(registrations, "RoleBinding").flatMap(
                ({ inputs }) => inputs.subjects as { name: string }[],
            );
            expect(bound.map(({ name }) => name)).not.to.include("airflow-execution-api");
            const pod = pods(registrations).find(({ owner }) => owner === "airflow-execution-api-deployment");
            expect(pod?.spec.serviceAccountName).to.equal("airflow-execution-api");
            expect(pod?.spec.automountServiceAccountToken).to.equal(false);
        });

        it("has no part in sessions: it does not know their key", () => {
            const pod = pods(registrations).find(({ owner }) => owner === "airflow-execution-api-deployment");
            const names = (pod?.spec.containers[0].env ?? []).map(({ name }) => name);
            expect(names).to.include.members(["AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__API_AUTH__JWT_SECRET"]);
            expect(names).not.to.include("AIRFLOW__API__SECRET_KEY");
        });

        it("is what the scheduler waits for while keys of tokens are rotated", async () => {
            const [kept, next] = ["k".repeat(32), "n".repeat(32)];
            const rotated = await build({ executionApi: { enabled: true }, airflow: { jwtKey: `${next},${kept}` } });
            const [scheduler] = objects(rotated, "Deployment").filter(({ name }) => name.includes("scheduler"));
            const before = waitsFor(rotated, scheduler.name, kindOf(scheduler.type));
            expect([...before]).to.include("airflow-execution-api-deployment");
        });
    });

    it("is refused with what is wrong in it", async () => {
        const { error } = await attempt(
            () => new AirflowKubernetes("airflow", { executionApi: { enabled: true, replicas: 0 } }),
        );
        expect(String(error)).to.contain("executionApi.replicas");
        const { error: unused } = await attempt(
            () => new AirflowKubernetes("airflow", { executionApi: { replicas: 2 } }),
        );
        expect(String(unused)).to.contain("unless executionApi.enabled is true");
    });
});
