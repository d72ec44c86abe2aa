import { expect } from "chai";
import { accessSettings, debianSources } from "../../../local/images/debianSources";
import { platformArguments } from "../../../local/images/wheels";

describe("local/images: the machine's settings", () => {
    it("builds another release from the machine's own mirrors", () => {
        const targets = [
            "Debian|bookworm|main|http://mirror.example/debian/",
            "Debian|bookworm|contrib|http://mirror.example/debian/",
            "Debian|bookworm-updates|main|http://mirror.example/debian/",
            "Debian|bookworm-backports|main|http://mirror.example/debian/",
            "Debian|bookworm-security|main|http://mirror.example/security/",
            "Debian|bookworm|main|http://mirror.example/debian/",
            "Tools|bookworm|main|http://tools.example/",
            "$(ORIGIN)|$(CODENAME)|main|http://unread.example/",
            "",
        ];
        expect(debianSources(targets.join("\n"), "trixie")).to.deep.equal([
            "deb http://mirror.example/debian/ trixie main",
            "deb http://mirror.example/debian/ trixie-updates main",
            "deb http://mirror.example/security/ trixie-security main",
        ]);
    });

    it("leaves the mirror to mmdebstrap on a machine that is no Debian", () => {
        expect(debianSources("Ubuntu|noble|main|http://mirror.example/ubuntu/", "trixie")).to.deep.equal([]);
    });

    it("takes of apt's settings what reaches a mirror, and no other", () => {
        const settings = [
            'Acquire::http::Proxy "http://proxy.example:3128";',
            'Acquire::https::mirror.example::CaInfo "/etc/ssl/own.pem";',
            'Acquire::Check-Valid-Until "false";',
            'Acquire::Retries "5";',
            'Acquire::https "";',
            'Acquire::Languages "none";',
            'DPkg::Post-Invoke:: "rm -f /var/cache/apt/*.bin";',
        ];
        expect(accessSettings(settings.join("\n")).trim().split("\n")).to.deep.equal(settings.slice(0, 4));
    });

    it("asks pip for wheels of the image's Python, whatever the machine's is", () => {
        const arguments_ = platformArguments("3.11", 36);
        expect(arguments_).to.include.members(["--python-version=3.11", "--abi=cp311", "--abi=abi3", "--abi=none"]);
        for (const platform of ["manylinux_2_17_", "manylinux_2_36_", "manylinux2014_"]) {
            expect(arguments_.some((argument) => argument.startsWith(`--platform=${platform}`))).to.equal(true);
        }
        expect(arguments_.some((argument) => argument.includes("manylinux_2_37"))).to.equal(false);
    });
});
