import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../../kubernetes/known";
import { literal } from "../../kubernetes/literal";
import { restrictedContainer } from "../../kubernetes/podSecurity";
import { withDisk } from "../../kubernetes/resources";
import type { Mount } from "../../pods/airflowPod";

/** Where the files of an image lie until they are loaded. */
export const copyDirectory = "/copy";

/** The volume there. */
export const copyMount: Mount = {
    volume: { name: "copy", emptyDir: { sizeLimit: "4Gi" } },
    mount: { name: "copy", mountPath: copyDirectory },
};

/**
 * Commands for a shell that may be a very small one. They never fail: the container after this one says what is wrong, in a
 * sentence.
 */
const copyScript = [
    'mkdir -p "$2/files"',
    'if cp -R "$1/." "$2/files/" 2>"$2/said"; then touch "$2/done"; fi',
    "exit 0",
].join("\n");

/** A container of a user's image, which only needs a shell, `cp` and `touch`. */
export function copyContainer(
    image: pulumi.Input<string>,
    imagePath: pulumi.Input<string>,
): k8s.types.input.core.v1.Container {
    return {
        name: "copy",
        image,
        imagePullPolicy: "IfNotPresent",
        terminationMessagePolicy: "FallbackToLogsOnError",
        command: ["sh", "-c", copyScript, "sh", mapInput(imagePath, literal), copyDirectory],
        resources: withDisk({ requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "1", memory: "128Mi" } }),
        securityContext: restrictedContainer(),
        volumeMounts: [copyMount.mount],
    };
}
