import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { nfsGanesha } from "../../../local/images/nfs-ganesha/recipe";
import { repositoryDirectory } from "../../../local/support/paths";

const folder = join(repositoryDirectory, "images/nfs-ganesha");

describe("images/nfs-ganesha", () => {
    it("is built from the same packages and by the same script, locally and by its Containerfile", () => {
        const containerfile = readFileSync(join(folder, "Containerfile"), "utf8");
        expect(containerfile).to.contain("COPY packages install.sh /build/");
        expect(containerfile).to.contain("$(cat /build/packages)").and.to.contain("sh /build/install.sh");
        expect(nfsGanesha.sources).to.include(folder);
    });

    it("lists packages, one a line, those with the server and its backend among them", () => {
        const packages = readFileSync(join(folder, "packages"), "utf8").trim().split("\n");
        expect(packages.filter((name) => !/^[a-z0-9][a-z0-9.+-]+$/.test(name))).to.deep.equal([]);
        expect(packages).to.include.members(["nfs-ganesha", "nfs-ganesha-vfs", "rpcbind", "netbase"]);
    });

    describe("install.sh", () => {
        let root: string;

        beforeEach(() => {
            root = mkdtempSync(join(tmpdir(), "ganesha-"));
            mkdirSync(join(root, "etc/ganesha"), { recursive: true });
            mkdirSync(join(root, "bin"));
            writeFileSync(join(root, "etc/ganesha/vfs.conf"), "EXPORT {}");
            writeFileSync(join(root, "etc/services"), "sunrpc\t\t111/tcp\tportmapper\n");
            for (const name of ["ganesha.nfsd", "nfs-ls", "rpcbind"]) {
                writeFileSync(join(root, "bin", name), "", { mode: 0o755 });
            }
        });

        afterEach(() => rmSync(root, { recursive: true }));

        function install(): number | null {
            const script = readFileSync(join(folder, "install.sh"), "utf8").replaceAll(" /etc/", ` ${root}/etc/`);
            const path = `${join(root, "bin")}:/usr/bin:/bin`;
            return spawnSync("/bin/sh", ["-s"], { input: script, env: { PATH: path } }).status;
        }

        it("leaves the table of mounts, and no configuration of the package's", () => {
            expect(install()).to.equal(0);
            expect(readlinkSync(join(root, "etc/mtab"))).to.equal("/proc/self/mounts");
            expect(existsSync(join(root, "etc/ganesha"))).to.equal(true);
            expect(existsSync(join(root, "etc/ganesha/vfs.conf"))).to.equal(false);
        });

        it("fails where rpcbind would listen nowhere", () => {
            writeFileSync(join(root, "etc/services"), "nfs\t\t2049/tcp\n");
            expect(install()).not.to.equal(0);
        });

        it("fails without the server", () => {
            rmSync(join(root, "bin/ganesha.nfsd"));
            expect(install()).not.to.equal(0);
        });
    });
});
