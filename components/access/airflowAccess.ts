import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "../kubernetes/labels";
import { names } from "../kubernetes/names";
import { serviceAccount } from "../kubernetes/serviceAccount";
import type { AirflowNamespaces } from "../namespaces/airflowNamespaces";
import type { CommonSettings, WorkerSettings } from "../settings/airflowKubernetesDefaults";
import type { ServiceAccountArgs, ServiceAccountsArgs } from "../settings/serviceAccountsArgs";
import { apiServerRules, podOperatorRules, schedulerRules, tasksUseKubernetes, triggererRules } from "./podRules";
import { registrySecret } from "./registrySecret";
import { roleName } from "./roleName";
import type { ServiceAccountNames } from "./serviceAccountNames";

/** Arguments of {@link AirflowAccess}. */
export interface AirflowAccessArgs {
    readonly instance: string;
    readonly namespaces: AirflowNamespaces;
    readonly airflow: CommonSettings;
    /** Namespace of the database, if the component makes one. */
    readonly postgres?: pulumi.Input<string>;
    /** Whether that is another one than Airflow's, and than that of volumes. */
    readonly isPostgresAlone: boolean;
    /** Rights of tasks in the cluster; the triggerer shares them. */
    readonly workers: WorkerSettings;
    /** Name of Airflow's namespace. It distinguishes installations that have rights in the same namespace. */
    readonly installation: string;
    /** Annotations and labels. */
    readonly serviceAccounts: ServiceAccountsArgs;
    /** Whether the Execution API has api-servers of its own. */
    readonly hasExecutionApi: boolean;
}

/** A ServiceAccount, of the component's or of somebody else's. */
interface Account {
    /** What its Role is called, which is the name of the component's own. */
    readonly noun: string;
    readonly name: pulumi.Input<string>;
    readonly namespace: pulumi.Input<string>;
}

/**
 * A ServiceAccount for each process, pull Secrets, and rights for those that need them, in the workers' namespace and where
 * the user says. There is no ClusterRole, and no token in a pod that does not speak to the Kubernetes API.
 *
 * @see https://kubernetes.io/docs/reference/access-authn-authz/rbac/
 */
export class AirflowAccess extends pulumi.ComponentResource {
    /** Names of the ServiceAccounts of Airflow and its tasks. */
    public readonly names: pulumi.Output<ServiceAccountNames>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowAccessArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:AirflowAccess", name, {}, opts);

        const airflow = args.namespaces.airflow.metadata.name;
        const workers = args.namespaces.workers.metadata.name;
        const account = (
            accountName: string,
            noun: string,
            namespace: pulumi.Input<string>,
            { existing, annotations, labels }: ServiceAccountArgs = {},
        ): Account => {
            if (existing !== undefined) {
                return { noun: accountName, name: existing, namespace };
            }
            const metadata = {
                name: accountName,
                namespace,
                labels: { ...labels, ...objectLabels(args.instance, noun) },
                annotations,
            };
            const { imagePullSecrets } = args.airflow;
            const made = serviceAccount(`${name}-${noun}`, { metadata, imagePullSecrets }, this);
            return { noun: accountName, name: made.metadata.name, namespace: made.metadata.namespace };
        };
        const allow = (
            subject: Account,
            noun: string,
            rules: k8s.types.input.rbac.v1.PolicyRule[],
            elsewhere?: string,
        ) => {
            const labels = objectLabels(args.instance, noun);
            const metadata =
                elsewhere === undefined
                    ? { name: subject.noun, namespace: workers, labels }
                    : { name: `${args.installation}-${noun}`, namespace: elsewhere, labels };
            const place = elsewhere === undefined ? noun : `${noun}-${elsewhere}`;
            const role = new k8s.rbac.v1.Role(`${name}-${place}-role`, { metadata, rules }, { parent: this });
            return new k8s.rbac.v1.RoleBinding(
                `${name}-${place}-role-binding`,
                {
                    metadata,
                    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: roleName(role) },
                    subjects: [
                        {
                            kind: "ServiceAccount",
                            name: subject.name,
                            namespace: subject.namespace,
                        },
                    ],
                },
                { parent: this },
            );
        };

        const pull = (noun: string, namespace: pulumi.Input<string>) =>
            registrySecret(`${name}-${noun}`, { instance: args.instance, namespace, airflow: args.airflow }, this);
        pull("airflow", airflow);
        pull("workers", workers);
        if (args.postgres !== undefined && args.isPostgresAlone) {
            pull("postgres", args.postgres);
        }

        const { apiServer, dagProcessor, executionApi, jobs, scheduler, triggerer, worker } = args.serviceAccounts;
        const schedulerAccount = account(names.scheduler, "scheduler", airflow, scheduler);
        allow(schedulerAccount, "scheduler", schedulerRules);
        const apiServerAccount = account(names.apiServer, "api-server", airflow, apiServer);
        allow(apiServerAccount, "api-server", apiServerRules);
        const executionApiAccount = args.hasExecutionApi
            ? account(names.executionApi, "execution-api", airflow, executionApi)
            : apiServerAccount;
        const dagProcessorAccount = account(names.dagProcessor, "dag-processor", airflow, dagProcessor);
        const triggererAccount = account(names.triggerer, "triggerer", airflow, triggerer);
        const jobsAccount = account(names.jobs, "jobs", airflow, jobs);
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

        this.names = pulumi.output({
            apiServer: apiServerAccount.name,
            executionApi: executionApiAccount.name,
            scheduler: schedulerAccount.name,
            dagProcessor: dagProcessorAccount.name,
            triggerer: triggererAccount.name,
            jobs: jobsAccount.name,
            worker: workerAccount.name,
        });
        this.registerOutputs({ names: this.names });
    }
}
