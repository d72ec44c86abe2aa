import type * as pulumi from "@pulumi/pulumi";
import { type ContainerResources, withResources } from "../kubernetes/resources";
import type { SecretKeyArgs } from "../kubernetes/secretKeyArgs";
import type { PodTemplatePatch } from "../pods/podTemplate";
import { DagDelivery, type DagsArgs, GitSubmodules } from "./dagsArgs";

/** The git-sync that the tests run with. */
export const gitSyncImage = "registry.k8s.io/git-sync/git-sync:v4.7.1";

/** {@link DagsArgs} with nothing left open. */
export interface DagsSettings {
    readonly delivery: DagDelivery;
    readonly volume: DagsVolumeSettings;
    readonly git: GitSettings;
    readonly gitSync: GitSyncSettings;
    readonly image: { readonly path: string };
    readonly refreshSeconds: number;
}

/** What is loaded onto the shared volume. A right one has either folder, archive, or image and imagePath. */
export interface DagsVolumeSettings {
    readonly folder?: string;
    readonly archive?: string;
    readonly image?: string;
    readonly imagePath?: string;
}

/** A Git repository of DAGs. */
export interface GitSettings {
    /** Empty when none is given. */
    readonly repository: string;
    readonly ref: string;
    /** Relative; empty for the root of the repository. */
    readonly subPath: string;
    readonly username: string;
    readonly token?: pulumi.Input<string>;
    readonly tokenSecret?: SecretKeyArgs;
    readonly sshKey?: pulumi.Input<string>;
    readonly sshKeySecret?: SecretKeyArgs;
    readonly knownHosts?: string;
    readonly caCertificate?: string;
}

/** Settings of git-sync. */
export interface GitSyncSettings {
    readonly periodSeconds: number;
    readonly depth: number;
    readonly submodules: GitSubmodules;
    readonly image: string;
    readonly resources: ContainerResources;
    readonly podTemplate?: PodTemplatePatch;
}

const gitSyncResources = { requests: { cpu: "10m", memory: "64Mi" }, limits: { cpu: "1", memory: "512Mi" } };

/** Fills in every default of the delivery of DAGs. */
export function dagsSettings(args: DagsArgs = {}): DagsSettings {
    const { folder, archive, image, imagePath } = args.volume ?? {};
    const none = archive === undefined && image === undefined && imagePath === undefined;
    return {
        delivery: args.delivery ?? DagDelivery.Volume,
        volume: { folder: folder ?? (none ? "examples/dags" : undefined), archive, image, imagePath },
        git: {
            repository: args.git?.repository ?? "",
            ref: args.git?.ref ?? "main",
            subPath: (args.git?.subPath ?? "").replace(/^(\.\/)+|\/+$/g, ""),
            username: args.git?.username ?? "git",
            token: args.git?.token,
            tokenSecret: args.git?.tokenSecret,
            sshKey: args.git?.sshKey,
            sshKeySecret: args.git?.sshKeySecret,
            knownHosts: args.git?.knownHosts,
            caCertificate: args.git?.caCertificate,
        },
        gitSync: {
            periodSeconds: args.gitSync?.periodSeconds ?? 10,
            depth: args.gitSync?.depth ?? 1,
            submodules: args.gitSync?.submodules ?? GitSubmodules.Recursive,
            image: args.gitSync?.image ?? gitSyncImage,
            resources: withResources(gitSyncResources, args.gitSync?.resources),
            podTemplate: args.gitSync?.podTemplate,
        },
        image: { path: args.image?.path ?? "/opt/airflow/dags" },
        refreshSeconds: args.refreshSeconds ?? 20,
    };
}
