import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import type { PlacedNamespace } from "../kubernetes/placedNamespace";
import { replacedWithData } from "../kubernetes/replacement";
import type { Mount } from "../pods/airflowPod";
import { paths } from "../pods/paths";
import { type ServerCertificate, seedBytes, serverCertificate } from "./certificate";

/** Arguments of {@link PostgresCertificate}. */
export interface PostgresCertificateArgs {
    readonly instance: string;
    /** Airflow's namespace, where the clients are. */
    readonly namespace: PlacedNamespace;
    /** Namespace of Postgres. */
    readonly postgresNamespace: pulumi.Input<string>;
    readonly clusterDomain: string;
}

/**
 * Certificate of the component's own Postgres, and the authority that Airflow checks it with. Both are made from random bytes in the
 * stack. Another key of the server is another certificate of the same authority, which clients trust at once.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-CERTIFICATES
 */
export class PostgresCertificate extends pulumi.ComponentResource {
    /** Certificate and key. Secret. */
    public readonly server: pulumi.Output<ServerCertificate>;
    /** The authority, for pods that use the database. */
    public readonly mount: Mount;

    /** @param name The unique name of this component. */
    constructor(name: string, args: PostgresCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:PostgresCertificate", name, {}, opts);

        const authority = new random.RandomBytes(`${name}-authority-key`, { length: seedBytes }, { parent: this });
        const server = new random.RandomBytes(`${name}-server-key`, { length: seedBytes }, { parent: this });
        this.server = pulumi.secret(
            pulumi
                .all([authority.base64, server.base64, args.postgresNamespace])
                .apply(([authoritySeed, serverSeed, namespace]) =>
                    serverCertificate({
                        authoritySeed,
                        serverSeed,
                        authorityName: `Authority of ${names.postgres}`,
                        serverNames: serverNames(namespace, args.clusterDomain),
                    }),
                ),
        );
        // Named by the provider: another authority rolls the clients.
        const configMap = new k8s.core.v1.ConfigMap(
            `${name}-authority`,
            {
                metadata: {
                    namespace: args.namespace.metadata.name,
                    labels: objectLabels(args.instance, "postgres"),
                },
                data: { "ca.crt": pulumi.unsecret(this.server.authority) },
            },
            { parent: this, ...replacedWithData },
        );

        this.mount = {
            volume: { name: "database-authority", configMap: { name: configMap.metadata.name } },
            mount: { name: "database-authority", mountPath: paths.databaseAuthority, readOnly: true },
        };
        this.registerOutputs({});
    }
}

/** Names that clients may call Postgres by: its Service's, and that of a forwarded port. */
function serverNames(namespace: string, clusterDomain: string): [string, ...string[]] {
    const { postgres } = names;
    return [
        `${postgres}.${namespace}.svc.${clusterDomain}`,
        `${postgres}.${namespace}.svc`,
        `${postgres}.${namespace}`,
        postgres,
        "localhost",
    ];
}
