import type * as k8s from "@pulumi/kubernetes";
import type { Mount } from "../airflow/airflowPod";
import { literal } from "../kubernetes/literal";
import { restrictedContainer } from "../kubernetes/podSecurity";

/** Where what comes out of an image lies, until it is loaded. */
export const copyDirectory = "/copy";

/** The volume there. */
export const copyMount: Mount = {
    volume: { name: "copy", emptyDir: {} },
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

/** A container of an image of the user's, of which nothing is expected but a shell, `cp` and `touch`. */
export function copyContainer(image: string, imagePath: string): k8s.types.input.core.v1.Container {
    return {
        name: "copy",
        image,
        imagePullPolicy: "IfNotPresent",
        terminationMessagePolicy: "FallbackToLogsOnError",
        command: ["sh", "-c", copyScript, "sh", literal(imagePath), copyDirectory],
        resources: {
            requests: { cpu: "10m", memory: "16Mi" },
            limits: { cpu: "1", memory: "128Mi" },
        },
        securityContext: restrictedContainer(),
        volumeMounts: [copyMount.mount],
    };
}
