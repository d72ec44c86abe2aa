import { join } from "node:path";
import type { Recipe } from "../recipe";

/** The container that holds a pod's namespaces. */
export const pause: Recipe = {
    reference: "registry.k8s.io/pause:3.10",
    config: { Entrypoint: ["/pause"], User: "65535:65535", WorkingDir: "/" },
    packages: ["gcc", "libc6-dev"],
    sources: [__dirname],
    async build(root, builder) {
        await builder.run("gcc", ["-Os", "-static", "-s", "-o", join(root, "pause"), join(__dirname, "pause.c")]);
    },
};
