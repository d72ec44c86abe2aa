import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { keptLogs, removingOldLogs } from "../../../components/airflow/oldLogs";
import { folder, removeFolders } from "../../support/folders";

/** The first pause is over at once, and the next one is not. */
const impatient = `#!/bin/sh
[ -e "$CLOCK" ] && exec /bin/sleep 20
touch "$CLOCK"
`;

describe("removingOldLogs", function () {
    this.timeout(30_000);
    afterEach(removeFolders);

    /** What is left of files of so many days, and of empty folders of so many days, after a round. */
    function leftAfter(kept: Parameters<typeof removingOldLogs>[1]): { code: number | null; left: string[] } {
        const root = folder({
            "bin/sleep": impatient,
            "logs/a/old.log": "x",
            "logs/b/young.log": "x",
            "logs/c/empty.log": "",
        });
        chmodSync(join(root, "bin/sleep"), 0o755);
        mkdirSync(join(root, "logs/hollow"));
        const days = { "a/old.log": 8, "b/young.log": 6, "c/empty.log": 2, hollow: 2 };
        for (const [name, age] of Object.entries(days)) {
            const then = new Date(Date.now() - age * 86_400_000);
            utimesSync(join(root, "logs", name), then, then);
        }
        // The round is over when the second pause has begun.
        const start = ["sh", "-c", 'while [ ! -e "$CLOCK" ]; do /bin/sleep 0.1; done; /bin/sleep 1; exit 7'];
        const [command, ...args] = removingOldLogs(join(root, "logs"), kept, start);
        const { status } = spawnSync(command, args, {
            env: { PATH: `${join(root, "bin")}:${process.env.PATH}`, CLOCK: join(root, "clock") },
            stdio: "ignore",
        });
        return { code: status, left: Object.keys(days).filter((name) => existsSync(join(root, "logs", name))) };
    }

    it("removes files that are too old, beside a process that ends as it would without", () => {
        expect(leftAfter({ minutes: 7 * 1440 })).to.deep.equal({
            code: 7,
            left: ["b/young.log", "c/empty.log", "hollow"],
        });
    });

    it("removes the oldest when all together are too large", () => {
        expect(leftAfter({ minutes: 30 * 1440, bytes: 1 })).to.deep.equal({
            code: 7,
            left: ["b/young.log", "c/empty.log", "hollow"],
        });
    });

    it("removes what is empty after a day, too, where logs have gone elsewhere", () => {
        expect(leftAfter(keptLogs({ retentionDays: 7 }))).to.deep.equal({ code: 7, left: ["b/young.log"] });
        expect(leftAfter(keptLogs({ retentionDays: 0 })).left).to.deep.equal(["a/old.log", "b/young.log"]);
    });
});
