import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import type { AirflowNamespaces } from "../namespaces/airflowNamespaces";
import { apiServerRules, podOperatorRules, schedulerRules } from "./podRules";

/** Arguments of {@link AirflowAccess}. */
export interface AirflowAccessArgs {
    readonly instance: string;
    readonly namespaces: AirflowNamespaces;
    readonly imagePullSecrets: string[];
    /** Namespace of the database, if the component makes one. */
    readonly postgres?: pulumi.Input<string>;
    /** Whether tasks may make pods in their own namespace. */
    readonly kubernetesPodOperator: boolean;
}

/**
 * A ServiceAccount for each process, and rights for two of them, in the workers' namespace only. There is no ClusterRole,
 * and no token in a pod that does not speak to the Kubernetes API.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
export class AirflowAccess extends pulumi.ComponentResource {
    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowAccessArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:AirflowAccess", name, {}, opts);

        const airflow = args.namespaces.airflow.metadata.name;
        const workers = args.namespaces.workers.metadata.name;
        const account = (accountName: string, noun: string, namespace: pulumi.Input<string>) =>
            new k8s.core.v1.ServiceAccount(
                `${name}-${noun}`,
                {
                    metadata: {
                        name: accountName,
                        namespace,
                        labels: objectLabels(args.instance, noun),
                    },
                    // Pods that need a token ask for it themselves.
                    automountServiceAccountToken: false,
                    imagePullSecrets: args.imagePullSecrets.map((secret) => ({ name: secret })),
                },
                { parent: this },
            );
        const allow = (
            subject: k8s.core.v1.ServiceAccount,
            noun: string,
            rules: k8s.types.input.rbac.v1.PolicyRule[],
        ) => {
            const metadata = {
                name: subject.metadata.name,
                namespace: workers,
                labels: objectLabels(args.instance, noun),
            };
            const role = new k8s.rbac.v1.Role(`${name}-${noun}-role`, { metadata, rules }, { parent: this });
            return new k8s.rbac.v1.RoleBinding(
                `${name}-${noun}-role-binding`,
                {
                    metadata,
                    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
                    subjects: [
                        {
                            kind: "ServiceAccount",
                            name: subject.metadata.name,
                            namespace: subject.metadata.namespace,
                        },
                    ],
                },
                { parent: this },
            );
        };

        allow(account(names.scheduler, "scheduler", airflow), "scheduler", schedulerRules);
        allow(account(names.apiServer, "api-server", airflow), "api-server", apiServerRules);
        account(names.dagProcessor, "dag-processor", airflow);
        account(names.triggerer, "triggerer", airflow);
        account(names.jobs, "jobs", airflow);
        if (args.postgres !== undefined) {
            account(names.postgres, "postgres", args.postgres);
        }
        const worker = account(names.worker, "worker", workers);
        if (args.kubernetesPodOperator) {
            allow(worker, "worker", podOperatorRules);
        }

        this.registerOutputs({});
    }
}
