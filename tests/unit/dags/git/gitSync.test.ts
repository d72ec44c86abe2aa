import { expect } from "chai";
import { gitFiles, gitFilesName } from "../../../../components/dags/git/gitFiles";
import { gitSyncEnvironment } from "../../../../components/dags/git/gitSyncEnvironment";
import { publishedKnownHosts } from "../../../../components/dags/git/knownHosts";
import { GitSubmodules } from "../../../../components/settings/dagsArgs";
import { dagsSettings } from "../../../../components/settings/dagsSettings";

const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

const always = {
    GITSYNC_DEPTH: "1",
    GITSYNC_GROUP_WRITE: "true",
    GITSYNC_HTTP_BIND: ":1234",
    GITSYNC_LINK: "current",
    GITSYNC_MAX_FAILURES: "360",
    GITSYNC_PERIOD: "10s",
    GITSYNC_REF: "main",
    GITSYNC_ROOT: "/opt/airflow/dags/git",
    GITSYNC_STALE_WORKTREE_TIMEOUT: "15m",
    GITSYNC_SUBMODULES: "recursive",
    HOME: "/tmp",
};

describe("gitSyncEnvironment", () => {
    it("names a public repository, and no credential", () => {
        const repository = "https://github.com/team/dags";
        expect(gitSyncEnvironment(dagsSettings({ git: { repository } }))).to.deep.equal({
            ...always,
            GITSYNC_REPO: repository,
        });
    });

    it("names the file of a token, never the token", () => {
        const repository = "https://git.example.org/dags";
        const git = { repository, token: "s3cret", username: "robot", caCertificate: certificate };
        expect(gitSyncEnvironment(dagsSettings({ git }))).to.deep.equal({
            ...always,
            GITSYNC_REPO: repository,
            GITSYNC_USERNAME: "robot",
            GITSYNC_PASSWORD_FILE: "/etc/git-secret/token",
            GITSYNC_GIT_CONFIG: "http.sslCAInfo:/etc/git-files/ca.crt",
        });
    });

    it("names the files of a key and of the host's keys, which are always checked", () => {
        const repository = "git@github.com:team/dags";
        expect(gitSyncEnvironment(dagsSettings({ git: { repository, sshKey: "k" } }))).to.deep.equal({
            ...always,
            GITSYNC_REPO: repository,
            GITSYNC_SSH_KEY_FILE: "/etc/git-secret/ssh",
            GITSYNC_SSH_KNOWN_HOSTS: "true",
            GITSYNC_SSH_KNOWN_HOSTS_FILE: "/etc/git-files/known_hosts",
        });
    });

    it("ends after an hour of failures, and after three where it looks once an hour", () => {
        const limit = (periodSeconds: number) =>
            gitSyncEnvironment(
                dagsSettings({ git: { repository: "https://github.com/team/dags" }, gitSync: { periodSeconds } }),
            ).GITSYNC_MAX_FAILURES;
        expect([1, 60, 3600].map(limit)).to.deep.equal(["3600", "60", "3"]);
    });

    it("says what a user set: ref, period, depth, submodules", () => {
        const dags = dagsSettings({
            git: { repository: "https://github.com/team/dags", ref: "v1.2" },
            gitSync: { periodSeconds: 60, depth: 0, submodules: GitSubmodules.Off },
        });
        expect(gitSyncEnvironment(dags)).to.include({
            GITSYNC_REF: "v1.2",
            GITSYNC_PERIOD: "60s",
            GITSYNC_DEPTH: "0",
            GITSYNC_SUBMODULES: "off",
        });
    });

    it("uses the variables of version 4 only", () => {
        const { git } = dagsSettings({ git: { repository: "git@github.com:team/dags", sshKey: "k" } });
        const names = Object.keys(gitSyncEnvironment({ ...dagsSettings(), git }));
        expect(names.filter((name) => !name.startsWith("GITSYNC_"))).to.deep.equal(["HOME"]);
    });
});

describe("gitFiles", () => {
    it("are the host's keys and the authority, as far as there are any", () => {
        expect(gitFiles(dagsSettings({ git: { repository: "https://github.com/a/b" } }).git)).to.deep.equal({});
        expect(gitFiles(dagsSettings({ git: { repository: "git@github.com:a/b", sshKey: "k" } }).git)).to.deep.equal({
            known_hosts: publishedKnownHosts("github.com"),
        });
        const { git } = dagsSettings({ git: { repository: "https://h/a", caCertificate: `${certificate}\n\n` } });
        expect(gitFiles(git)).to.deep.equal({ "ca.crt": `${certificate}\n` });
    });

    it("have a name that changes with them, and with nothing else", () => {
        const name = (git: Parameters<typeof dagsSettings>[0]) => gitFilesName(dagsSettings(git).git);
        const ssh = name({ git: { repository: "git@github.com:a/b", sshKey: "key" } });
        expect(ssh).to.match(/^airflow-git-[0-9a-f]{10}$/);
        expect(name({ git: { repository: "git@github.com:c/d", ref: "x", sshKey: "k" } })).to.equal(ssh);
        expect(name({ git: { repository: "git@gitlab.com:a/b", sshKey: "key" } })).to.not.equal(ssh);
    });
});
