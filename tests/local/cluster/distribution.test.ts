import { expect } from "chai";
import { isSupported, parseOsRelease } from "../../../local/cluster/distribution";

const releases: [name: string, text: string, supported: boolean][] = [
    [
        "Debian 11",
        'PRETTY_NAME="Debian GNU/Linux 11 (bullseye)"\nVERSION_ID="11"\nVERSION_CODENAME=bullseye\nID=debian\n',
        false,
    ],
    [
        "Debian 12",
        'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nID=debian\n',
        true,
    ],
    [
        "Debian 13",
        'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nVERSION_ID="13"\nVERSION_CODENAME=trixie\nID=debian\n',
        true,
    ],
    ["Debian unstable", 'PRETTY_NAME="Debian GNU/Linux forky/sid"\nVERSION_CODENAME=forky\nID=debian\n', true],
    [
        "Ubuntu 20.04",
        'PRETTY_NAME="Ubuntu 20.04.6 LTS"\nVERSION_ID="20.04"\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=focal\n',
        false,
    ],
    [
        "Ubuntu 22.04",
        'PRETTY_NAME="Ubuntu 22.04.4 LTS"\nVERSION_ID="22.04"\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=jammy\n',
        true,
    ],
    [
        "Ubuntu 24.04",
        'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=noble\n',
        true,
    ],
    [
        "Linux Mint 22",
        'PRETTY_NAME="Linux Mint 22"\nVERSION_ID="22"\nID=linuxmint\nID_LIKE="ubuntu debian"\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n',
        true,
    ],
    [
        "Linux Mint 20",
        'PRETTY_NAME="Linux Mint 20"\nVERSION_ID="20"\nID=linuxmint\nID_LIKE=ubuntu\nVERSION_CODENAME=ulyana\nUBUNTU_CODENAME=focal\n',
        false,
    ],
    ["Fedora 42", 'PRETTY_NAME="Fedora Linux 42 (Workstation Edition)"\nVERSION_ID=42\nID=fedora\n', false],
    ["Arch", 'PRETTY_NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n', false],
    ["nothing", "", false],
];

describe("local/cluster: distribution", () => {
    for (const [name, text, supported] of releases) {
        it(`${supported ? "takes" : "refuses"} ${name}`, () => {
            expect(isSupported(parseOsRelease(text))).to.equal(supported);
        });
    }

    it("reads names with and without quotes", () => {
        expect(parseOsRelease("NAME='A B'\nID=\"x\"\nVERSION_ID=1\n# comment\n")).to.deep.include({
            name: "A B",
            id: "x",
            version: "1",
        });
    });
});
