import { expect } from "chai";
import { type AirflowKubernetesArgs, type ApiServerArgs, ExternalServiceType, validate } from "../../../components";

const https = "https://airflow.example.org";

/** Paths of the arguments that are refused. */
function refused(apiServer: ApiServerArgs, url?: string): string[] {
    const args: AirflowKubernetesArgs = { dags: { volume: { folder: "examples/dags" } }, airflow: { url }, apiServer };
    return validate(args).map(({ path }) => path);
}

describe("how the api-server is reached: what is refused", () => {
    it("nothing of what is right", () => {
        const annotations = { "nginx.ingress.kubernetes.io/proxy-body-size": "8m" };
        const labels = { team: "data" };
        expect(refused({ ingress: {} }, "http://airflow.localhost:8080")).to.deep.equal([]);
        expect(
            refused({ ingress: { className: "nginx", annotations, labels, clusterIssuer: "a" } }, `${https}/airflow`),
        ).to.deep.equal([]);
        const parentRefs = [{ name: "gateway", namespace: "gateways", sectionName: "https", port: 443 }];
        expect(refused({ httpRoute: { parentRefs, annotations, labels } }, https)).to.deep.equal([]);
        expect(refused({ externalService: { type: ExternalServiceType.LoadBalancer } })).to.deep.equal([]);
        expect(
            refused({
                serviceAnnotations: { "cloud.google.com/neg": "{}" },
                trustedProxies: ["10.0.0.0/8", "::1", "*"],
            }),
        ).to.deep.equal([]);
    });

    it("several ways at once", () => {
        const externalService = { type: ExternalServiceType.NodePort };
        expect(refused({ ingress: {}, externalService }, https)).to.deep.equal(["apiServer"]);
        expect(
            refused({ ingress: {}, externalService, httpRoute: { parentRefs: [{ name: "a" }] } }, https),
        ).to.deep.equal(["apiServer"]);
    });

    for (const url of [
        undefined,
        "http://localhost:8080",
        "http://127.0.0.1",
        "https://192.0.2.7",
        "https://[::1]/a",
    ]) {
        it(`a URL without a host that a rule can have: ${url ?? "none"}`, () => {
            expect(refused({ ingress: {} }, url)).to.deep.equal(["airflow.url"]);
            expect(refused({ httpRoute: { parentRefs: [{ name: "a" }] } }, url)).to.deep.equal(["airflow.url"]);
        });
    }

    it("a URL that is none, once", () => {
        expect(refused({ ingress: {} }, "airflow.example.org")).to.deep.equal(["airflow.url"]);
    });

    it("a certificate without https, two issuers, names that are none", () => {
        const path = "apiServer.ingress";
        expect(refused({ ingress: { tlsSecretName: "a" } }, "http://a.example.org")).to.deep.equal([
            `${path}.tlsSecretName`,
        ]);
        expect(refused({ ingress: { issuer: "a", clusterIssuer: "b" } }, https)).to.deep.equal([
            `${path}.clusterIssuer`,
        ]);
        expect(refused({ ingress: { className: "Nginx", issuer: "a b" } }, https)).to.deep.equal([
            `${path}.className`,
            `${path}.issuer`,
        ]);
        const annotations = { "kubernetes.io/ingress.class": "nginx" };
        expect(refused({ ingress: { className: "nginx", annotations } }, https)).to.deep.equal([`${path}.className`]);
    });

    it("labels of the component, keys that are none", () => {
        const given = { labels: { "app.kubernetes.io/name": "mine" }, annotations: { "a b": "c" } };
        const externalService = { type: ExternalServiceType.NodePort, ...given };
        for (const [noun, apiServer] of Object.entries({
            ingress: { ingress: given },
            httpRoute: { httpRoute: { parentRefs: [{ name: "a" }], ...given } },
            externalService: { externalService },
        })) {
            expect(refused(apiServer, https)).to.deep.equal([
                `apiServer.${noun}.annotations.a b`,
                `apiServer.${noun}.labels.app.kubernetes.io/name`,
            ]);
        }
        expect(refused({ serviceAnnotations: { "a b": "c" } })).to.deep.equal(["apiServer.serviceAnnotations.a b"]);
    });

    it("a route without a Gateway, and a Gateway that has no such name or port", () => {
        expect(refused({ httpRoute: { parentRefs: [] } }, https)).to.deep.equal(["apiServer.httpRoute.parentRefs"]);
        expect(refused({ httpRoute: { parentRefs: [{ name: "A", port: 0 }] } }, https)).to.deep.equal([
            "apiServer.httpRoute.parentRefs[0].name",
            "apiServer.httpRoute.parentRefs[0].port",
        ]);
    });

    it("a Service of a type that is none, and fields that its type does not have", () => {
        const path = "apiServer.externalService";
        expect(refused({ externalService: { type: "ClusterIP" as ExternalServiceType } })).to.deep.equal([
            `${path}.type`,
        ]);
        expect(
            refused({
                externalService: {
                    type: ExternalServiceType.NodePort,
                    port: 70_000,
                    nodePort: 1.5,
                    loadBalancerClass: "a",
                    loadBalancerSourceRanges: ["everybody"],
                },
            }),
        ).to.deep.equal([
            `${path}.port`,
            `${path}.nodePort`,
            `${path}.loadBalancerClass`,
            `${path}.loadBalancerSourceRanges`,
            `${path}.loadBalancerSourceRanges[0]`,
        ]);
    });

    it("an address without the length that Kubernetes wants of a range", () => {
        const of = (...loadBalancerSourceRanges: string[]) =>
            refused({ externalService: { type: ExternalServiceType.LoadBalancer, loadBalancerSourceRanges } });
        expect(of("203.0.113.7/32", "10.0.0.0/8", "2001:db8::/32")).to.deep.equal([]);
        const path = "apiServer.externalService.loadBalancerSourceRanges";
        expect(of("203.0.113.7", "10.0.0.0/8", "2001:db8::7")).to.deep.equal([`${path}[0]`, `${path}[2]`]);
    });

    it("proxies that are no addresses", () => {
        expect(refused({ trustedProxies: ["proxy.example.org"] })).to.deep.equal(["apiServer.trustedProxies[0]"]);
    });
});
