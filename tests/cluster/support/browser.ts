import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import type { Ask } from "../../../local/airflow/airflowApi";
import { output } from "../../../local/support/execution";
import { outputDirectory } from "./processes";

const executable = "/usr/bin/chromium";
const flags = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/** Chromium with an empty profile, in which each step leaves a picture in test-output/screenshots/. */
export class Browser {
    /** Errors that pages threw, each with the path of its page. */
    public readonly errors: { readonly path: string; readonly message: string }[] = [];

    private constructor(
        private readonly context: BrowserContext,
        private readonly page: Page,
        private readonly profile: string,
    ) {
        page.on("pageerror", ({ message }) => this.errors.push({ path: new URL(page.url()).pathname, message }));
    }

    /**
     * Starts Chromium; installs Debian's when there is none.
     *
     * @param host A name that this machine does not know, and that is loopback's for the browser.
     * @param trustsAnyCertificate Whether any certificate will do.
     */
    public static async open({
        host,
        trustsAnyCertificate = false,
    }: {
        host?: string;
        trustsAnyCertificate?: boolean;
    } = {}): Promise<Browser> {
        if (!existsSync(executable)) {
            const install = [
                "-o",
                "DPkg::Lock::Timeout=300",
                "install",
                "--yes",
                "--no-install-recommends",
                "chromium",
            ];
            await output(["apt-get", ...install], { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
        }
        const profile = mkdtempSync(join(tmpdir(), "airflow-kubernetes-chromium-"));
        const context = await chromium.launchPersistentContext(profile, {
            executablePath: executable,
            headless: true,
            args: [...flags, ...(host === undefined ? [] : [`--host-resolver-rules=MAP ${host} 127.0.0.1`])],
            viewport: { width: 1400, height: 900 },
            ignoreHTTPSErrors: trustsAnyCertificate,
        });
        const page = context.pages()[0] ?? (await context.newPage());
        page.setDefaultTimeout(60_000);
        return new Browser(context, page, profile);
    }

    /** Opens an address; takes a picture when given a name. */
    public async go(url: string, picture?: string): Promise<void> {
        await this.page.goto(url, { waitUntil: "networkidle" });
        if (picture !== undefined) {
            await this.picture(picture);
        }
    }

    /** Fills in the log-in form and sends it. */
    public async logIn(user: string, password: string): Promise<void> {
        await this.page.locator("input[name=username]").fill(user);
        await this.page.locator("input[name=password]").fill(password);
        await this.page.locator("input[type=submit], button[type=submit]").first().click();
        await this.page.waitForLoadState("networkidle");
    }

    /** Fills in the forms of the provider of OpenID Connect for tests: name and password, and consent. */
    public async signInAtProvider(user: string, password: string): Promise<void> {
        await this.page.locator("input[name=login]").fill(user);
        await this.page.locator("input[name=password]").fill(password);
        await this.page.locator("button[type=submit]").first().click();
        await this.page
            .getByText(/Continue/)
            .first()
            .click();
        // Back at Airflow, whose page asks who has come.
        await this.page.waitForURL((url) => url.protocol === "http:");
        await this.page.waitForLoadState("networkidle");
    }

    /** Forgets all sessions, those at other servers among them. Cookies of https would keep a page of http from setting its own. */
    public async forget(): Promise<void> {
        await this.context.clearCookies();
    }

    /** The status of an answer to the page that is open, with its session. */
    public async status(url: string): Promise<number> {
        return (await this.fetch(url, {})).status;
    }

    /** Waits for a text to be seen, and takes a picture, also when it does not come. */
    public async sees(text: RegExp, picture: string): Promise<void> {
        try {
            await this.page.getByText(text).first().waitFor({ state: "visible" });
        } finally {
            await this.picture(picture);
        }
    }

    /** Clicks what has this text. */
    public async click(text: RegExp): Promise<void> {
        await this.page.getByText(text).first().click();
    }

    /** Address of the page. */
    public get address(): string {
        return this.page.url();
    }

    /** Cookies of the page's host. */
    public async cookies(): Promise<readonly { readonly name: string; readonly secure: boolean }[]> {
        return await this.context.cookies();
    }

    /** Answers that were no success, by status and address. */
    public async failedRequests(during: () => Promise<void>): Promise<string[]> {
        const failed: string[] = [];
        const note = (response: { status: () => number; url: () => string }) => {
            if (response.status() >= 400) {
                failed.push(`${response.status()} ${response.url()}`);
            }
        };
        this.page.on("response", note);
        try {
            await during();
        } finally {
            this.page.off("response", note);
        }
        return failed;
    }

    /** Asks the host of the page for something, as its scripts do, with its session. */
    public readonly fetch: Ask = async (url, { method, headers, body }) => {
        const { status, text } = await this.page.evaluate(
            async ([asked, options]) => {
                const answer = await fetch(asked, options);
                return { status: answer.status, text: await answer.text() };
            },
            // A signal cannot go there.
            [url, { method, headers, body } as RequestInit] as const,
        );
        return new Response(text || null, { status });
    };

    /** Ends Chromium and removes its profile. */
    public async close(): Promise<void> {
        await this.context.close();
        rmSync(this.profile, { recursive: true, force: true });
    }

    private async picture(name: string): Promise<void> {
        const folder = join(outputDirectory, "screenshots");
        mkdirSync(folder, { recursive: true });
        await this.page.screenshot({ path: join(folder, `${name}.png`) });
    }
}
