import type { Hosting } from "../airflowKubernetesArgs";
import type { Problem } from "../problems";
import { pinnedImage, quantity, resources } from "../validation/checks";
import type { DatabaseSettings } from "./databaseSettings";

/** Everything that is wrong with the database. */
export function databaseProblems(_hosting: Hosting, database: DatabaseSettings): Problem[] {
    const { password } = database;
    return [
        ...pinnedImage("database.image", database.image),
        ...quantity("database.size", database.size),
        ...(typeof password === "string" && !/^[\x21-\x7e]{8,128}$/.test(password)
            ? [{ path: "database.password", allowed: "8 to 128 printable characters without spaces" }]
            : []),
        ...resources("database.resources", database.resources),
    ];
}
