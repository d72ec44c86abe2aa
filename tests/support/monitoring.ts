import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { alertRules, dashboards } from "../../components/monitoring/monitoringObjects";
import { capture, output } from "../../local/support/execution";
import { folder, removeFolders } from "./folders";
import { root } from "./program";

/** A query of a panel, as Prometheus gets it. */
export interface PanelQuery {
    readonly place: string;
    readonly expr: string;
}

interface Panel {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
}

/** Every query of the dashboards, with something in place of Grafana's variables. */
export function dashboardQueries(): PanelQuery[] {
    return Object.entries(dashboards()).flatMap(([file, text]) =>
        (JSON.parse(text) as { panels: readonly Panel[] }).panels.flatMap(({ title, targets = [] }) =>
            targets.map(({ expr }) => ({
                place: `${file}: ${title}`,
                expr: expr.replaceAll("$__rate_interval", "5m").replaceAll(/\$\w+/g, "a"),
            })),
        ),
    );
}

/** What Grafana's own types say of dashboards. */
export function grafanaCases(program: () => string): void {
    const boards = join(root, "components/monitoring/dashboards");
    const paths = Object.keys(dashboards()).map((file) => join(boards, file));
    after(removeFolders);

    it("have every field that Grafana asks for, and none that it does not know", async () => {
        expect((await output([program(), ...paths])).trim()).to.equal(`${paths.length} dashboards`);
    });

    it("would not be taken with another field", async () => {
        const text = readFileSync(paths[0], "utf8").replace('"graphMode"', '"graphMod"');
        const place = folder({ "board.json": text });
        const { code, stdout } = await capture([program(), join(place, "board.json")]);
        expect({ code, isTold: /graphMod/.test(stdout) }).to.deep.equal({ code: 1, isTold: true });
    });
}

/** What promtool says of rules and dashboards. */
export function promtoolCases(promtool: () => string): void {
    const rules = join(root, "components/monitoring/alerts.yaml");
    after(removeFolders);

    it("takes the alert rules", async () => {
        const said = await output([promtool(), "check", "rules", "--lint=all", "--lint-fatal", rules]);
        const count = alertRules().groups.flatMap((group) => group.rules).length;
        expect(said).to.contain(`SUCCESS: ${count} rules found`);
    });

    it("finds that each raises its alert for its fault, and is silent while all is well", async () => {
        const tests = readFileSync(join(__dirname, "../unit/monitoring/alerts.test.yaml"), "utf8");
        const place = folder({ "alerts.yaml": readFileSync(rules, "utf8"), "alerts.test.yaml": tests });
        await output([promtool(), "test", "rules", "alerts.test.yaml"], { cwd: place });
        for (const { alert } of alertRules().groups.flatMap((group) => group.rules)) {
            // What follows from another one, and what is only for information.
            const isUntested = ["AirflowMetricsMissing", "AirflowDagsOld", "AirflowDagProcessorSilent"].includes(alert);
            expect(isUntested || tests.includes(`alertname="${alert}"`), alert).to.equal(true);
        }
    });

    it("parses every query of the dashboards", async () => {
        // As rules: it parses all of a file at once.
        const named = dashboardQueries().map(({ expr }, index) => ({ record: `query_${index}`, expr }));
        const place = folder({ "queries.yaml": JSON.stringify({ groups: [{ name: "queries", rules: named }] }) });
        const said = await output([promtool(), "check", "rules", join(place, "queries.yaml")]);
        expect(said).to.contain(`SUCCESS: ${named.length} rules found`);
    });
}
