import { resolve } from "node:path";
import { setting } from "../session/options";
import { main } from "../support/main";
import { say } from "../support/progress";
import { packLibrary } from "./library";

/** Builds the library and packs it as a tarball, for programs elsewhere. */
async function packAll(): Promise<undefined> {
    const tarball = await packLibrary(resolve(setting(process.env, "OUT") ?? "dist"));
    say(`The library is packed. In the folder of another program: npm install ${tarball}`);
}

main(packAll);
