import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../kubernetes/known";
import type { PodTemplatePatch } from "../kubernetes/podTemplatePatch";
import { type ContainerResources, withDisk, withResources } from "../kubernetes/resources";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import {
    type DagBundleArgs,
    DagBundleKind,
    DagDelivery,
    type DagsArgs,
    type GcsBundleArgs,
    type GitArgs,
    GitSubmodules,
    type LocalBundleArgs,
    type S3BundleArgs,
} from "./dagsArgs";

/** The git-sync that the tests run with. */
export const gitSyncImage = "registry.k8s.io/git-sync/git-sync:v4.7.1";

/** {@link DagsArgs} with nothing left open. */
export interface DagsSettings {
    readonly delivery: DagDelivery;
    readonly volume: DagsVolumeSettings;
    readonly git: GitSettings;
    readonly gitSync: GitSyncSettings;
    readonly image: { readonly path: string };
    readonly bundles: readonly DagBundleSettings[];
    /** Relative to the DAGs, or absolute; undefined where none is named. */
    readonly pluginsFolder?: string;
    readonly refreshSeconds: number;
}

/** A further bundle of DAGs. A right one has the group of its kind, and no other. */
export interface DagBundleSettings {
    readonly name: string;
    readonly kind: DagBundleKind;
    readonly git?: GitSettings;
    readonly s3?: S3BundleSettings;
    readonly gcs?: GcsBundleArgs;
    readonly local?: LocalBundleArgs;
    readonly refreshSeconds: number;
}

/** A bucket of S3, with its region. */
export interface S3BundleSettings extends S3BundleArgs {
    readonly region: pulumi.Input<string>;
}

/** What is loaded onto the shared volume. A right one has either folder, archive, or image and imagePath. */
export interface DagsVolumeSettings {
    readonly folder?: string;
    readonly archive?: string;
    readonly image?: pulumi.Input<string>;
    readonly imagePath?: pulumi.Input<string>;
}

/** A Git repository of DAGs. */
export interface GitSettings {
    /** Empty when none is given. */
    readonly repository: pulumi.Input<string>;
    readonly ref: pulumi.Input<string>;
    /** Relative; empty for the root of the repository. */
    readonly subPath: pulumi.Input<string>;
    readonly username: pulumi.Input<string>;
    readonly token?: pulumi.Input<string>;
    readonly tokenSecret?: SecretKeyArgs;
    readonly sshKey?: pulumi.Input<string>;
    readonly sshKeySecret?: SecretKeyArgs;
    readonly knownHosts?: pulumi.Input<string>;
    readonly caCertificate?: pulumi.Input<string>;
}

/** Settings of git-sync. */
export interface GitSyncSettings {
    readonly periodSeconds: number;
    readonly depth: number;
    readonly submodules: GitSubmodules;
    readonly image: pulumi.Input<string>;
    readonly resources: ContainerResources;
    readonly podTemplate?: PodTemplatePatch;
}

const gitSyncResources = withDisk(
    { requests: { cpu: "10m", memory: "64Mi" }, limits: { cpu: "1", memory: "512Mi" } },
    "1Gi",
);

/** Fills in every default of the delivery of DAGs. */
export function dagsSettings(args: DagsArgs = {}): DagsSettings {
    const refreshSeconds = args.refreshSeconds ?? 20;
    return {
        delivery: args.delivery ?? DagDelivery.Volume,
        volume: args.volume ?? {},
        git: gitSettings(args.git),
        gitSync: {
            periodSeconds: args.gitSync?.periodSeconds ?? 10,
            depth: args.gitSync?.depth ?? 1,
            submodules: args.gitSync?.submodules ?? GitSubmodules.Recursive,
            image: args.gitSync?.image ?? gitSyncImage,
            resources: withResources(gitSyncResources, args.gitSync?.resources),
            podTemplate: args.gitSync?.podTemplate,
        },
        image: { path: args.image?.path ?? "/opt/airflow/dags" },
        bundles: (args.bundles ?? []).map((bundle) => bundleSettings(bundle, refreshSeconds)),
        pluginsFolder: args.pluginsFolder?.replace(/^(\.\/)+|\/+$/g, ""),
        refreshSeconds,
    };
}

function gitSettings(args: GitArgs = {}): GitSettings {
    return {
        repository: args.repository ?? "",
        ref: args.ref ?? "main",
        subPath: mapInput(args.subPath ?? "", (path) => path.replace(/^(\.\/)+|\/+$/g, "")),
        username: args.username ?? "git",
        token: args.token,
        tokenSecret: args.tokenSecret,
        sshKey: args.sshKey,
        sshKeySecret: args.sshKeySecret,
        knownHosts: args.knownHosts,
        caCertificate: args.caCertificate,
    };
}

function bundleSettings(args: DagBundleArgs, refreshSeconds: number): DagBundleSettings {
    const { name, kind, git, s3, gcs, local } = args;
    return {
        name,
        kind,
        ...((git !== undefined || kind === DagBundleKind.Git) && { git: gitSettings(git) }),
        ...(s3 !== undefined && { s3: { ...s3, region: s3.region ?? "us-east-1" } }),
        gcs,
        local,
        refreshSeconds: args.refreshSeconds ?? refreshSeconds,
    };
}

/** Whether DAGs lie on the shared volume. */
export function dagsOnVolume({ delivery }: DagsSettings): boolean {
    return delivery === DagDelivery.Volume || delivery === DagDelivery.GitSync;
}
