import type * as pulumi from "@pulumi/pulumi";

/**
 * An Ingress for the UI and the REST API. Its host and path, and whether people come by https, are those of `airflow.url`.
 *
 * @see docs/exposure.md
 * @see https://kubernetes.io/docs/concepts/services-networking/ingress/
 */
export interface IngressArgs {
    /**
     * Name of the IngressClass, such as `nginx`, `traefik` or `alb`.
     * @default - the cluster's default class
     * @see https://kubernetes.io/docs/concepts/services-networking/ingress/#ingress-class
     */
    readonly className?: pulumi.Input<string>;
    /**
     * Annotations that its controller reads. On a cluster where no Ingress ever gets an address,
     * `pulumi.com/skipAwait: "true"` keeps an update from waiting for one; with hosting `minikube` none waits.
     * @default - none
     */
    readonly annotations?: Record<string, pulumi.Input<string>>;
    /**
     * Labels beside the component's own, whose keys begin with `app.kubernetes.io/`.
     * @default - none
     */
    readonly labels?: Record<string, pulumi.Input<string>>;
    /**
     * Name of a Secret with the certificate of the host, in the namespace `airflow`; only with an https URL. With `issuer` or
     * `clusterIssuer` cert-manager writes it.
     * @default - `airflow-tls` with an issuer, and otherwise the certificate of the controller
     * @see https://kubernetes.io/docs/concepts/services-networking/ingress/#tls
     */
    readonly tlsSecretName?: pulumi.Input<string>;
    /**
     * Name of cert-manager's Issuer of the certificate, in the namespace `airflow`.
     * @default - none
     * @see https://cert-manager.io/docs/usage/ingress/
     */
    readonly issuer?: pulumi.Input<string>;
    /**
     * Name of cert-manager's ClusterIssuer, in its place.
     * @default - none
     */
    readonly clusterIssuer?: pulumi.Input<string>;
}

/**
 * An HTTPRoute of the Gateway API for the UI and the REST API. Its host and path are those of `airflow.url`; the listener of the
 * Gateway ends TLS.
 *
 * @see docs/exposure.md
 * @see https://gateway-api.sigs.k8s.io/api-types/httproute/
 */
export interface HttpRouteArgs {
    /** The Gateways that it attaches to, one at least. They have to let in routes of the namespace `airflow`. */
    readonly parentRefs: ParentRefArgs[];
    /**
     * Annotations, such as those of external-dns.
     * @default - none
     */
    readonly annotations?: Record<string, pulumi.Input<string>>;
    /**
     * Labels beside the component's own, whose keys begin with `app.kubernetes.io/`.
     * @default - none
     */
    readonly labels?: Record<string, pulumi.Input<string>>;
}

/**
 * A Gateway that a route attaches to.
 *
 * @see https://gateway-api.sigs.k8s.io/reference/spec/#parentreference
 */
export interface ParentRefArgs {
    /** Name of the Gateway. */
    readonly name: pulumi.Input<string>;
    /**
     * Its namespace.
     * @default - the namespace `airflow`
     */
    readonly namespace?: pulumi.Input<string>;
    /**
     * Name of one of its listeners.
     * @default - all that fit
     */
    readonly sectionName?: pulumi.Input<string>;
    /**
     * Port of its listeners.
     * @default - any
     */
    readonly port?: pulumi.Input<number>;
}

/** Types of a Service that is reached from outside the cluster. */
export enum ExternalServiceType {
    /** A port of every node. */
    NodePort = "NodePort",
    /** An address from the cloud, or from what stands in for it, such as MetalLB or `minikube tunnel`. */
    LoadBalancer = "LoadBalancer",
}

/**
 * A Service of the api-server for the world outside, `airflow-api-server-external`, beside the one inside the cluster.
 *
 * @see docs/exposure.md
 * @see https://kubernetes.io/docs/concepts/services-networking/service/
 */
export interface ExternalServiceArgs {
    /** How it is reached. */
    readonly type: ExternalServiceType;
    /**
     * Annotations that a cloud reads, such as those for an internal address or a certificate. `pulumi.com/skipAwait: "true"` keeps
     * an update from waiting for the address of a load balancer; with hosting `minikube` none waits.
     * @default - none
     */
    readonly annotations?: Record<string, pulumi.Input<string>>;
    /**
     * Labels beside the component's own, whose keys begin with `app.kubernetes.io/`.
     * @default - none
     */
    readonly labels?: Record<string, pulumi.Input<string>>;
    /**
     * Port of the Service.
     * @default - that of `airflow.url`
     */
    readonly port?: pulumi.Input<number>;
    /**
     * Port of the nodes.
     * @default - that of `airflow.url` if it is one from 30000 to 32767, and otherwise one that the cluster chooses
     */
    readonly nodePort?: pulumi.Input<number>;
    /**
     * Who makes the load balancer, such as `service.k8s.aws/nlb`. It cannot be changed later.
     * @default - the cluster's own way
     * @see https://kubernetes.io/docs/concepts/services-networking/service/#load-balancer-class
     */
    readonly loadBalancerClass?: pulumi.Input<string>;
    /**
     * Ranges of addresses that a load balancer lets in, as CIDRs; that of one address ends with `/32`, or `/128` for IPv6.
     * @default - everybody
     */
    readonly loadBalancerSourceRanges?: pulumi.Input<string>[];
    /**
     * With `Local` pods see the addresses of those who connect, and only nodes with an api-server answer.
     * @default - `Cluster`, as Kubernetes has it
     * @see https://kubernetes.io/docs/reference/networking/virtual-ips/#external-traffic-policy
     */
    readonly externalTrafficPolicy?: TrafficPolicy;
}

/** Which nodes pass on what comes from outside. */
export enum TrafficPolicy {
    /** All of them. */
    Cluster = "Cluster",
    /** Those with a pod of the Service, to that pod. */
    Local = "Local",
}
