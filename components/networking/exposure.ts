import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { skipAwait } from "../kubernetes/annotations";
import { mapInput } from "../kubernetes/known";
import { objectLabels, selectorLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import type { PlacedNamespace } from "../kubernetes/placedNamespace";
import { Hosting } from "../settings/airflowKubernetesArgs";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import type { AddedMetadata } from "../validation/metadata";
import { externalServiceSpec, httpRouteSpec, ingressSpec, issuerAnnotations } from "./exposureSpecs";

/** Arguments of {@link Exposure}. */
export interface ExposureArgs {
    readonly instance: string;
    readonly namespace: PlacedNamespace;
    readonly settings: AirflowSettings;
}

/** How people reach the api-server from outside the cluster: an Ingress, an HTTPRoute, or a Service of another type. */
export class Exposure extends pulumi.ComponentResource {
    /** Host name or address that the cluster gave an Ingress or a load balancer, as far as it says. */
    public readonly address: pulumi.Output<string | undefined>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: ExposureArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:Exposure", name, {}, opts);

        const { airflow, apiServer, hosting } = args.settings;
        const { externalService, httpRoute, ingress } = apiServer;
        // A laptop's cluster gives no address before somebody runs `minikube tunnel`.
        const own = hosting === Hosting.Minikube ? skipAwait : {};
        const metadata = (
            objectName: string,
            added: AddedMetadata,
            annotations: AddedMetadata["annotations"] = own,
        ) => ({
            name: objectName,
            namespace: args.namespace.metadata.name,
            labels: { ...added.labels, ...objectLabels(args.instance, "api-server") },
            annotations: { ...annotations, ...added.annotations },
        });

        const madeIngress =
            ingress &&
            new k8s.networking.v1.Ingress(
                `${name}-ingress`,
                {
                    metadata: metadata(names.apiServer, ingress, { ...own, ...issuerAnnotations(ingress) }),
                    spec: mapInput(airflow.url, (url) => ingressSpec(url, ingress)),
                },
                { parent: this },
            );
        if (httpRoute !== undefined) {
            new k8s.apiextensions.CustomResource(
                `${name}-http-route`,
                {
                    apiVersion: "gateway.networking.k8s.io/v1",
                    kind: "HTTPRoute",
                    metadata: metadata(names.apiServer, httpRoute, {}),
                    spec: mapInput(airflow.url, (url) => httpRouteSpec(url, httpRoute)),
                },
                { parent: this },
            );
        }
        const madeService =
            externalService &&
            new k8s.core.v1.Service(
                `${name}-service`,
                {
                    metadata: metadata(names.externalApiServer, externalService),
                    spec: mapInput(airflow.url, (url) => ({
                        ...externalServiceSpec(url, externalService),
                        selector: selectorLabels(args.instance, "api-server"),
                    })),
                },
                { parent: this },
            );

        this.address = pulumi.output((madeIngress ?? madeService)?.status).apply((status) => {
            const [first] = status?.loadBalancer?.ingress ?? [];
            return first?.hostname ?? first?.ip;
        });
        this.registerOutputs({ address: this.address });
    }
}
