import type { types } from "@pulumi/kubernetes";
import type { PolicyResource, StackValidationPolicy } from "@pulumi/policy";
import { known } from "../known";
import { kindOf, namespaceOf, type Pods, podsOf } from "../pods";

type Selector = types.output.meta.v1.LabelSelector;

const everybody = ["0.0.0.0/0", "::/0"];

export const loadBalancersAreClosed: StackValidationPolicy = {
    name: "load-balancers-are-closed",
    description: "A load balancer is open to named networks alone, or Airflow's URL is one of https.",
    validateStack: ({ resources }, reportViolation) => {
        const airflow = resources.filter(({ type }) => type === "airflow-kubernetes:index:AirflowKubernetes");
        const isEncrypted = airflow.length > 0 && airflow.every((component) => urlOf(component)?.startsWith("https:"));
        for (const service of resources.filter((resource) => kindOf(resource) === "Service")) {
            const { type, loadBalancerSourceRanges: ranges = [] } = (known(() => service.props.spec) ??
                {}) as types.output.core.v1.ServiceSpec;
            const isOpen = ranges.length === 0 || ranges.some((range) => everybody.includes(range));
            if (type === "LoadBalancer" && isOpen && !isEncrypted) {
                reportViolation(
                    `${service.name} lets everybody in, unencrypted: set loadBalancerSourceRanges, or airflow.url with https`,
                    service.urn,
                );
            }
        }
    },
};

function urlOf({ props }: PolicyResource): string | undefined {
    return known(() => props.airflow?.url ?? props.url);
}

export const podsHaveNetworkPolicies: StackValidationPolicy = {
    name: "pods-have-network-policies",
    description: "A NetworkPolicy of the stack says who may open connections to each pod.",
    validateStack: ({ resources }, reportViolation) => {
        const policies = resources.filter((resource) => kindOf(resource) === "NetworkPolicy");
        for (const resource of resources) {
            const pods = podsOf(resource);
            if (pods !== undefined && !policies.some((policy) => covers(policy, pods))) {
                reportViolation(
                    `no NetworkPolicy is for the pods of ${resource.name}: set networkPolicies.enabled, or make one`,
                    resource.urn,
                );
            }
        }
    },
};

/** Whether a policy is for connections to a pod. A namespace that is not known yet is taken for the pod's. */
function covers(policy: PolicyResource, { namespace, labels }: Pods): boolean {
    const of = namespaceOf(policy);
    const spec = known(() => policy.props.spec) as types.output.networking.v1.NetworkPolicySpec | undefined;
    const isHere = of === undefined || namespace === undefined || of === namespace;
    return isHere && (spec?.policyTypes ?? ["Ingress"]).includes("Ingress") && selects(spec?.podSelector, labels);
}

function selects(selector: Selector | undefined, labels: Readonly<Record<string, string>>): boolean {
    const wanted = Object.entries(selector?.matchLabels ?? {});
    return (
        wanted.every(([key, value]) => labels[key] === value) &&
        (selector?.matchExpressions ?? []).every(({ key, operator, values }) => {
            const value = labels[key];
            switch (operator) {
                case "In":
                    return value !== undefined && values.includes(value);
                case "NotIn":
                    return value === undefined || !values.includes(value);
                case "Exists":
                    return value !== undefined;
                default:
                    return value === undefined;
            }
        })
    );
}
