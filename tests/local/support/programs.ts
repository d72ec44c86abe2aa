import { delimiter } from "node:path";
import { folder } from "../../support/folders";

/**
 * Puts programs of a test in front of those of the machine for the tests of a suite: shell scripts by their names. With `alone`
 * nothing else is on the PATH, as on a machine that lacks all others.
 */
export function programsOnPath(scripts: Readonly<Record<string, string>>, { alone = false } = {}): void {
    const before = process.env.PATH;
    beforeEach(() => {
        const files = Object.entries(scripts).map(([name, script]) => [name, `#!/bin/bash\n${script}\n`]);
        const directory = folder(Object.fromEntries(files), 0o755);
        process.env.PATH = alone ? directory : [directory, before].join(delimiter);
    });
    afterEach(() => {
        process.env.PATH = before;
    });
}
