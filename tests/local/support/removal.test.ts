import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { capture } from "../../../local/support/execution";
import { repositoryDirectory } from "../../../local/support/paths";
import { mountsBelow, removeTrees } from "../../../local/support/removal";
import { skip } from "../../support/skip";

describe("local/support: removal", () => {
    let directory: string;
    beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), "removal-"));
        mkdirSync(join(directory, "data", "disk"), { recursive: true });
        writeFileSync(join(directory, "data", "file"), "");
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    it("removes what is there, and minds nothing that is not", async () => {
        await removeTrees([join(directory, "data"), join(directory, "absent")]);
        expect(existsSync(join(directory, "data"))).to.equal(false);
        await removeTrees([]);
    });

    it("finds mounts at and below a path, however they are written", () => {
        const mounted = (path: string) => `31 1 254:0 / ${path} rw - ext4 /dev/vda rw\n`;
        const table = ["/a", "/a/b", "/a/with\\040blank", "/ab", "/c"].map(mounted).join("");
        expect(mountsBelow("/a", table)).to.deep.equal(["/a", "/a/b", "/a/with blank"]);
        expect(mountsBelow("/d", table)).to.deep.equal([]);
    });

    it("removes nothing when something is mounted below, and says what", async function () {
        if (process.getuid?.() !== 0) {
            skip(this, "only root can mount");
        }
        const module = join(repositoryDirectory, "local", "support", "removal");
        const disk = join(directory, "data", "disk");
        const program = `require(${JSON.stringify(module)}).removeTrees([${JSON.stringify(join(directory, "data"))}]).catch((error) => console.log(error.name, error.message))`;
        // In a mount namespace of its own, where the mount goes away with the shell.
        const script = `mount -t tmpfs test "$1" && touch "$1/mine" && "$2" --import tsx --eval "$3" && ls "$1"`;
        const { stdout, stderr } = await capture(
            ["unshare", "--mount", "sh", "-c", script, "sh", disk, process.execPath, program],
            { cwd: repositoryDirectory },
        );
        expect(stdout, stderr).to.match(new RegExp(`^UserError Nothing was removed: ${disk} is a mount.*\nmine\n$`));
        expect(existsSync(join(directory, "data", "file"))).to.equal(true);
    });
});
