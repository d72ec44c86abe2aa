import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { objectLabels } from "../kubernetes/labels";
import type { PlacedNamespace } from "../kubernetes/placedNamespace";
import { replacedWithData } from "../kubernetes/replacement";
import type { Mount } from "../pods/airflowPod";
import type { Environment } from "../pods/environment";
import { paths } from "../pods/paths";
import { webserverConfigName } from "./signIn";

/** Arguments of {@link WebserverConfig}. */
export interface WebserverConfigArgs {
    readonly instance: string;
    readonly namespace: PlacedNamespace;
    /** The files of its folder, by name. */
    readonly files: Readonly<Record<string, pulumi.Input<string>>>;
}

/** Tells Airflow's auth manager of the file. */
export const webserverConfigEnvironment: Environment = {
    AIRFLOW__FAB__CONFIG_FILE: `${paths.webserverConfig}/${webserverConfigName}`,
};

/**
 * The folder of a `webserver_config.py`: how people log in, and which roles they get. It is the user's, or the component's own with
 * the settings that it reads.
 *
 * @see https://airflow.apache.org/docs/apache-airflow-providers-fab/stable/auth-manager/webserver-authentication.html
 */
export class WebserverConfig extends pulumi.ComponentResource {
    /** Where the api-server and the Job of the first user find it. */
    public readonly mount: Mount;

    /** @param name The unique name of this component. */
    constructor(name: string, args: WebserverConfigArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:WebserverConfig", name, {}, opts);

        // Named by the provider: a changed text is a new ConfigMap, which rolls the api-server.
        const configMap = new k8s.core.v1.ConfigMap(
            `${name}-file`,
            {
                metadata: {
                    namespace: args.namespace.metadata.name,
                    labels: objectLabels(args.instance, "webserver-config"),
                },
                data: args.files,
            },
            { parent: this, ...replacedWithData },
        );

        this.mount = {
            volume: { name: "webserver-config", configMap: { name: configMap.metadata.name } },
            mount: { name: "webserver-config", mountPath: paths.webserverConfig, readOnly: true },
        };
        this.registerOutputs({});
    }
}
