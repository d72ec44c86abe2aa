import type * as pulumi from "@pulumi/pulumi";
import { PodSecurityLevel } from "../kubernetes/podSecurity";
import { podTemplateProblems } from "../pods/podTemplateValidation";
import { airflowNames } from "../pods/reservedNames";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { DagDelivery, GitSubmodules } from "../settings/dagsArgs";
import type { DagsSettings, DagsVolumeSettings } from "../settings/dagsSettings";
import { absolutePath, check, oneOf, pinnedImage, resources, wholeNumber } from "../validation/checks";
import type { Problem } from "../validation/problems";
import { bundlesProblems } from "./bundlesValidation";
import { gitProblems } from "./git/gitValidation";
import { dagsFolderFault } from "./volume/dagsArchive";
import { dagsArchiveFault } from "./volume/tarFile";

/** Everything that is wrong with the delivery of DAGs. Settings of a delivery that is not chosen do not count. */
export function dagsProblems({ dags, airflow }: Pick<AirflowSettings, "dags" | "airflow">): Problem[] {
    const { delivery } = dags;
    return [
        ...oneOf("dags.delivery", delivery, DagDelivery),
        ...(delivery === DagDelivery.Volume ? volumeProblems(dags.volume) : []),
        ...(delivery === DagDelivery.Image ? imageProblems(dags.image.path, airflow.image) : []),
        ...placesProblems({ dags, airflow }),
        ...pluginsProblems(dags),
        ...wholeNumber("dags.gitSync.periodSeconds", dags.gitSync.periodSeconds, 1, 3600),
        ...wholeNumber("dags.gitSync.depth", dags.gitSync.depth, 0, 1_000_000),
        ...oneOf("dags.gitSync.submodules", dags.gitSync.submodules, GitSubmodules),
        ...pinnedImage("dags.gitSync.image", dags.gitSync.image),
        ...resources("dags.gitSync.resources", dags.gitSync.resources),
        ...podTemplateProblems("dags.gitSync.podTemplate", dags.gitSync.podTemplate, {
            container: "git-sync",
            reserved: airflowNames,
            podSecurity: PodSecurityLevel.Restricted,
            imageArgument: "dags.gitSync.image",
        }),
        ...wholeNumber("dags.refreshSeconds", dags.refreshSeconds, 5, 3600),
    ];
}

/** What is wrong with repositories and buckets, none of which is on this machine. */
export function placesProblems({ dags, airflow }: Pick<AirflowSettings, "dags" | "airflow">): Problem[] {
    const { delivery } = dags;
    const reader = `the delivery ${delivery}`;
    const isBundle = delivery === DagDelivery.GitBundle;
    return [
        ...(isBundle || delivery === DagDelivery.GitSync
            ? gitProblems({ path: "dags.git", reader, isBundle }, dags.git, airflow.podUser)
            : []),
        ...bundlesProblems(dags, airflow.podUser),
    ];
}

/** There has to be one source of DAGs. */
function volumeProblems({ folder, archive, image, imagePath }: DagsVolumeSettings): Problem[] {
    const fromImage = image !== undefined || imagePath !== undefined;
    const given = [
        ...(folder === undefined ? [] : ["folder"]),
        ...(archive === undefined ? [] : ["archive"]),
        ...(fromImage ? ["image with imagePath"] : []),
    ];
    if (given.length !== 1) {
        const allowed = "one source of DAGs: folder, archive, or image with imagePath";
        return [
            {
                path: "dags.volume",
                allowed,
                remedy: `Given ${given.length === 0 ? "is none" : `are ${given.join(" and ")}`}.`,
            },
        ];
    }
    if (fromImage) {
        return imageSourceProblems(image, imagePath);
    }
    if (archive !== undefined) {
        const fault = dagsArchiveFault(archive);
        const allowed = "an archive (.tar, .tar.gz, .tgz) of this machine with Python files, at most 5 MiB compressed";
        return check(fault === undefined, "dags.volume.archive", archive, allowed, remedy(fault));
    }
    const fault = dagsFolderFault(folder ?? "");
    const allowed = "a folder of this machine with Python files, at most 5 MiB compressed";
    return check(fault === undefined, "dags.volume.folder", folder, allowed, remedy(fault));
}

function remedy(fault?: string): string {
    return `With this one, ${fault}. Paths are relative to the program.`;
}

function imageSourceProblems(image?: pulumi.Input<string>, imagePath?: pulumi.Input<string>): Problem[] {
    return [
        ...(image === undefined
            ? [{ path: "dags.volume.image", allowed: "an image, together with dags.volume.imagePath" }]
            : pinnedImage("dags.volume.image", image)),
        ...(imagePath === undefined
            ? [{ path: "dags.volume.imagePath", allowed: "the folder of DAGs in dags.volume.image" }]
            : absolutePath("dags.volume.imagePath", imagePath)),
    ];
}

function imageProblems(path: string, image: pulumi.Input<string>): Problem[] {
    const stock = typeof image === "string" && /^(docker\.io\/)?apache\/airflow[:@]/.test(image);
    return [
        ...absolutePath("dags.image.path", path),
        ...check(
            !stock,
            "airflow.image",
            image,
            "an image of your own that holds the DAGs, with the delivery image",
            "The image of the Airflow project holds none. Build one FROM it, with a new tag for each build.",
        ),
    ];
}

/** Where there is no folder of DAGs in the pods, plugins cannot lie beside them. */
function pluginsProblems({ delivery, pluginsFolder }: DagsSettings): Problem[] {
    const path = "dags.pluginsFolder";
    if (pluginsFolder === undefined || !Object.values<string>(DagDelivery).includes(delivery)) {
        return [];
    }
    if (pluginsFolder.startsWith("/")) {
        return absolutePath(path, pluginsFolder);
    }
    if (delivery === DagDelivery.GitBundle || delivery === DagDelivery.Bundles) {
        const allowed = `an absolute path in the image, with the delivery ${delivery}`;
        const remedy = "Airflow reads a bundle only where it parses or runs a DAG of it, and loads plugins everywhere.";
        return [{ path, value: pluginsFolder, allowed, remedy }];
    }
    const plain = /^[^/\s]+(\/[^/\s]+)*$/.test(pluginsFolder);
    const parts = pluginsFolder.split("/");
    return check(
        plain && !parts.some((part) => part.startsWith(".")),
        path,
        pluginsFolder,
        "a folder below that of the DAGs: a relative path without parts that begin with a dot",
    );
}
