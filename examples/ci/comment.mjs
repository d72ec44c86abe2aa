// Comments on the pull request or merge request of this job with what a command has printed: node comment.mjs <file>
// A later run changes the comment of the one before. Node.js alone is needed.
import { readFileSync } from "node:fs";

const [, , file] = process.argv;
const { STACK: stack } = process.env;
const mark = `<!-- preview of ${stack} -->`;

/** Both take comments of 65536 characters at least; the end of a preview says what it amounts to. */
const room = 60_000;

/** A fence that nothing in the text closes. */
const fence = "`".repeat(10);

function body(text) {
    const cut = text.length > room ? "(its end; the job's log has all)" : "";
    return [mark, `Preview of stack \`${stack}\` ${cut}`, "", `${fence}diff`, text.trim().slice(-room), fence].join("\n");
}

/** Where comments are read and written, and how they are asked for. */
function place(env) {
    if (env.GITLAB_CI) {
        const { CI_API_V4_URL: api, CI_PROJECT_ID: project, CI_MERGE_REQUEST_IID: number } = env;
        const comments = `${api}/projects/${project}/merge_requests/${number}/notes`;
        return { comments, one: (id) => `${comments}/${id}`, change: "PUT", headers: { "PRIVATE-TOKEN": env.GITLAB_TOKEN } };
    }
    const { number } = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, "utf8")).pull_request;
    const issues = `${env.GITHUB_API_URL}/repos/${env.GITHUB_REPOSITORY}/issues`;
    const headers = { Authorization: `Bearer ${env.GITHUB_TOKEN}`, Accept: "application/vnd.github+json" };
    return { comments: `${issues}/${number}/comments`, one: (id) => `${issues}/comments/${id}`, change: "PATCH", headers };
}

const { comments, one, change, headers } = place(process.env);

async function ask(url, method = "GET", content = undefined) {
    const json = content === undefined ? {} : { body: JSON.stringify(content) };
    const answer = await fetch(url, { method, headers: { ...headers, "Content-Type": "application/json" }, ...json });
    if (!answer.ok) {
        throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`);
    }
    return await answer.json();
}

async function earlier() {
    for (let page = 1; ; page += 1) {
        const found = await ask(`${comments}?per_page=100&page=${page}`);
        const mine = found.find((comment) => comment.body.startsWith(mark));
        if (mine !== undefined || found.length < 100) {
            return mine;
        }
    }
}

const mine = await earlier();
const content = { body: body(readFileSync(file, "utf8")) };
await (mine === undefined ? ask(comments, "POST", content) : ask(one(mine.id), change, content));
