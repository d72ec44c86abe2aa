import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { WorkerSettings } from "../airflowKubernetesDefaults";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import type { AirflowNamespaces } from "../namespaces/airflowNamespaces";
import { apiServerRules, podOperatorRules, schedulerRules, tasksUseKubernetes, triggererRules } from "./podRules";
import type { ServiceAccountArgs, ServiceAccountsArgs } from "./serviceAccountsArgs";

/** Arguments of {@link AirflowAccess}. */
export interface AirflowAccessArgs {
    readonly instance: string;
    readonly namespaces: AirflowNamespaces;
    readonly imagePullSecrets: string[];
    /** Namespace of the database, if the component makes one. */
    readonly postgres?: pulumi.Input<string>;
    /** What tasks may do in the cluster, and the triggerer for them. */
    readonly workers: WorkerSettings;
    /** Name of Airflow's namespace, which tells installations apart that have rights in one namespace. */
    readonly installation: string;
    /** Annotations and labels. */
    readonly serviceAccounts: ServiceAccountsArgs;
}

/**
 * A ServiceAccount for each process, and rights for those that need them, in the workers' namespace and where the user says.
 * There is no ClusterRole, and no token in a pod that does not speak to the Kubernetes API.
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
            elsewhere?: string,
        ) => {
            const labels = objectLabels(args.instance, noun);
            const metadata =
                elsewhere === undefined
                    ? { name: subject.metadata.name, namespace: workers, labels }
                    : { name: `${args.installation}-${noun}`, namespace: elsewhere, labels };
            const place = elsewhere === undefined ? noun : `${noun}-${elsewhere}`;
            const role = new k8s.rbac.v1.Role(`${name}-${place}-role`, { metadata, rules }, { parent: this });
            return new k8s.rbac.v1.RoleBinding(
                `${name}-${place}-role-binding`,
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
        if (tasksUseKubernetes(args.workers)) {
            const { kubernetesPodOperator, podNamespaces, rules } = args.workers;
            const ofTasks = [...(kubernetesPodOperator ? podOperatorRules : []), ...rules];
            const ofTriggerer = [...(kubernetesPodOperator ? triggererRules : []), ...rules];
            for (const elsewhere of [undefined, ...podNamespaces]) {
                allow(workerAccount, "worker", ofTasks, elsewhere);
                allow(triggererAccount, "triggerer", ofTriggerer, elsewhere);
            }
        }

        this.registerOutputs({});
    }
}
