import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { configurationPage, currentPage } from "../../../local/development/configurationDocs";
import { root } from "../../support/program";

/** Anchors of a page's headings, as GitHub makes them. */
function anchors(page: string): string[] {
    return [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
        heading
            .toLowerCase()
            .replace(/[^\w\- ]/g, "")
            .replace(/ /g, "-"),
    );
}

describe("docs/configuration.md", () => {
    it("has the tables that make docs writes from the comments of the arguments", () => {
        expect(currentPage()).to.equal(configurationPage(currentPage()));
    });

    it("keeps what is written by hand around them, and needs the marks between which they stand", () => {
        const marks = /<!-- .* -->/g;
        const [begin, end] = currentPage().match(marks) ?? [];
        const page = configurationPage(`before\n${begin}\nold\n${end}\nafter\n`);
        expect(page.startsWith(`before\n${begin}\n\n## \`hosting\`\n`)).to.equal(true);
        expect(page.endsWith(`\n\n${end}\nafter\n`)).to.equal(true);
        expect(page).not.to.contain("old\n");
        expect(() => configurationPage("no marks")).to.throw("lacks the lines");
    });

    it("says of a key its type, its default as it is written in a stack file, and where to read on", () => {
        const page = currentPage();
        for (const part of [
            "| `dags.refreshSeconds` | whole number | `20` | How often",
            "| `database.external.sslMode` | `disable`, `allow`, `prefer`, `require`, `verify-ca`, `verify-full` | `require` |",
            "| `storage.nfs.server` | text | none; needed |",
            "| `airflow.options` | map of map of text | none |",
            "| `workers.templates` | map of PodTemplateSpec | none |",
            "`image`: The DAGs are part of the Airflow image.",
            "[dags.md](dags.md) |",
        ]) {
            expect(page).to.contain(part);
        }
    });

    it("calls secrets by their keys, and lists them apart", () => {
        const [before, after] = currentPage().split("## Secrets\n");
        expect(before).to.match(
            /^\| `airflow\.fernetKeySecret` \| \[secret key\]\(#secret-key\) \| none \| .* in place of `fernetKey`/m,
        );
        expect(before).to.contain("in place of `gitToken`");
        expect(before).not.to.match(/`(airflow\.fernetKey|database\.password|dags\.git\.token)`/);
        expect(after).to.contain("| `gitToken` | `dags.git.token` | none: the repository is public |");
    });

    it("has links to pages and headings that exist", () => {
        const links = [...currentPage().matchAll(/\]\((?!https:)([^)#]*)(?:#([^)]*))?\)/g)];
        expect(links.length).to.be.greaterThan(20);
        for (const [link, path, anchor] of links) {
            const file = path === "" ? join(root, "docs/configuration.md") : join(root, "docs", path);
            expect(existsSync(file), link).to.equal(true);
            if (anchor !== undefined) {
                expect(anchors(readFileSync(file, "utf8")), link).to.include(anchor);
            }
        }
    });
});
