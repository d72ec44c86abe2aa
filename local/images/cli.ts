import { existsSync } from "node:fs";
import { UserError } from "../support/errors";
import { main } from "../support/main";
import { archivePath } from "./archives";
import {
    askedImageNames,
    buildImages,
    ensureImages,
    type ImageName,
    imageNames,
    recipes,
    testImageNames,
} from "./index";
import { lockRequirements } from "./lockRequirements";

const all = [...imageNames, ...testImageNames, ...askedImageNames];

const usage = `usage: cli.ts build|import|list [${all.join("|")} ...]
       cli.ts lock
  build   makes the archives that the cache lacks
  import  does that, then imports what the running local cluster lacks
  list    shows the images, their archives, and whether these are built
  lock    writes the lock files of the images with Python packages anew
Without names: the images that a cluster needs; list shows all.`;

function isImageName(name: string): name is ImageName {
    return name in recipes;
}

async function images([command, ...names]: string[]): Promise<undefined> {
    const unknown = names.filter((name) => !isImageName(name));
    if (unknown.length > 0) {
        throw new UserError(`unknown image: ${unknown.join(", ")}; there are ${all.join(", ")}`);
    }
    const chosen = names.length > 0 ? names.filter(isImageName) : imageNames;
    switch (command) {
        case "build":
            console.log((await buildImages(chosen)).join("\n"));
            return;
        case "import":
            await ensureImages(chosen);
            return;
        case "list":
            for (const name of names.length > 0 ? chosen : all) {
                const archive = archivePath(name, recipes[name]);
                console.log(`${recipes[name].reference}\t${existsSync(archive) ? "built" : "to build"}\t${archive}`);
            }
            return;
        case "lock":
            await lockRequirements("airflow", "2026-09-18");
            await lockRequirements("airflow-3.2", "2026-05-30");
            await lockRequirements("airflow-keycloak", "2026-09-18");
            await lockRequirements("test-servers", "2026-09-18");
            return;
        default:
            throw new UserError(usage);
    }
}

main(() => images(process.argv.slice(2)));
