import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "../kubernetes/labels";
import { replacedWithData } from "../kubernetes/replacement";
import { script } from "../kubernetes/script";
import { airflowJob } from "../pods/airflowJob";
import type { Mount } from "../pods/airflowPod";
import { paths } from "../pods/paths";
import type { ObjectSettings } from "../settings/airflowKubernetesDefaults";
import { ArgumentsError } from "../validation/problems";
import { textProblems } from "../validation/texts";
import type { AirflowPartArgs } from "./airflowProcess";
import { databaseJob } from "./databaseJob";
import { objectsProblems } from "./objectsValidation";

const component = "objects";
const file = "objects.json";

/**
 * Connections, variables and pools in Airflow's database, written by a Job. It is there when none is given, too: what was
 * given before is then removed.
 *
 * The Job reads them from a Secret that the provider names. Another value is a Secret of another name, and with it another
 * Job, whose name tells nothing of the value: a hash of a short password could be found by trying.
 */
export class ManagedObjects extends pulumi.ComponentResource {
    /** Name of the Secret that the Job reads, if any are given. */
    public readonly secret?: pulumi.Output<string>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: AirflowPartArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:ManagedObjects", name, {}, opts);

        const { objects } = args.settings;
        const isGiven = Object.values(objects).some((group) => Object.keys(group).length > 0);
        const secret = isGiven
            ? new k8s.core.v1.Secret(
                  `${name}-secret`,
                  {
                      metadata: {
                          namespace: args.namespace.metadata.name,
                          labels: objectLabels(args.instance, component),
                      },
                      stringData: pulumi.secret({ [file]: pulumi.output(objects).apply(objectsFile) }),
                  },
                  { parent: this, ...replacedWithData },
              ).metadata.name
            : undefined;
        const common = databaseJob(args, ["databaseConnection", "fernetKey"]);
        airflowJob(
            `${name}-job`,
            {
                ...common,
                noun: "manage-objects",
                component,
                script: script(__dirname, "manage_objects.py"),
                args: secret === undefined ? [] : [`${paths.objects}/${file}`],
                mounts: [...common.mounts, ...(secret === undefined ? [] : [secretMount(secret)])],
                trigger: secret,
                deadlineSeconds: 600,
            },
            { parent: this },
        );

        this.secret = secret;
        this.registerOutputs({});
    }
}

function secretMount(secretName: pulumi.Input<string>): Mount {
    return {
        volume: { name: "objects", secret: { secretName } },
        mount: { name: "objects", mountPath: paths.objects, readOnly: true },
    };
}

/** What the Job reads. Values that only the update knows are looked at when they arrive. */
function objectsFile(objects: pulumi.Unwrap<ObjectSettings>): string {
    const { connections, variables, pools } = objects;
    const problems = [...textProblems("airflow", objects), ...objectsProblems(objects)];
    if (problems.length > 0) {
        throw new ArgumentsError(problems);
    }
    return JSON.stringify({ connection: connections, variable: variables, pool: pools });
}
