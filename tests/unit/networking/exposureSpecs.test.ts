import { expect } from "chai";
import { ExternalServiceType, TrafficPolicy } from "../../../components";
import {
    externalServiceSpec,
    httpRouteSpec,
    ingressSpec,
    issuerAnnotations,
} from "../../../components/networking/exposureSpecs";

const backend = { service: { name: "airflow-api-server", port: { number: 8080 } } };

describe("routes from the public URL to the api-server", () => {
    it("an Ingress has its host and path, and names the host for TLS with https alone", () => {
        expect(ingressSpec("http://airflow.example.org", {})).to.deep.equal({
            rules: [{ host: "airflow.example.org", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
        });
        expect(ingressSpec("https://example.org:8443/airflow", { className: "traefik" })).to.deep.equal({
            ingressClassName: "traefik",
            rules: [{ host: "example.org", http: { paths: [{ path: "/airflow", pathType: "Prefix", backend }] } }],
            tls: [{ hosts: ["example.org"] }],
        });
    });

    it("an Ingress has the certificate that is named, or that cert-manager makes", () => {
        const secret = (args: Parameters<typeof ingressSpec>[1]) => {
            const [tls] = (ingressSpec("https://example.org", args).tls ?? []) as { secretName?: string }[];
            return tls?.secretName;
        };
        expect(secret({})).to.equal(undefined);
        expect(secret({ tlsSecretName: "wildcard" })).to.equal("wildcard");
        expect(secret({ issuer: "letsencrypt" })).to.equal("airflow-tls");
        expect(secret({ clusterIssuer: "letsencrypt", tlsSecretName: "mine" })).to.equal("mine");
        expect(issuerAnnotations({ issuer: "a" })).to.deep.equal({ "cert-manager.io/issuer": "a" });
        expect(issuerAnnotations({ clusterIssuer: "b" })).to.deep.equal({ "cert-manager.io/cluster-issuer": "b" });
        expect(issuerAnnotations({})).to.deep.equal({});
    });

    it("an HTTPRoute has them, too, and leaves TLS to the Gateway", () => {
        const parentRefs = [{ name: "shared", namespace: "gateways", sectionName: "https" }];
        expect(httpRouteSpec("https://example.org/airflow", { parentRefs })).to.deep.equal({
            parentRefs,
            hostnames: ["example.org"],
            rules: [
                {
                    matches: [{ path: { type: "PathPrefix", value: "/airflow" } }],
                    backendRefs: [{ name: "airflow-api-server", port: 8080 }],
                },
            ],
        });
        expect(httpRouteSpec("http://example.org", { parentRefs }).rules[0].matches[0].path.value).to.equal("/");
    });

    it("a Service has its port, which is that of the nodes if it can be one", () => {
        const port = (url: string, type: ExternalServiceType, more: object = {}) => {
            const [first] = externalServiceSpec(url, { type, ...more }).ports as { port: number; nodePort?: number }[];
            return [first.port, first.nodePort];
        };
        const { LoadBalancer, NodePort } = ExternalServiceType;
        expect(port("https://example.org", LoadBalancer)).to.deep.equal([443, undefined]);
        expect(port("http://example.org:30080", LoadBalancer)).to.deep.equal([30080, undefined]);
        expect(port("http://node.example.org:30080", NodePort)).to.deep.equal([30080, 30080]);
        expect(port("http://localhost:8080", NodePort)).to.deep.equal([8080, undefined]);
        expect(port("http://example.org", NodePort, { port: 8080, nodePort: 31000 })).to.deep.equal([8080, 31000]);
    });

    it("a Service has the fields of a load balancer that are given", () => {
        const given = {
            loadBalancerClass: "service.k8s.aws/nlb",
            loadBalancerSourceRanges: ["10.0.0.0/8"],
            externalTrafficPolicy: TrafficPolicy.Local,
        };
        const spec = externalServiceSpec("http://example.org", { type: ExternalServiceType.LoadBalancer, ...given });
        expect(spec).to.deep.include({ type: "LoadBalancer", ...given });
        expect(externalServiceSpec("http://example.org", { type: ExternalServiceType.NodePort })).to.have.all.keys(
            "type",
            "ports",
        );
    });
});
