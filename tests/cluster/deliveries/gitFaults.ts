import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { repositoryDirectory } from "../../../local/support/paths";
import { type GitRepository, type Look, TestServers } from "../support/testServers";

const script = readFileSync(join(repositoryDirectory, "components/dags/git/scripts/check_repository.py"), "utf8");

/**
 * What the check of a repository says of faults that only a real server shows. The script runs beside the servers: a
 * `make up` for each would say the same a minute later.
 */
export function gitFaults(): void {
    interface Case {
        readonly way: "https" | "ssh" | "public";
        readonly look: (repository: GitRepository, servers: TestServers) => Promise<Look> | Look;
        readonly says: RegExp;
    }
    const cases: Readonly<Record<string, Case>> = {
        "nothing wrong by https": { way: "https", look: (right) => right.look(), says: /: 1 Python files/ },
        "nothing wrong by ssh": { way: "ssh", look: (right) => right.look(), says: /: 1 Python files/ },
        "nothing wrong without a log-in": { way: "public", look: (right) => right.look(), says: /: 1 Python files/ },
        "a key that opens nothing": {
            way: "ssh",
            look: async (right, servers) => ({ ...right.look(), secrets: { ssh: await servers.strangeKey() } }),
            says: /dags\.git\.sshKey: the server refuses the key\./,
        },
        "no key at all": {
            way: "ssh",
            look: (right) => ({ ...right.look(), secrets: {} }),
            says: /dags\.git\.sshKey: the server refuses the key\./,
        },
        "no token": {
            way: "https",
            look: (right) => ({ ...right.look(), secrets: {} }),
            says: /dags\.git\.token is not set, and the repository is not public\./,
        },
        "an authority that nobody named": {
            way: "public",
            look: (right) => ({ ...right.look(), files: {} }),
            says: /dags\.git\.caCertificate: the server's certificate is not signed by an authority that is trusted\./,
        },
        "a repository that is not there, by https": {
            way: "https",
            look: (right) => ({ ...right.look(), repository: right.look().repository.replace("faults", "nothing") }),
            says: /dags\.git\.repository: the server has no such repository, or does not show it to this token\./,
        },
        "a repository that is not there, by ssh": {
            way: "ssh",
            look: (right) => ({ ...right.look(), repository: right.look().repository.replace("faults", "nothing") }),
            says: /dags\.git\.repository: the server has no such repository, or does not show it to this key\./,
        },
    };

    describe("the check of a repository, on real servers", () => {
        for (const [what, { way, look, says }] of Object.entries(cases)) {
            it(`tells ${what}`, async () => {
                const servers = await TestServers.shared();
                const repository = await servers.repository(`faults-${way}`, way);
                await repository.commit({ "a.py": "a = 1\n" });
                const said = await servers.checkRepository(script, await look(repository, servers));
                expect(said).to.match(says);
            });
        }
    });
}
