import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clusterEnvironment } from "../../../local/session/targetCluster";
import { output } from "../../../local/support/execution";
import { goModuleFiles, goTool } from "../../../local/tools/goTools";
import { defineCustomResources, removeCustomResources } from "./customResources";
import { testPrefix } from "./installation";
import { cluster, kube } from "./kubernetes";
import { freePort } from "./ports";
import { TestProgram } from "./testProgram";

const namespace = `${testPrefix}-gateway`;
const ingressClass = `${testPrefix}-traefik`;

/** What ingress controllers and Gateways are: traefik, on this machine, which reaches the cluster as its pods would. */
export class Traefik {
    /** Name of its IngressClass. */
    public static readonly ingressClass = ingressClass;
    /** Its Gateway, with listeners `http` and `https`. */
    public static readonly gateway = { name: "gateway", namespace };

    private constructor(
        private readonly program: TestProgram,
        /** Ports of loopback by protocol. */
        public readonly ports: { readonly http: number; readonly https: number },
        /** Certificate and key of the host, which signed itself. */
        public readonly certificate: { readonly cert: string; readonly key: string },
    ) {}

    /** Starts it, with a certificate for a host. */
    public static async start(host: string): Promise<Traefik> {
        const [traefik, definitions] = await Promise.all([goTool("traefik"), gatewayDefinitions()]);
        await defineCustomResources(definitions);
        const ports = { http: await freePort(), https: await freePort() };
        const certificate = await certificateFor(host);
        await kube(["apply", "--filename", "-"], objects(ports, certificate));
        const program = await TestProgram.started(
            [
                traefik,
                `--entrypoints.web.address=127.0.0.1:${ports.http}`,
                `--entrypoints.websecure.address=127.0.0.1:${ports.https}`,
                "--entrypoints.websecure.http.tls=true",
                "--providers.kubernetesingress=true",
                "--providers.kubernetesingress.ingressendpoint.ip=127.0.0.1",
                "--providers.kubernetesgateway=true",
                "--providers.kubernetesgateway.statusaddress.ip=127.0.0.1",
                "--global.checknewversion=false",
                "--global.sendanonymoususage=false",
            ],
            { name: "traefik", answers: () => answers(`http://127.0.0.1:${ports.http}`), within: 60_000 },
            { env: clusterEnvironment(cluster) },
        );
        return new Traefik(program, ports, certificate);
    }

    /** Stops it, and removes what it needed in the cluster. */
    public async stop(): Promise<void> {
        await this.program.stop();
        await Traefik.removeLeftovers();
        await removeCustomResources(await gatewayDefinitions());
        await kube(["delete", "namespace", namespace, "--ignore-not-found"]);
    }

    /** Removes what it has made outside of namespaces. */
    public static async removeLeftovers(): Promise<void> {
        await kube(["delete", "ingressclass", ingressClass, "--ignore-not-found"]);
    }
}

/** The kinds of the Gateway API, in the version that traefik is built with. */
async function gatewayDefinitions(): Promise<string[]> {
    const module = await goModuleFiles("traefik", "sigs.k8s.io/gateway-api");
    const folder = join(module, "config", "crd", "standard");
    const names = readdirSync(folder).filter((name) => name.startsWith("gateway."));
    return names.map((name) => join(folder, name));
}

function answers(url: string): Promise<boolean> {
    return fetch(url).then(
        () => true,
        () => false,
    );
}

async function certificateFor(host: string): Promise<{ cert: string; key: string }> {
    const folder = mkdtempSync(join(tmpdir(), "airflow-kubernetes-certificate-"));
    try {
        const [cert, key] = ["tls.crt", "tls.key"].map((name) => join(folder, name)) as [string, string];
        await output([
            ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
            ...["-keyout", key, "-out", cert, "-days", "2", "-subj", `/CN=${host}`],
            ...["-addext", `subjectAltName=DNS:${host}`],
        ]);
        return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

function objects(ports: { http: number; https: number }, { cert, key }: { cert: string; key: string }): string {
    const everywhere = { namespaces: { from: "All" } };
    const items = [
        { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
        {
            apiVersion: "v1",
            kind: "Secret",
            metadata: { name: "gateway-tls", namespace },
            type: "kubernetes.io/tls",
            stringData: { "tls.crt": cert, "tls.key": key },
        },
        {
            apiVersion: "networking.k8s.io/v1",
            kind: "IngressClass",
            metadata: { name: Traefik.ingressClass },
            spec: { controller: "traefik.io/ingress-controller" },
        },
        {
            apiVersion: "gateway.networking.k8s.io/v1",
            kind: "GatewayClass",
            metadata: { name: Traefik.ingressClass },
            spec: { controllerName: "traefik.io/gateway-controller" },
        },
        {
            apiVersion: "gateway.networking.k8s.io/v1",
            kind: "Gateway",
            metadata: Traefik.gateway,
            spec: {
                gatewayClassName: Traefik.ingressClass,
                listeners: [
                    { name: "http", protocol: "HTTP", port: ports.http, allowedRoutes: everywhere },
                    {
                        name: "https",
                        protocol: "HTTPS",
                        port: ports.https,
                        tls: { certificateRefs: [{ name: "gateway-tls" }] },
                        allowedRoutes: everywhere,
                    },
                ],
            },
        },
    ];
    return items.map((item) => JSON.stringify(item)).join("\n---\n");
}
