import type { PodUser } from "../kubernetes/podSecurity";
import { paths } from "../pods/paths";
import { DagBundleKind, DagDelivery } from "../settings/dagsArgs";
import {
    type DagBundleSettings,
    type DagsSettings,
    dagsOnVolume,
    type S3BundleSettings,
} from "../settings/dagsSettings";
import { awsServiceProblems } from "../validation/aws";
import { absolutePath, check, knownText, oneOf, wholeNumber } from "../validation/checks";
import type { Problem } from "../validation/problems";
import { secretProblems } from "../validation/secrets";
import { mainBundleName } from "./bundles/bundleEntry";
import { gitProblems } from "./git/gitValidation";

/** Names that Airflow has given to bundles of its own. */
const takenNames: readonly string[] = [mainBundleName, "example_dags"];

/** Everything that is wrong with further bundles of DAGs. */
export function bundlesProblems(dags: DagsSettings, podUser: PodUser): Problem[] {
    const { bundles, delivery } = dags;
    return [
        ...check(
            delivery !== DagDelivery.Bundles || bundles.length > 0,
            "dags.bundles",
            undefined,
            "one bundle or more with the delivery bundles",
        ),
        ...bundles.flatMap((bundle, index) => {
            const path = `dags.bundles[${index}]`;
            return [
                ...check(
                    /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/.test(bundle.name) && !takenNames.includes(bundle.name),
                    `${path}.name`,
                    bundle.name,
                    `1 to 40 lower-case letters, digits and dashes, a letter first and no dash last, and not ${mainBundleName}`,
                ),
                ...check(
                    bundles.findIndex(({ name }) => name === bundle.name) === index,
                    `${path}.name`,
                    bundle.name,
                    "each name once",
                ),
                ...oneOf(`${path}.kind`, bundle.kind, DagBundleKind),
                ...wholeNumber(`${path}.refreshSeconds`, bundle.refreshSeconds, 5, 3600),
                ...groupProblems(path, bundle),
                ...placeProblems(path, bundle, dags, podUser),
            ];
        }),
    ];
}

/** Each kind has the group of its name, and no other. */
function groupProblems(path: string, bundle: DagBundleSettings): Problem[] {
    const { kind } = bundle;
    const kinds = Object.values(DagBundleKind);
    if (!kinds.includes(kind)) {
        return [];
    }
    return kinds.flatMap((group) =>
        check(
            (bundle[group] !== undefined) === (group === kind),
            `${path}.${group}`,
            undefined,
            group === kind ? `settings, which the kind ${kind} needs` : `nothing with the kind ${kind}`,
        ),
    );
}

function placeProblems(path: string, bundle: DagBundleSettings, dags: DagsSettings, podUser: PodUser): Problem[] {
    const { kind, git, s3, gcs, local } = bundle;
    switch (kind) {
        case DagBundleKind.Git:
            return git === undefined
                ? []
                : gitProblems(
                      { path: `${path}.git`, reader: "a bundle of the kind git", isBundle: true },
                      git,
                      podUser,
                  );
        case DagBundleKind.S3:
            return s3 === undefined ? [] : s3Problems(`${path}.s3`, s3);
        case DagBundleKind.Gcs:
            return gcs === undefined ? [] : bucketProblems(`${path}.gcs.url`, "gs", gcs.url);
        case DagBundleKind.Local:
            return local === undefined ? [] : localProblems(`${path}.local.path`, local.path, dags);
        default:
            return [];
    }
}

function bucketProblems(path: string, scheme: string, url: unknown): Problem[] {
    const pattern = new RegExp(`^${scheme}://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/[\\w!.*'()-]+)*/?$`);
    return knownText(path, url, pattern, `a bucket and a folder in it, such as ${scheme}://bucket/dags`);
}

function s3Problems(path: string, s3: S3BundleSettings): Problem[] {
    const { url, accessKeyId, secretAccessKey, secretAccessKeySecret } = s3;
    const secret = secretAccessKey ?? secretAccessKeySecret;
    return [
        ...bucketProblems(`${path}.url`, "s3", url),
        ...awsServiceProblems(path, s3),
        ...secretProblems(`${path}.secretAccessKey`, secretAccessKey, secretAccessKeySecret),
        ...check(
            (accessKeyId === undefined) === (secret === undefined),
            accessKeyId === undefined ? `${path}.accessKeyId` : `${path}.secretAccessKey`,
            undefined,
            "accessKeyId together with secretAccessKey or secretAccessKeySecret, or neither",
        ),
    ];
}

/** A folder in which DAGs of the delivery lie would have each of them twice. */
function localProblems(path: string, folder: string, dags: DagsSettings): Problem[] {
    const held = dagsOnVolume(dags) ? [paths.dags] : dags.delivery === DagDelivery.Image ? [dags.image.path] : [];
    const within = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}/`);
    return [
        ...absolutePath(path, folder),
        ...check(
            !held.some((other) => within(folder, other) || within(other, folder)),
            path,
            folder,
            `a folder apart from ${held.join()}, where the DAGs of the delivery are`,
        ),
    ];
}
