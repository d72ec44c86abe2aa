import { isIPv6 } from "node:net";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { registrySecret } from "../access/registrySecret";
import { mapInput } from "../kubernetes/known";
import { objectLabels, selectorLabels } from "../kubernetes/labels";
import { names, ports } from "../kubernetes/names";
import { PodSecurityLevel } from "../kubernetes/podSecurity";
import { type Check, livenessProbe, readinessProbe } from "../kubernetes/probes";
import { replacedWithData } from "../kubernetes/replacement";
import { workloadTimeouts } from "../kubernetes/timeouts";
import { replacedUnready } from "../pods/placement";
import { mergePodTemplate } from "../pods/podTemplate";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { asksForVersion3, ganeshaConfiguration, ganeshaStart, nfsDisk, nfsExport } from "./ganeshaConfiguration";
import { RetainedClaims } from "./retainedClaims";

/** Once the export has worked, an open port is enough as a health check. */
const listening: Check = { tcpSocket: { port: "nfs" } };

/** Arguments of {@link NfsServer}. */
export interface NfsServerArgs {
    readonly instance: string;
    readonly settings: AirflowSettings;
}

/**
 * An NFS server in the cluster: NFS-Ganesha, which needs nothing of the node's kernel, on a disk of its own. All volumes depend
 * on it, so it is created first and deleted last. Its disk outlives the stack.
 *
 * @see https://nfs-ganesha.github.io
 */
export class NfsServer extends pulumi.ComponentResource {
    /** Address of the server: nodes, which do the mounting, do not know the names of Services. */
    public readonly address: pulumi.Output<string>;
    /** Namespace of the server and its claim. */
    public readonly namespace: pulumi.Output<string>;
    /** Name of the claim of its disk. */
    public readonly claim: pulumi.Output<string>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: NfsServerArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:NfsServer", name, {}, opts);

        const { instance, settings } = args;
        const { clients, existingClaim, image, podTemplate, resources, size, storageClass } =
            settings.storage.nfsServer;
        const version3 = mapInput(settings.storage.mountOptions, asksForVersion3);
        const listeners = mapInput(version3, nfsPorts);
        if (clients === undefined) {
            pulumi.log.warn(openServer, this);
        }
        const namespace =
            existingClaim?.namespace ??
            new RetainedClaims(
                `${name}-disk`,
                {
                    instance,
                    component: "nfs-server",
                    namespacePrefix: `${settings.namespaces.storage}-nfs`,
                    // To hand out files by handles, as NFS does, takes a capability that no other standard allows.
                    podSecurity: PodSecurityLevel.Privileged,
                    claims: [{ noun: "claim", claimName: names.nfsDisk, size, accessMode: "ReadWriteOnce" }],
                    storageClass,
                },
                { parent: this },
            ).namespace;
        const claimName = existingClaim?.name ?? names.nfsDisk;
        const labels = objectLabels(instance, "nfs-server");
        const selector = selectorLabels(instance, "nfs-server");
        const metadata = { name: names.nfsServer, namespace, labels };

        const ganeshaConf = mapInput({ version3, clients }, ganeshaConfiguration);
        const configuration = new k8s.core.v1.ConfigMap(
            `${name}-configuration`,
            {
                // Named by the provider: other clients are another ConfigMap, which rolls the server.
                metadata: { namespace, labels },
                data: { "ganesha.conf": ganeshaConf },
            },
            { parent: this, ...replacedWithData },
        );
        const policies =
            clients !== undefined && settings.networkPolicies.enabled
                ? [
                      new k8s.networking.v1.NetworkPolicy(
                          `${name}-network-policy`,
                          {
                              metadata,
                              spec: {
                                  podSelector: { matchLabels: selector },
                                  // It answers, and opens no connection of its own.
                                  policyTypes: ["Ingress", "Egress"],
                                  ingress: [
                                      {
                                          from: mapInput(clients, (known) =>
                                              known.map((client) => ({ ipBlock: { cidr: cidrOf(client) } })),
                                          ),
                                          ports: mapInput(listeners, (known) =>
                                              known.map(({ name: port, protocol }) => ({ port, protocol })),
                                          ),
                                      },
                                  ],
                              },
                          },
                          { parent: this },
                      ),
                  ]
                : [];
        const service = new k8s.core.v1.Service(
            `${name}-service`,
            {
                metadata,
                spec: {
                    selector,
                    ports: mapInput(listeners, (known) => known.map((port) => ({ ...port, targetPort: port.name }))),
                },
            },
            { parent: this, customTimeouts: workloadTimeouts },
        );
        const pull = registrySecret(name, { instance, namespace, airflow: settings.airflow }, this);
        const template = {
            metadata: { labels },
            spec: {
                automountServiceAccountToken: false,
                enableServiceLinks: false,
                imagePullSecrets: settings.airflow.imagePullSecrets.map((secret) => ({ name: secret })),
                // Every file is written through before its writer is answered.
                terminationGracePeriodSeconds: 10,
                containers: [
                    {
                        name: "nfs-server",
                        image,
                        command: ["sh", "-euc", mapInput({ version3 }, ganeshaStart)],
                        ports: mapInput(listeners, (known) =>
                            known.map(({ name: port, port: containerPort, protocol }) => ({
                                name: port,
                                containerPort,
                                protocol,
                            })),
                        ),
                        // A server whose export has failed listens all the same, so the probe asks for its exports.
                        startupProbe: {
                            exec: {
                                command: ["nfs-ls", `nfs://127.0.0.1${nfsExport}?version=4`],
                            },
                            periodSeconds: 1,
                            timeoutSeconds: 5,
                            failureThreshold: 60,
                        },
                        readinessProbe: readinessProbe(listening),
                        livenessProbe: livenessProbe(listening),
                        resources,
                        securityContext: {
                            runAsUser: 0,
                            runAsGroup: 0,
                            allowPrivilegeEscalation: false,
                            readOnlyRootFilesystem: true,
                            // The profile of older runtimes forbids to open a file by its handle.
                            seccompProfile: { type: "Unconfined" },
                            capabilities: { drop: ["ALL"], add: [...capabilities] },
                        },
                        terminationMessagePolicy: "FallbackToLogsOnError",
                        volumeMounts: [
                            { name: "disk", mountPath: nfsDisk },
                            { name: "configuration", mountPath: "/etc/ganesha", readOnly: true },
                            { name: "run", mountPath: "/run" },
                            { name: "tmp", mountPath: "/tmp" },
                        ],
                    },
                ],
                volumes: [
                    { name: "disk", persistentVolumeClaim: { claimName } },
                    { name: "configuration", configMap: { name: configuration.metadata.name } },
                    { name: "run", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
                    { name: "tmp", emptyDir: { sizeLimit: "256Mi" } },
                ],
            },
        };
        new k8s.apps.v1.StatefulSet(
            `${name}-stateful-set`,
            {
                metadata,
                spec: {
                    serviceName: names.nfsServer,
                    replicas: 1,
                    ...replacedUnready,
                    selector: { matchLabels: selector },
                    template: mergePodTemplate(template, [settings.airflow.podTemplate, podTemplate]),
                },
            },
            { parent: this, dependsOn: [...pull, ...policies], customTimeouts: workloadTimeouts },
        );

        // A preview asks the API server for a Service that does not exist yet, and is answered with one that has no address;
        // a volume without an address is refused there. This one is kept for documentation (RFC 5737), and never used.
        this.address = service.spec.clusterIP.apply((address) => address ?? "192.0.2.1");
        this.namespace = pulumi.output(namespace);
        this.claim = pulumi.output(claimName);
        this.registerOutputs({ address: this.address, namespace: this.namespace, claim: this.claim });
    }
}

const openServer =
    "storage.nfsServer.clients is not set, so the NFS server serves every pod of the cluster: whoever can open a connection to it " +
    "can read and change DAGs and logs as any user. Set it to the addresses of the nodes (docs/storage.md).";

interface Listener {
    readonly name: string;
    readonly port: number;
    readonly protocol: "TCP" | "UDP";
}

/** Version 4 has one port; version 3 needs the mount service and what tells its port, too. */
function nfsPorts(version3: boolean): readonly Listener[] {
    const nfs: Listener = { name: "nfs", port: ports.nfs, protocol: "TCP" };
    return version3
        ? [
              nfs,
              { name: "mountd", port: ports.mountd, protocol: "TCP" },
              { name: "rpcbind", port: ports.rpcbind, protocol: "TCP" },
              { name: "rpcbind-udp", port: ports.rpcbind, protocol: "UDP" },
          ]
        : [nfs];
}

/** An address as a range of one. */
function cidrOf(client: string): string {
    return client.includes("/") ? client : `${client}/${isIPv6(client) ? 128 : 32}`;
}

/** To write what belongs to others as its clients may, to change owners and modes, to open by handle, to listen on port 111. */
const capabilities = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "NET_BIND_SERVICE",
    "SETGID",
    "SETUID",
];
