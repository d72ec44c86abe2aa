import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../../kubernetes/known";
import { expanding } from "../../kubernetes/literal";
import { awsConnection } from "../../pods/connections";
import type { SecretVariable } from "../../pods/secretKeys";
import type { GcsBundleArgs } from "../../settings/dagsArgs";
import type { DagBundleSettings, S3BundleSettings } from "../../settings/dagsSettings";
import { type BundleEntry, bundleConnectionId, bundleNoun } from "./bundleEntry";

/** Entry of a bucket of S3 in the list of bundles. */
export function s3Entry({ name, refreshSeconds }: DagBundleSettings, { url }: S3BundleSettings): BundleEntry {
    return {
        name,
        classpath: "airflow.providers.amazon.aws.bundles.s3.S3DagBundle",
        kwargs: { aws_conn_id: bundleConnectionId(name), ...place(url), refresh_interval: refreshSeconds },
    };
}

/** Entry of a bucket of Google Cloud Storage in the list of bundles. */
export function gcsEntry({ name, refreshSeconds }: DagBundleSettings, { url }: GcsBundleArgs): BundleEntry {
    return {
        name,
        classpath: "airflow.providers.google.cloud.bundles.gcs.GCSDagBundle",
        kwargs: { gcp_conn_id: bundleConnectionId(name), ...place(url), refresh_interval: refreshSeconds },
    };
}

/** The bucket and the folder of a URL. Without its slash the folder would stand for others that begin like it. */
function place(url: pulumi.Input<string>): { bucket_name: pulumi.Input<string>; prefix: pulumi.Input<string> } {
    const parts = (known: string) => known.replace(/^[a-z0-9]+:\/\//, "").split("/");
    return {
        bucket_name: mapInput(url, (known) => parts(known)[0]),
        prefix: mapInput(url, (known) =>
            parts(known)
                .slice(1)
                .filter((part) => part !== "")
                .map((part) => `${part}/`)
                .join(""),
        ),
    };
}

/** The connection of a bucket of S3 without a value of the stack: somebody else keeps the secret access key, or there is none. */
export function s3Variable(name: string, s3: S3BundleSettings): SecretVariable | undefined {
    const { secretAccessKeySecret, accessKeyId, secretAccessKey } = s3;
    if (secretAccessKeySecret === undefined) {
        return accessKeyId === undefined && secretAccessKey === undefined
            ? { value: mapInput(s3, (known) => expanding(awsConnection(known), [])) }
            : undefined;
    }
    const variable = `AIRFLOW_SECRET_ACCESS_KEY_${bundleNoun(name).toUpperCase()}`;
    return {
        value: mapInput(s3, (known) => expanding(awsConnection(known, `$(${variable})`), [variable])),
        with: { [variable]: secretAccessKeySecret },
    };
}

/** The connection to Google Cloud: whoever uses it has a role there. */
export const gcsVariable: SecretVariable = { value: JSON.stringify({ conn_type: "google_cloud_platform" }) };
