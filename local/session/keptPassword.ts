import { projectName, stackValue } from "../pulumi/stackFile";
import { UserError } from "../support/errors";
import { output } from "../support/execution";
import { type Cluster, clusterEnvironment, kubectl } from "./targetCluster";

/** The password of the first user where the stack does not have it: from the Secret that its stack file names. */
export async function keptPassword(cluster: Cluster, namespace: string, stackFile: string): Promise<string> {
    const admin = stackValue(stackFile, `${projectName}:admin`) as
        | { passwordSecret?: { name: string; key: string } }
        | undefined;
    if (admin?.passwordSecret === undefined) {
        throw new UserError(
            "The stack has no password of the first user, and admin.passwordSecret is not set: run make up.",
        );
    }
    const { name, key } = admin.passwordSecret;
    const command = [...kubectl(cluster), "get", "secret", name, "--namespace", namespace, "--output", "json"];
    const { data } = JSON.parse(await output(command, { env: clusterEnvironment(cluster), timeout: 30_000 })) as {
        data?: Readonly<Record<string, string>>;
    };
    const encoded = data?.[key];
    if (encoded === undefined) {
        throw new UserError(`admin.passwordSecret: the Secret ${name} in ${namespace} has no key ${key}.`);
    }
    return Buffer.from(encoded, "base64").toString("utf8");
}
