import type * as pulumi from "@pulumi/pulumi";
import * as components from "../../components";

/** Arguments with the DAGs of the guide, where they name none: the component itself has no default for them. */
export function withExampleDags(args: components.AirflowKubernetesArgs): components.AirflowKubernetesArgs {
    const { delivery = components.DagDelivery.Volume, volume = {} } = args.dags ?? {};
    return delivery === components.DagDelivery.Volume && Object.keys(volume).length === 0
        ? { ...args, dags: { ...args.dags, volume: { folder: "examples/dags" } } }
        : args;
}

/** The component, for tests that are about other things than DAGs. */
export class AirflowKubernetes extends components.AirflowKubernetes {
    constructor(name: string, args: components.AirflowKubernetesArgs = {}, opts?: pulumi.ComponentResourceOptions) {
        super(name, withExampleDags(args), opts);
    }
}

/** What is wrong with arguments, for tests that are about other things than DAGs. */
export function validate(args: components.AirflowKubernetesArgs): components.Problem[] {
    return components.validate(withExampleDags(args));
}
