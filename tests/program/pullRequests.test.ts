import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { capture, findOnPath } from "../../local/support/execution";
import { checkJsonschema } from "../../local/tools/checkJsonschema";
import { goTool } from "../../local/tools/goTools";
import { CommentServer } from "../support/commentServer";
import { folder, removeFolders } from "../support/folders";
import { root } from "../support/program";
import { skip } from "../support/skip";
import { gitHubJob, gitHubJobs, gitLabJob, gitLabJobs, workflowsFolder, workflowText } from "../support/workflows";

const gitHubFiles = ["preview.yaml", "drift.yaml", "up.yaml"];
const guide = readFileSync(join(root, "docs", "pull-requests.md"), "utf8");

/** Whatever an expression stands for. */
const anything = new Proxy({}, { get: () => "" }) as Record<string, string>;

/** The commands of all jobs of one forge, each once. */
function commands(forge: "github" | "gitlab"): string[] {
    const jobs =
        forge === "github"
            ? gitHubJobs.map(([file, job]) => gitHubJob(file, job, anything))
            : gitLabJobs.map((job) => gitLabJob(job, anything));
    return [...new Set(jobs.flatMap((job) => job.commands.map(({ run }) => run)))];
}

/** For a tool that is downloaded and built when the cache lacks it, beside whatever else is built then. */
const download = { timeout: 600_000, retries: 1 } as const;

describe("the workflows for pull requests", () => {
    it("are as actionlint wants them", async function () {
        this.timeout(download.timeout).retries(download.retries);
        if (findOnPath("go") === undefined) {
            skip(this, "there is no Go on this machine to build actionlint with");
        }
        const paths = gitHubFiles.map((file) => join(root, workflowsFolder, "github", file));
        const { code, stdout, stderr } = await capture([await goTool("actionlint"), "-no-color", ...paths]);
        expect(code, stdout + stderr).to.equal(0);
        expect(stdout).to.equal("");
    });

    it("fit the schema that GitLab publishes", async function () {
        this.timeout(download.timeout).retries(download.retries);
        const python = await capture(["python3", "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]).catch(
            () => undefined,
        );
        if (python?.code !== 0) {
            skip(this, "check-jsonschema needs Python 3.11 with pip");
        }
        const path = join(root, workflowsFolder, "gitlab", ".gitlab-ci.yml");
        const schema = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"];
        const { code, stdout, stderr } = await checkJsonschema([...schema, path]);
        expect(code, stdout + stderr).to.equal(0);
        const broken = folder({ ".gitlab-ci.yml": "preview: { script: [true], wen: manual }\n" });
        expect((await checkJsonschema([...schema, join(broken, ".gitlab-ci.yml")])).code).to.not.equal(0);
        removeFolders();
    });

    it("name actions by commit, and the CLI by the version that the tests know", () => {
        const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
        for (const file of gitHubFiles) {
            const text = workflowText("github", file);
            const used = [...text.matchAll(/uses: (.*)/g)].map(([, action]) => action);
            expect(used.length).to.be.greaterThan(2);
            expect(
                used.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action ?? "")),
            ).to.deep.equal([]);
            const versions = [...text.matchAll(/pulumi-version: (\S+)/g)].map(([, version]) => version);
            expect(new Set(versions)).to.deep.equal(new Set([`${devDependencies.pulumi}`]));
        }
        expect(workflowText("gitlab", ".gitlab-ci.yml")).to.contain(
            `pulumi/pulumi-nodejs-22:${devDependencies.pulumi}\n`,
        );
    });

    it("give a fork no secret, and only up an environment that may write", () => {
        const { on, jobs } = parse(workflowText("github", "preview.yaml"));
        expect(on).to.equal("pull_request");
        expect(JSON.stringify(jobs.check)).to.not.match(/secrets\.|vars\.|github\.token/);
        expect(jobs.preview.if).to.equal("github.event.pull_request.head.repo.full_name == github.repository");
        const pipeline = parse(workflowText("gitlab", ".gitlab-ci.yml"));
        expect(pipeline.preview.rules).to.deep.equal([
            {
                if: '$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID',
            },
        ]);
        expect(pipeline.check.environment).to.equal(undefined);
        const environments = gitHubFiles.flatMap((file) =>
            Object.entries(parse(workflowText("github", file)).jobs as Record<string, { environment?: string }>),
        );
        expect(Object.fromEntries(environments.map(([job, { environment }]) => [job, environment]))).to.deep.equal({
            check: undefined,
            preview: "preview",
            drift: "drift",
            up: "hosted",
        });
    });

    it("run the same on both forges, but for how a kubeconfig comes", () => {
        const own = commands("github").filter((command) => command.includes("GITHUB_ENV"));
        expect(own).to.have.lengthOf(1);
        const shared = commands("github").filter((command) => !own.includes(command));
        expect(commands("gitlab")).to.have.members(shared);
    });

    it("are shown in their guide as they are", () => {
        const blocks = [...guide.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? "");
        expect(blocks).to.not.be.empty;
        const texts = gitHubFiles.map((file) => workflowText("github", file));
        expect(blocks.filter((block) => !texts.some((text) => text.includes(block)))).to.deep.equal([]);
        const shown = [...guide.matchAll(/^ {4}(pulumi .*)$/gm)].map(([, command]) => command ?? "");
        expect(commands("github")).to.include.members(shown);
    });

    describe("comment.mjs", () => {
        let server: CommentServer;
        beforeEach(async () => {
            server = await CommentServer.start();
        });
        afterEach(() => {
            server.stop();
            removeFolders();
        });

        const forges: Record<string, () => { env: Record<string, string>; path: string; change: string; who: string }> =
            {
                GitHub: () => {
                    const event = join(folder({ "event.json": '{"pull_request": {"number": 7}}' }), "event.json");
                    const env = { ...server.gitHub, GITHUB_EVENT_PATH: event, GITHUB_TOKEN: "github-token" };
                    const path = "/repos/example/airflow/issues/7/comments";
                    return {
                        env,
                        path,
                        change: "PATCH /repos/example/airflow/issues/comments/",
                        who: "Bearer github-token",
                    };
                },
                GitLab: () => {
                    const path = "/projects/5/merge_requests/7/notes";
                    return { env: server.gitLab, path, change: `PUT ${path}/`, who: "gitlab-token" };
                },
            };

        for (const [forge, make] of Object.entries(forges)) {
            const comment = async (text: string): Promise<ReturnType<typeof make>> => {
                const made = make();
                const { GITLAB_CI: _, ...inherited } = process.env;
                const script = join(root, workflowsFolder, "comment.mjs");
                const file = join(folder({ "preview.txt": text }), "preview.txt");
                const env = { ...inherited, ...made.env, STACK: "hosted" };
                const { code, stderr } = await capture([process.execPath, script, file], { env });
                expect(code, stderr).to.equal(0);
                return made;
            };

            it(`comments on ${forge} once, and renews it`, async () => {
                for (let id = 0; id < 150; id += 1) {
                    server.comments.push({ id, body: `said by somebody, ${id}` });
                }
                const { path, who, change } = await comment("  + 3 to create\n");
                expect(server.asked.at(-1)).to.deep.equal({ method: "POST", path, who });
                expect(server.comments).to.have.lengthOf(151);
                await comment("  + 4 to create\n");
                const { method, path: changed } = server.asked.at(-1) ?? {};
                expect(`${method} ${changed}`).to.equal(`${change}${server.comments[150]?.id}`);
                expect(server.comments).to.have.lengthOf(151);
                expect(server.comments[150]?.body).to.contain("+ 4 to create").and.contain("stack `hosted`");
            });

            it(`keeps to the length that ${forge} takes, and to the end of the text`, async () => {
                await comment(`beginning\n\`\`\`\n${"- line of a diff\n".repeat(10_000)}  + 3 to create\n`);
                const [{ body = "" } = {}] = server.comments;
                expect(body.length).to.be.lessThan(65_536);
                expect(body).to.contain("+ 3 to create").and.contain("the job's log has all");
                expect(body).to.not.contain("beginning");
            });
        }
    });
});
