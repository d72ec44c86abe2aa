import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Text of a script that lies beside the code which uses it, in a folder `scripts`. */
export function script(directory: string, name: string): string {
    return readFileSync(join(directory, "scripts", name), "utf8");
}
