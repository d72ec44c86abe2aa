import type * as pulumi from "@pulumi/pulumi";
import type { AirflowSettings } from "../airflowKubernetesDefaults";
import { PodSecurityLevel } from "../kubernetes/podSecurity";
import { podTemplateProblems } from "../pods/podTemplateValidation";
import { airflowNames } from "../pods/reservedNames";
import type { Problem } from "../problems";
import { check, oneOf, pinnedImage, resources, wholeNumber } from "../validation/checks";
import { dagsFolderFault } from "./dagsArchive";
import { DagDelivery, GitSubmodules } from "./dagsArgs";
import type { DagsVolumeSettings } from "./dagsSettings";
import { gitProblems } from "./gitValidation";
import { dagsArchiveFault } from "./tarFile";

/** Everything that is wrong with the delivery of DAGs. Settings of a delivery that is not chosen do not count. */
export function dagsProblems({ dags, airflow }: Pick<AirflowSettings, "dags" | "airflow">): Problem[] {
    const { delivery } = dags;
    return [
        ...oneOf("dags.delivery", delivery, DagDelivery),
        ...(delivery === DagDelivery.Volume ? volumeProblems(dags.volume) : []),
        ...(delivery === DagDelivery.Image ? imageProblems(dags.image.path, airflow.image) : []),
        ...(delivery === DagDelivery.GitSync || delivery === DagDelivery.GitBundle
            ? gitProblems(delivery, dags.git)
            : []),
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
        ...wholeNumber("dags.refreshSeconds", dags.refreshSeconds, 5, 30),
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
    if (given.length > 1) {
        const allowed = "one source: folder, archive, or image with imagePath";
        return [{ path: "dags.volume", allowed, remedy: `Given are ${given.join(" and ")}.` }];
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

function imageSourceProblems(image?: string, imagePath?: string): Problem[] {
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

/** A problem when a path is no plain absolute one. */
function absolutePath(path: string, value: string): Problem[] {
    const plain = /^(\/[^/\s]+)+$/.test(value) && !value.split("/").some((part) => part === "." || part === "..");
    return check(plain, path, value, "an absolute path without . and .. and not the root");
}
