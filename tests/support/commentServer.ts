import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** What has been asked for. */
interface Asked {
    readonly method: string;
    readonly path: string;
    /** The header that says who asks. */
    readonly who: string | undefined;
}

/** The part of the APIs of GitHub and GitLab that keeps comments of one pull request or merge request. */
export class CommentServer {
    /** The text of each comment. */
    public readonly comments: { readonly id: number; body: string }[] = [];
    public readonly asked: Asked[] = [];

    private constructor(private readonly server: Server) {}

    /** Starts one on this machine. */
    public static async start(): Promise<CommentServer> {
        const server = createServer();
        const started = new CommentServer(server);
        server.on("request", async (request, response) => {
            let text = "";
            for await (const part of request) {
                text += part;
            }
            const { pathname, searchParams } = new URL(request.url ?? "", started.url);
            const { method = "GET", headers } = request;
            const who = headers.authorization ?? headers["private-token"]?.toString();
            started.asked.push({ method, path: pathname, who });
            const page = Number(searchParams.get("page") ?? 1);
            response.end(JSON.stringify(started.answer(method, pathname, text, page)));
        });
        server.listen(0, "127.0.0.1");
        await once(server, "listening");
        return started;
    }

    public get url(): string {
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    }

    /** The environment of a job of a pull request, in GitHub's words, but the event. */
    public get gitHub(): Record<string, string> {
        return { GITHUB_API_URL: this.url, GITHUB_REPOSITORY: "example/airflow" };
    }

    /** The environment of a job of a merge request, in GitLab's words. */
    public get gitLab(): Record<string, string> {
        return {
            GITLAB_CI: "true",
            CI_API_V4_URL: this.url,
            CI_PROJECT_ID: "5",
            CI_MERGE_REQUEST_IID: "7",
            GITLAB_TOKEN: "gitlab-token",
        };
    }

    public stop(): void {
        this.server.close();
        this.server.closeAllConnections();
    }

    private answer(method: string, path: string, text: string, page: number): unknown {
        if (method === "GET") {
            return this.comments.slice((page - 1) * 100, page * 100);
        }
        const { body } = JSON.parse(text) as { body: string };
        const id = Number(path.split("/").at(-1));
        const found = this.comments.find((comment) => comment.id === id);
        if (method === "POST") {
            this.comments.push({ id: this.comments.length + 1000, body });
        } else if (found !== undefined) {
            found.body = body;
        }
        return {};
    }
}
