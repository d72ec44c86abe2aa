import { readFileSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { goBinary } from "../../cluster/binaries";
import { requiredVersion } from "../../support/goProgram";
import type { Recipe } from "../recipe";
import { goProgramSource } from "../recipeHash";

const module_ = resolve(__dirname, "../../cluster/go/coredns");
const version = requiredVersion(readFileSync(join(module_, "go.mod"), "utf8"), "github.com/coredns/coredns");

/** The cluster's DNS server. It asks nobody over TLS, so it needs no certificates. */
export const coredns: Recipe = {
    reference: `registry.k8s.io/coredns/coredns:${version}`,
    config: {
        Entrypoint: ["/coredns"],
        User: "65532:65532",
        WorkingDir: "/",
        ExposedPorts: { "53/tcp": {}, "53/udp": {} },
    },
    packages: [],
    sources: [__dirname, module_, goProgramSource, resolve(__dirname, "../../cluster/binaries.ts")],
    async build(root) {
        await copyFile(await goBinary("coredns"), join(root, "coredns"));
    },
};
