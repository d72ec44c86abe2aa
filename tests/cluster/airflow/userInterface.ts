import { expect } from "chai";
import { waitFor } from "../../../local/support/deadline";
import { Browser } from "../support/browser";
import { explainFailures, installation } from "../support/installation";
import type { Making } from "../support/make";
import { freePort } from "../support/ports";

/** Airflow in a browser. */
export function userInterface(): void {
    describe("the user interface", () => {
        explainFailures();

        const dagId = "example_pods";
        let ui: Making;
        let browser: Browser;
        let url: string;
        let runId: string;

        before(async () => {
            await installation.isUp();
            runId = await installation.trigger(dagId);
            expect(await installation.runEnds(dagId, runId)).to.equal("success");
            ui = installation.start("ui", { PORT: String(await freePort()) });
            url = await waitFor(async () => /URL\s+(http:\S+)/.exec(ui.printed())?.[1], {
                within: 60_000,
                every: 200,
                what: "make ui to print its URL",
            });
            browser = await Browser.open();
        });

        after(async () => {
            await browser?.close();
            ui?.signal("SIGINT");
            await ui?.ended;
        });

        it("asks for a log-in, and refuses a wrong password", async () => {
            await browser.go(url, "01-login");
            await browser.logIn("admin", "admin");
            await browser.sees(/invalid/i, "02-refused");
        });

        it("lets in who has the generated password", async () => {
            const { adminUser, adminPassword } = await installation.outputs();
            await browser.go(url);
            await browser.logIn(adminUser, adminPassword);
            await browser.sees(/Dags/, "03-home");
        });

        it("shows the run, and that it succeeded", async () => {
            await browser.go(`${url}/dags/${dagId}/runs/${encodeURIComponent(runId)}`);
            // The badge alone: the word is part of other texts, too.
            await browser.sees(/^success$/i, "04-run");
            await browser.go(`${url}/dags/${dagId}`);
            await browser.sees(/example_pods/, "05-grid");
        });

        it("shows the log of a task whose pod is gone", async () => {
            await browser.go(`${url}/dags/${dagId}/runs/${encodeURIComponent(runId)}/tasks/report`);
            // What a task prints at its end may arrive after the line that opens this group, which is closed at first.
            await browser.click(/Post Execute/);
            await browser.sees(/3 numbers with the sum 6/, "06-log");
        });

        it("reports no error of its own", () => {
            // The log-in form of the FAB provider misses a library of its own (moment), which its users do not notice.
            expect(browser.errors.filter((error) => !error.path.startsWith("/auth/"))).to.deep.equal([]);
        });

        it("ends with Ctrl-C", async () => {
            ui.signal("SIGINT");
            await ui.ended;
            const answers = await fetch(url).then(
                () => true,
                () => false,
            );
            expect(answers).to.equal(false);
        });
    });
}
