import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { expect } from "chai";
import { buildRequirements, nfsClient } from "../../../local/nfs/index";
import { type CommandResult, capture, systemPath } from "../../../local/support/execution";
import { skip } from "../../support/skip";
import { type Behaviour, FakeServer } from "./fakeServer";

const missing = buildRequirements.filter(
    ({ name, directories }) =>
        !(directories ?? systemPath().split(delimiter)).some((directory) => existsSync(join(directory, name))),
);

/** What of the NFS client needs neither a cluster nor a mount: how it says that it can't. */
describe("mount.nfs", function () {
    this.timeout(60_000);
    let program = "";

    before(async function () {
        if (process.platform !== "linux") {
            skip(this, "it is a program for Linux");
        }
        if (missing.length > 0) {
            skip(this, `there is no ${missing.map(({ name }) => name).join(", no ")}, which make cluster-up installs`);
        }
        program = await nfsClient();
    });

    const run = (...arguments_: string[]): Promise<CommandResult> =>
        capture([program, ...arguments_], { timeout: 30_000 });

    async function refusal(...arguments_: string[]): Promise<string> {
        const { code, stdout, stderr } = await run(...arguments_);
        expect(code).to.equal(32);
        expect(stdout).to.equal("");
        expect(stderr).to.match(/^mount\.nfs: .*\n$/);
        return stderr;
    }

    async function refusalBy(behaviour: Behaviour, source = "127.0.0.1:/export/dags"): Promise<[string, string[]]> {
        const server = await FakeServer.start(behaviour);
        try {
            const options = `nfsvers=3,noresvport,port=${server.port},mountport=${server.port}`;
            return [await refusal(source, "/nowhere", "-o", options), server.paths];
        } finally {
            await server.stop();
        }
    }

    it("explains its use with mount(8)'s exit code for that", async () => {
        for (const arguments_ of [[], ["server:/path"], ["server:/path", "/a", "/b"], ["-x", "server:/path", "/a"]]) {
            const { code, stderr } = await run(...arguments_);
            expect(code).to.equal(1);
            expect(stderr).to.include("usage: mount.nfs SERVER:/PATH DIRECTORY");
        }
    });

    it("names an option that it does not know, or a value that it can't take", async () => {
        for (const [options, wrong] of [
            ["rw,no_such_option", "no_such_option"],
            ["hard,nfsvers=2", "nfsvers=2"],
            ["vers=five", "vers=five"],
            ["proto=udp", "proto=udp"],
            ["sec=krb5p", "sec=krb5p"],
            ["timeo=0", "timeo=0"],
            ["timeo=1s", "timeo=1s"],
            ["retrans=-1", "retrans=-1"],
            ["port=70000", "port=70000"],
            ["rsize=12", "rsize=12"],
            ["remount,ro", "remount"],
        ] as const) {
            expect(await refusal("127.0.0.1:/export", "/nowhere", "-o", options)).to.include(`"${wrong}"`);
        }
    });

    it("names a source that is none", async () => {
        for (const source of ["server", "server:", "server:path", ":/path", "[::1]/path"]) {
            expect(await refusal(source, "/nowhere")).to.include(`"${source}"`);
        }
    });

    it("names a host that nobody knows", async () => {
        expect(await refusal("nfs.invalid:/export", "/nowhere")).to.include("Failed to resolve server nfs.invalid");
    });

    it("says that the server offers no version 3", async () => {
        expect((await refusalBy({ hasVersion3: false }))[0]).to.include(
            "requested NFS version or transport protocol is not supported",
        );
    });

    it("hands on why the server does not let it mount", async () => {
        const [absent, paths] = await refusalBy({ hasVersion3: true, mountStatus: 2 });
        expect(absent).to.include(
            "mounting 127.0.0.1:/export/dags failed, reason given by server: No such file or directory",
        );
        expect(paths).to.deep.equal(["/export/dags"]);
        const [denied, asked] = await refusalBy({ hasVersion3: true, mountStatus: 13 }, "127.0.0.1:/a path/");
        expect(denied).to.include("access denied by server while mounting 127.0.0.1:/a path/");
        expect(asked).to.deep.equal(["/a path"]);
    });
});
