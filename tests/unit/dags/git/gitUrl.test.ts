import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { holdsCredentials, parseGitUrl } from "../../../../components/dags/git/gitUrl";
import {
    knownHostsFault,
    knownHostsFile,
    publishedHosts,
    publishedKnownHosts,
} from "../../../../components/dags/git/knownHosts";
import { sshKeyFault } from "../../../../components/dags/git/sshKey";
import { dagsSettings } from "../../../../components/settings/dagsSettings";

describe("parseGitUrl", () => {
    it("knows https, ssh and the short form of ssh", () => {
        expect(parseGitUrl("https://GitHub.com/team/dags.git")).to.deep.equal({
            protocol: "https",
            host: "github.com",
        });
        expect(parseGitUrl("http://git.local:8080/d")).to.deep.equal({
            protocol: "http",
            host: "git.local",
            port: 8080,
        });
        expect(parseGitUrl("ssh://git@host.example:2222/d.git")).to.deep.equal({
            protocol: "ssh",
            host: "host.example",
            port: 2222,
            user: "git",
        });
        expect(parseGitUrl("git@gitlab.com:team/dags.git")).to.deep.equal({
            protocol: "ssh",
            host: "gitlab.com",
            user: "git",
        });
    });

    for (const wrong of [
        "",
        "dags",
        "/srv/dags.git",
        "file:///srv/dags.git",
        "git://host/dags.git",
        "ftp://host/dags",
        "https://host",
        "https://host/",
        "https://host/a b",
        "https://host/a?token=x",
        "https://host/a#b",
        "https://user@host/a",
        "https://user:secret@host/a",
        "ssh://host/a",
        "ssh://git:secret@host/a",
        "git@host",
        "git@host://a",
        "-oProxyCommand=x@host:a",
        "host:path",
    ]) {
        it(`takes ${JSON.stringify(wrong)} for none that the deliveries can read`, () => {
            expect(parseGitUrl(wrong)).to.equal(undefined);
        });
    }

    it("knows what may be a password", () => {
        for (const url of ["https://user:pw@host/a", "https://token@host/a", "ssh://git:pw@host/a", "http://a:b@h/"]) {
            expect(holdsCredentials(url), url).to.equal(true);
        }
        for (const url of ["https://host/a@b", "ssh://git@host/a", "git@host:a", "https://host/a:b"]) {
            expect(holdsCredentials(url), url).to.equal(false);
        }
    });
});

describe("known hosts", () => {
    /** What the hosts publish as fingerprints of their keys, each in documentation of its own. */
    const fingerprints: Record<string, Record<string, string>> = {
        "github.com": {
            "ssh-ed25519": "+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU",
            "ecdsa-sha2-nistp256": "p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM",
            "ssh-rsa": "uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s",
        },
        "gitlab.com": {
            "ssh-ed25519": "eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8",
            "ecdsa-sha2-nistp256": "HbW3g8zUjNSksFbqTiUWPWg2Bq1x8xdGUrliXFzSnUw",
            "ssh-rsa": "ROQFvPThGrW4RuWLoL9tq9I9zJ42fK4XywyRtbOz/EQ",
        },
        "bitbucket.org": {
            "ssh-ed25519": "ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM",
            "ecdsa-sha2-nistp256": "FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0",
            "ssh-rsa": "46OSHA1Rmj8E8ERTC6xkNcmGOw9oFxYr0WF6zWW8l1E",
        },
    };

    it("are those that GitHub, GitLab and Bitbucket publish, of all kinds", () => {
        expect(publishedHosts).to.deep.equal(Object.keys(fingerprints));
        for (const host of publishedHosts) {
            const lines = (publishedKnownHosts(host) ?? "").trimEnd().split("\n");
            const found = lines.map((line) => {
                const [name, kind, key] = line.split(" ");
                expect(name).to.equal(host);
                // The kind is written into the key as well.
                const bytes = Buffer.from(key, "base64");
                expect(bytes.toString("latin1", 4, 4 + bytes.readUInt32BE(0))).to.equal(kind);
                return [kind, createHash("sha256").update(bytes).digest("base64").replace(/=+$/, "")];
            });
            expect(Object.fromEntries(found), host).to.deep.equal(fingerprints[host]);
        }
        expect(publishedKnownHosts("example.org")).to.equal(undefined);
        expect(publishedKnownHosts("constructor")).to.equal(undefined);
    });

    it("are a file for ssh only, and the user's lines come in place of what is built in", () => {
        const file = (git: Parameters<typeof dagsSettings>[0]) => knownHostsFile(dagsSettings(git).git);
        expect(file({ git: { repository: "https://github.com/a/b" } })).to.equal(undefined);
        const ssh = { repository: "git@github.com:a/b", sshKey: "k" };
        expect(file({ git: ssh })).to.equal(publishedKnownHosts("github.com"));
        expect(file({ git: { ...ssh, knownHosts: "github.com x y\n\n" } })).to.equal("github.com x y\n");
        // Whether there is one is known before the URL is.
        const later = pulumi.output("git@github.com:a/b");
        expect(file({ git: { repository: later } })).to.equal(undefined);
        for (const key of [{ sshKey: "k" }, { sshKeySecret: { name: "n", key: "k" } }]) {
            expect(pulumi.Output.isInstance(file({ git: { repository: later, ...key } }))).to.equal(true);
        }
    });

    const key = "AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    it("have to be lines of a known_hosts file for the host", () => {
        const line = (hosts: string) => `${hosts} ssh-ed25519 ${key}`;
        expect(knownHostsFault(line("example.org"), "example.org")).to.equal(undefined);
        expect(knownHostsFault(`# comment\n\n${line("a,example.org,b")} me\n`, "example.org")).to.equal(undefined);
        expect(knownHostsFault(line("[example.org]:2222"), "example.org", 2222)).to.equal(undefined);
        expect(knownHostsFault(line("example.org"), "example.org", 22)).to.equal(undefined);
        expect(knownHostsFault(line("*.example.org"), "git.example.org")).to.equal(undefined);
        expect(knownHostsFault(line("|1|abc=|def="), "example.org")).to.equal(undefined);
        expect(knownHostsFault(`@cert-authority ${line("example.org")}`, "example.org")).to.equal(undefined);
        expect(knownHostsFault(line("other.org"), "example.org")).to.equal("no line is for example.org");
        expect(knownHostsFault(line("example.org"), "example.org", 2222)).to.equal("no line is for [example.org]:2222");
        expect(knownHostsFault(`@revoked ${line("example.org")}`, "example.org")).to.contain("no line is for");
        expect(knownHostsFault("# nothing", "example.org")).to.equal("there is no line in it");
        expect(knownHostsFault(`${line("example.org")}\nssh-ed25519 ${key}`, "example.org")).to.contain(
            "line 2 is not",
        );
    });
});

describe("sshKeyFault", () => {
    /** A key's text with the mark of OpenSSH's format and the name of a cipher; the rest of it does not matter. */
    const openSsh = (cipher: string) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(cipher.length);
        const bytes = Buffer.concat([Buffer.from("openssh-key-v1\0"), length, Buffer.from(cipher), Buffer.alloc(40)]);
        const lines = bytes.toString("base64").replace(/(.{40})/g, "$1\n");
        return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`;
    };
    const pem = (kind: string, header = "") => `-----BEGIN ${kind}-----\n${header}MIIE\n-----END ${kind}-----`;

    it("accepts private keys in OpenSSH and PEM format", () => {
        for (const key of [openSsh("none"), pem("RSA PRIVATE KEY"), pem("PRIVATE KEY"), pem("EC PRIVATE KEY")]) {
            expect(sshKeyFault(key)).to.equal(undefined);
        }
    });

    it("refuses a passphrase, a public key and anything else, without showing it", () => {
        const locked = [
            openSsh("aes256-ctr"),
            pem("ENCRYPTED PRIVATE KEY"),
            pem("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\n"),
        ];
        for (const key of locked) {
            expect(sshKeyFault(key)).to.contain("passphrase");
        }
        expect(sshKeyFault("ssh-ed25519 AAAA me")).to.contain("public half");
        expect(sshKeyFault("hunter2")).to.equal("it is no private key");
    });
});
