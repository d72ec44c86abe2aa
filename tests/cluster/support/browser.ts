import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
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

    /** Starts Chromium; installs Debian's when there is none. */
    public static async open(): Promise<Browser> {
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
            args: flags,
            viewport: { width: 1400, height: 900 },
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
