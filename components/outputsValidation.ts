import { pullProblems } from "./access/registriesValidation";
import { authProblems } from "./airflow/authValidation";
import { adminProblems, urlProblems } from "./airflowKubernetesValidation";
import { dagsProblems, placesProblems } from "./dags/dagsValidation";
import { pythonPackagesProblems } from "./dags/packages/pythonPackagesValidation";
import { databaseProblems } from "./database/databaseValidation";
import { logsProblems } from "./logs/logsValidation";
import { metricsProblems } from "./monitoring/metricsValidation";
import { exposureProblems } from "./networking/exposureValidation";
import type { AirflowKubernetesArgs } from "./settings/airflowKubernetesArgs";
import { type AirflowSettings, withDefaults } from "./settings/airflowKubernetesDefaults";
import { DagDelivery } from "./settings/dagsArgs";
import { storageProblems } from "./storage/storageValidation";
import { tenancyProblems } from "./storage/tenancyValidation";
import { pinnedImage } from "./validation/checks";
import { checkedOutputs, type OutputCheck } from "./validation/outputs";
import type { Problem } from "./validation/problems";
import { textProblems } from "./validation/texts";

/** Paths of arguments that are right only together, and so wait for each other; all others are checked one by one. */
type Group = readonly string[];

const storageGroups: readonly Group[] = [
    ["storage.hostPath"],
    ["storage.dagsSize", "storage.logsSize", "storage.nfsServer.size", "logs.maximumSize", "database.backup.size"],
    ["storage.mountOptions"],
    ["storage.nfs"],
    ["storage.csi"],
    ["storage.storageClass"],
    ["storage.existingNamespace"],
    ["storage.claims.airflow"],
    ["storage.claims.workers"],
    ["storage.nfsServer.image"],
    ["storage.nfsServer.clients"],
    ["storage.nfsServer.storageClass"],
];

const databaseGroups: readonly Group[] = [
    ["database.image"],
    ["database.size"],
    ["database.storageClass"],
    ["database.backup.schedule"],
    ["database.cleanup.schedule"],
    ...["url", "endpointUrl", "region", "accessKeyId", "gcs.url", "gcs.project"].map(ofBackups),
    ...["accountUrl", "container", "folder", "managedIdentityClientId"].map((field) => ofBackups(`azureBlob.${field}`)),
    ...["host", "port", "name", "user"].map((field) => [`database.external.${field}`]),
];

const exposureGroups: readonly Group[] = [
    ...["className", "tlsSecretName", "issuer", "clusterIssuer"].map((field) => [`apiServer.ingress.${field}`]),
    ...["port", "nodePort", "loadBalancerSourceRanges"].map((field) => [`apiServer.externalService.${field}`]),
    ["apiServer.trustedProxies"],
];

/** Keys are not among them. */
const logsGroups: readonly Group[] = [
    ["logs.cleanupSchedule"],
    ...["url", "endpointUrl", "region", "accessKeyId", "gcs.url", "gcs.project", "cloudWatch.logGroupArn"].map(ofLogs),
    ...["accountUrl", "container", "folder", "managedIdentityClientId"].map((field) => ofLogs(`azureBlob.${field}`)),
];

/** Secrets are not among them. */
const authGroups: readonly Group[] = [
    ["auth.oidc.issuer"],
    ["auth.oidc.clientId"],
    ["auth.oidc.caCertificate"],
    ...["server", "baseDn", "bindDn", "userFilter", "caCertificate"].map((field) => [`auth.ldap.${field}`]),
    ...["serverUrl", "realm", "clientId"].map((field) => [`auth.keycloak.${field}`]),
];

/**
 * Arguments whose Outputs are checked as soon as they are known. Each check looks at the settings again in which those are known;
 * what is plain in them has been found right before.
 */
export function withOutputsChecked(args: AirflowKubernetesArgs): AirflowKubernetesArgs {
    return [
        ...checks(storageGroups, (settings) => [
            ...storageProblems(settings),
            ...tenancyProblems(settings),
            ...logsProblems(settings),
        ]),
        ...checks([["airflow.url"]], ({ airflow, ...settings }) => [
            ...urlProblems(airflow),
            ...exposureProblems({ ...settings, airflow }),
        ]),
        ...checks(exposureGroups, exposureProblems),
        ...checks([["airflow.image"]], imageProblems),
        ...checks([["airflow.imagePullSecrets"]], ({ airflow }) => pullProblems(airflow)),
        // Of their values nothing is known but that they are texts.
        ...checks([["airflow.options"], ["database.external.parameters"]], () => []),
        ...checks([["admin.user"], ["admin.email"]], adminProblems),
        ...checks([...authGroups, ...userGroups(args)], authProblems),
        ...checks([["dags.volume.image"], ["dags.volume.imagePath"], ["dags.gitSync.image"]], dagsProblems),
        ...checks([["pythonPackages.indexUrl"]], pythonPackagesProblems),
        ...checks(databaseGroups, databaseProblems),
        ...checks(logsGroups, logsProblems),
        ...checks([["metrics.statsd.image"], ["metrics.openTelemetry.endpoint"]], metricsProblems),
        ...checks([...repositoryGroups("dags.git"), ...bundleGroups(args)], placesProblems),
    ].reduce(checkedOutputs, args);
}

/** With any other delivery than `image`, the check of DAGs would read them again. */
function imageProblems(settings: AirflowSettings): Problem[] {
    return [
        ...pinnedImage("airflow.image", settings.airflow.image),
        ...(settings.dags.delivery === DagDelivery.Image ? dagsProblems(settings) : []),
    ];
}

function ofLogs(field: string): Group {
    return [`logs.remote.${field}`];
}

function ofBackups(field: string): Group {
    return [`database.backup.bucket.${field}`];
}

function checks(
    groups: readonly Group[],
    problems: (settings: AirflowSettings) => Problem[],
): OutputCheck<AirflowKubernetesArgs>[] {
    return groups.map((paths) => ({
        paths,
        problems: (args) => [...textProblems("", args), ...problems(withDefaults(args))],
    }));
}

/** Token and key are not among them: what waits for a secret is secret. */
function repositoryGroups(path: string): Group[] {
    return [
        ["repository", "username", "knownHosts", "caCertificate"].map((field) => `${path}.${field}`),
        [`${path}.ref`],
        [`${path}.subPath`],
    ];
}

function userGroups({ auth }: AirflowKubernetesArgs): Group[] {
    return (auth?.users ?? []).map((_user, index) => [`auth.users.${index}.email`]);
}

function bundleGroups({ dags }: AirflowKubernetesArgs): Group[] {
    return (dags?.bundles ?? []).flatMap((_bundle, index) => {
        const path = `dags.bundles.${index}`;
        const ofBuckets = ["s3.url", "s3.endpointUrl", "s3.region", "gcs.url"];
        return [...repositoryGroups(`${path}.git`), ...ofBuckets.map((field) => [`${path}.${field}`])];
    });
}
