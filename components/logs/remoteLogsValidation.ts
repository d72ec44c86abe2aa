import type { AzureBlobLogsArgs, CloudWatchLogsArgs, GcsLogsArgs } from "../settings/logsArgs";
import type { RemoteLogsSettings } from "../settings/logsSettings";
import { awsServiceProblems } from "../validation/aws";
import { check, knownText } from "../validation/checks";
import type { Problem } from "../validation/problems";
import { secretProblems } from "../validation/secrets";
import { gcsKeyProblems } from "./gcsKey";

/** Problems of the place of logs. Values that are not known yet are taken as right. */
export function remoteLogsProblems(remote: RemoteLogsSettings): Problem[] {
    const { cloudWatch } = remote;
    return [
        ...placeProblems("logs.remote", remote, "one place of logs: url (an S3 bucket), gcs, azureBlob or cloudWatch"),
        ...(cloudWatch ? cloudWatchProblems("logs.remote", cloudWatch) : []),
    ];
}

/** Problems of a bucket of backups, likewise. */
export function backupBucketProblems(bucket: RemoteLogsSettings): Problem[] {
    return placeProblems(
        "database.backup.bucket",
        bucket,
        "one place of backups: url (an S3 bucket), gcs or azureBlob",
    );
}

function placeProblems(root: string, remote: RemoteLogsSettings, allowed: string): Problem[] {
    const { azureBlob, cloudWatch, gcs, url } = remote;
    const given = Object.entries({ url, gcs, azureBlob, cloudWatch })
        .filter(([, value]) => value !== undefined)
        .map(([kind]) => kind);
    return [
        ...check(given.length === 1, root, given.length === 0 ? undefined : given, allowed),
        ...(url === undefined ? strayProblems(root, remote) : s3Problems(root, remote)),
        ...(gcs ? gcsProblems(root, gcs) : []),
        ...(azureBlob ? azureProblems(root, azureBlob) : []),
    ];
}

/** Settings of a bucket where there is none. */
function strayProblems(root: string, remote: RemoteLogsSettings): Problem[] {
    return (["endpointUrl", "region", "accessKeyId", "secretAccessKey", "secretAccessKeySecret"] as const).flatMap(
        (field) => check(remote[field] === undefined, `${root}.${field}`, undefined, `nothing without ${root}.url`),
    );
}

function s3Problems(root: string, remote: RemoteLogsSettings): Problem[] {
    const { accessKeyId, url } = remote;
    const secretAccessKey = remote.secretAccessKey ?? remote.secretAccessKeySecret;
    return [
        ...knownText(
            `${root}.url`,
            url,
            /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[\w!.*'()/-]*)?$/,
            "a bucket and a folder in it, such as s3://bucket/airflow",
        ),
        ...awsServiceProblems(root, remote),
        ...secretProblems(`${root}.secretAccessKey`, remote.secretAccessKey, remote.secretAccessKeySecret),
        ...check(
            accessKeyId === undefined || secretAccessKey !== undefined,
            `${root}.secretAccessKey`,
            undefined,
            `the secret half of ${root}.accessKeyId`,
            `Set ${root}.secretAccessKey.`,
        ),
        ...check(
            secretAccessKey === undefined || accessKeyId !== undefined,
            `${root}.accessKeyId`,
            undefined,
            "the access key that the secret access key goes with",
        ),
    ];
}

function gcsProblems(root: string, { url, project, key, keySecret }: GcsLogsArgs): Problem[] {
    return [
        ...knownText(
            `${root}.gcs.url`,
            url,
            /^gs:\/\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9](\/[\w!.*'()/-]*)?$/,
            "a bucket and a folder in it, such as gs://bucket/airflow",
        ),
        ...knownText(`${root}.gcs.project`, project, /^([a-z0-9.-]+:)?[a-z0-9-]+$/, "the id of a project"),
        ...secretProblems(`${root}.gcs.key`, key, keySecret),
        ...(typeof key === "string" ? gcsKeyProblems(key) : []),
    ];
}

function azureProblems(root: string, args: AzureBlobLogsArgs): Problem[] {
    const { accountUrl, container, folder, managedIdentityClientId, accountKey, accountKeySecret } = args;
    const path = `${root}.azureBlob`;
    const hasKey = accountKey !== undefined || accountKeySecret !== undefined;
    return [
        ...knownText(
            `${path}.accountUrl`,
            accountUrl,
            /^https:\/\/[a-z0-9]{3,24}(-secondary)?(\.[a-z0-9]+)*\.blob\.[a-z0-9.-]+\/?$/,
            "the blob endpoint of a storage account, such as https://account.blob.core.windows.net",
        ),
        ...knownText(
            `${path}.container`,
            container,
            /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/,
            "the name of a container: 3 to 63 lower-case letters, digits and single dashes",
        ),
        ...knownText(
            `${path}.folder`,
            folder,
            /^[\w.-]+(\/[\w.-]+)*$/,
            "a folder of letters, digits, dots, dashes and underscores, without a / at its ends",
        ),
        ...secretProblems(`${path}.accountKey`, accountKey, accountKeySecret),
        ...(typeof accountKey === "string" && !/^[A-Za-z0-9+/]{40,}={0,2}$/.test(accountKey)
            ? [{ path: `${path}.accountKey`, allowed: "a key of the storage account, which is base64" }]
            : []),
        ...check(
            managedIdentityClientId === undefined || !hasKey,
            `${path}.managedIdentityClientId`,
            undefined,
            `nothing together with ${path}.accountKey`,
        ),
        ...knownText(
            `${path}.managedIdentityClientId`,
            managedIdentityClientId,
            /^[0-9a-fA-F-]{36}$/,
            "a client id, a UUID",
        ),
    ];
}

function cloudWatchProblems(root: string, { logGroupArn }: CloudWatchLogsArgs): Problem[] {
    return knownText(
        `${root}.cloudWatch.logGroupArn`,
        logGroupArn,
        /^arn:aws[a-z-]*:logs:[a-z0-9-]+:\d{12}:log-group:[\w./#-]{1,512}(:\*)?$/,
        "the ARN of a log group, such as arn:aws:logs:eu-west-1:123456789012:log-group:airflow",
    );
}
