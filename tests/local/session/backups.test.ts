import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { chosen, megabytes, readList, uploadName } from "../../../local/session/backups";
import { folder, removeFolders } from "../../support/folders";

const kept = [
    { name: "airflow-20260102T000000Z-3.3.2-abc.dump", bytes: 1_500_000 },
    { name: "airflow-20260101T000000Z-3.3.2-abc.dump", bytes: 900 },
];

describe("backups, as make knows them", () => {
    afterEach(removeFolders);

    it("are read from what the script lists, and from nothing else that it prints", () => {
        const text = `A warning of Airflow\n${kept.map(({ name, bytes }) => `${name}\t${bytes}`).join("\n")}\n`;
        expect(readList(text)).to.deep.equal(kept);
        expect(readList("")).to.deep.equal([]);
    });

    it("are chosen by name, as the latest, or as a file of this machine", () => {
        const file = join(folder(), "mine.dump");
        writeFileSync(file, "x");
        expect(chosen(kept[1].name, kept)).to.deep.equal({ backup: kept[1].name });
        expect(chosen("latest", kept)).to.deep.equal({ backup: kept[0].name });
        expect(chosen(file, kept)).to.deep.equal({ file });
    });

    it("are listed where none is chosen, or one that is not there", () => {
        for (const asked of [undefined, "other.dump", "/", "/no/such/file.dump"]) {
            expect(() => chosen(asked, kept)).to.throw(`${kept[0].name} (1.5 MB)`);
        }
        expect(() => chosen("latest", [])).to.throw("There is no backup yet: make backup");
    });

    it("keep the name of an uploaded file, if it is one that a backup can have", () => {
        expect(uploadName("/home/ada/before-the-upgrade.dump")).to.equal("before-the-upgrade.dump");
        for (const file of ["airflow.sql", ".dump", "a b.dump", "-x.dump", "/tmp/.hidden.dump"]) {
            expect(() => uploadName(file)).to.throw("Rename the file");
        }
    });

    it("have sizes that people read", () => {
        expect([0, 1, 1500, 2_340_000].map(megabytes)).to.deep.equal(["0 kB", "1 kB", "2 kB", "2.3 MB"]);
    });
});
