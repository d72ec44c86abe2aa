import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withTables } from "../convert/guide";
import { main } from "../support/main";
import { repositoryDirectory } from "../support/paths";
import { say } from "../support/progress";

/** The guide whose tables are made from the converter's own. */
export const guideFile = join(repositoryDirectory, "docs/from-the-helm-chart.md");

/** Writes the tables of the guide anew. */
async function writeGuide(): Promise<undefined> {
    writeFileSync(guideFile, withTables(readFileSync(guideFile, "utf8")));
    say(`${guideFile} has the tables of local/convert/mapping.ts.`);
}

if (require.main === module) {
    main(writeGuide);
}
