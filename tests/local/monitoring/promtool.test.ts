import { type GoTool, goTool, isToolBuilt } from "../../../local/tools/goTools";
import { grafanaCases, promtoolCases } from "../../support/monitoring";
import { skip } from "../../support/skip";

// They take minutes to build: make test-release does, and what it has built is used here.
const suites: readonly [string, GoTool, typeof promtoolCases][] = [
    ["promtool", "promtool", promtoolCases],
    ["The dashboards, by Grafana's own types", "dashboards", grafanaCases],
];

for (const [title, tool, cases] of suites) {
    describe(title, function () {
        this.timeout(120_000);
        let program: string;

        before(async function () {
            if (!(await isToolBuilt(tool))) {
                skip(this, `${tool} is not built yet: make test-release builds it`);
            }
            program = await goTool(tool);
        });

        cases(() => program);
    });
}
