import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import type { AirflowNamespaces } from "../namespaces/airflowNamespaces";
import { apiServerRules, podOperatorRules, schedulerRules, triggererRules } from "./podRules";
import type { ServiceAccountArgs, ServiceAccountsArgs } from "./serviceAccountsArgs";

/** Arguments of {@link AirflowAccess}. */
export interface AirflowAccessArgs {
    readonly instance: string;
    readonly namespaces: AirflowNamespaces;
    readonly imagePullSecrets: string[];
    /** Namespace of the database, if the component makes one. */
    readonly postgres?: pulumi.Input<string>;
    /** Whether tasks may make pods in their own namespace, and the triggerer may follow them. */
    readonly kubernetesPodOperator: boolean;
    /** Annotations and labels. */
    readonly serviceAccounts: ServiceAccountsArgs;
}

/**
 * A ServiceAccount for each process, and rights for those that need them, in the workers' namespace only. There is no ClusterRole,
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
        const account = (
            accountName: string,
            noun: string,
            namespace: pulumi.Input<string>,
            { annotations, labels }: ServiceAccountArgs = {},
        ) =>
            new k8s.core.v1.ServiceAccount(
                `${name}-${noun}`,
                {
                    metadata: {
                        name: accountName,
                        namespace,
                        labels: { ...labels, ...objectLabels(args.instance, noun) },
                        annotations,
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

        const { apiServer, dagProcessor, jobs, scheduler, triggerer, worker } = args.serviceAccounts;
        allow(account(names.scheduler, "scheduler", airflow, scheduler), "scheduler", schedulerRules);
        allow(account(names.apiServer, "api-server", airflow, apiServer), "api-server", apiServerRules);
        account(names.dagProcessor, "dag-processor", airflow, dagProcessor);
        const triggererAccount = account(names.triggerer, "triggerer", airflow, triggerer);
        account(names.jobs, "jobs", airflow, jobs);
        if (args.postgres !== undefined) {
            account(names.postgres, "postgres", args.postgres);
        }
        const workerAccount = account(names.worker, "worker", workers, worker);
        if (args.kubernetesPodOperator) {
            allow(workerAccount, "worker", podOperatorRules);
            allow(triggererAccount, "triggerer", triggererRules);
        }

        this.registerOutputs({});
    }
}
