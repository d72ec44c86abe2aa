import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeImages } from "../../../local/cluster/containerd";
import { output } from "../../../local/support/execution";
import { goTool } from "../../../local/tools/goTools";
import { freePort } from "./ports";
import { TestProgram } from "./testProgram";

/** What is read of an image's manifest. */
interface Descriptor {
    readonly mediaType: string;
    readonly digest: string;
}

/** A registry that asks for a login, at an address of loopback, which containerd speaks to without TLS. */
export class TestRegistry {
    private constructor(
        /** Host and port, as in the names of its images. */
        public readonly server: string,
        private readonly folder: string,
        private readonly program: TestProgram,
    ) {}

    /** The login. */
    public static readonly login = { username: "robot", password: "a-registry-password-for-tests" };

    /** Starts one without images. */
    public static async start(): Promise<TestRegistry> {
        const folder = mkdtempSync(join(tmpdir(), "airflow-kubernetes-registry-"));
        const server = `127.0.0.1:${await freePort()}`;
        const { username, password } = TestRegistry.login;
        const program = await TestProgram.started(
            [await goTool("registry"), "-address", server, "-blobs", join(folder, "blobs")],
            {
                name: "the registry",
                answers: async () => (await TestRegistry.statusOf(server, "/v2/", true)) === 200,
                within: 20_000,
            },
            { env: { REGISTRY_USERNAME: username, REGISTRY_PASSWORD: password } },
        );
        return new TestRegistry(server, folder, program);
    }

    /** How it answers to who has the login, or to who has none. */
    public async status(path: string, isLoggedIn: boolean): Promise<number> {
        return await TestRegistry.statusOf(this.server, path, isLoggedIn);
    }

    /** Takes the image of an archive in, and hands back its full name. */
    public async take(archive: string, name: string, tag: string): Promise<string> {
        await output(["tar", "--extract", "--file", archive, "--directory", this.folder]);
        const { manifests } = JSON.parse(readFileSync(join(this.folder, "index.json"), "utf8")) as {
            manifests: readonly Descriptor[];
        };
        const [{ digest, mediaType }] = manifests;
        const answer = await fetch(`http://${this.server}/v2/${name}/manifests/${tag}`, {
            method: "PUT",
            headers: { Authorization: TestRegistry.authorization(), "Content-Type": mediaType },
            body: readFileSync(join(this.folder, "blobs", ...digest.split(":"))),
        });
        if (!answer.ok) {
            throw new Error(`The registry did not take ${name}: ${answer.status} ${await answer.text()}`);
        }
        return `${this.server}/${name}:${tag}`;
    }

    /** Ends it, and removes what the cluster has pulled from it. */
    public async stop(): Promise<void> {
        await this.program.stop();
        rmSync(this.folder, { recursive: true, force: true });
        await removeImages(`${this.server}/`);
    }

    private static async statusOf(server: string, path: string, isLoggedIn: boolean): Promise<number> {
        const headers = new Headers(isLoggedIn ? { Authorization: TestRegistry.authorization() } : {});
        return (await fetch(`http://${server}${path}`, { headers })).status;
    }

    private static authorization(): string {
        const { username, password } = TestRegistry.login;
        return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    }
}
