import { join } from "node:path";
import { expect } from "chai";
import { z } from "zod";
import { script } from "../../../components/kubernetes/script";
import { alertRules, dashboards } from "../../../components/monitoring/monitoringObjects";
import { prometheusNames } from "../../../components/monitoring/statsdMapping";
import { dashboardQueries } from "../../support/monitoring";
import { root } from "../../support/program";

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana puts its variable here.
const datasource = z.strictObject({ type: z.literal("prometheus"), uid: z.literal("${datasource}") });
const place = z.strictObject({
    x: z.int().min(0).max(23),
    y: z.int().min(0),
    w: z.int().min(1).max(24),
    h: z.int().min(1),
});
const target = z.looseObject({
    datasource,
    expr: z.string().min(1),
    legendFormat: z.string().min(1),
    refId: z.string().regex(/^[A-Z]$/),
});
const panel = z.discriminatedUnion("type", [
    z.strictObject({
        type: z.literal("row"),
        id: z.int(),
        title: z.string(),
        collapsed: z.literal(false),
        gridPos: place,
        panels: z.array(z.never()),
    }),
    ...(["timeseries", "stat", "gauge", "bargauge"] as const).map((type) =>
        z.strictObject({
            type: z.literal(type),
            id: z.int(),
            title: z.string().min(1),
            description: z.string().min(1),
            datasource,
            gridPos: place,
            fieldConfig: z.strictObject({
                defaults: z.looseObject({
                    unit: z.string(),
                    thresholds: z.strictObject({
                        mode: z.literal("absolute"),
                        steps: z.array(z.strictObject({ color: z.string(), value: z.number().nullable() })).min(1),
                    }),
                }),
                overrides: z.array(z.never()),
            }),
            options: z.looseObject({}),
            targets: z.array(target).min(1),
        }),
    ),
]);
/** What Grafana 10 to 12 read of a dashboard, as far as these use it. */
const dashboard = z.looseObject({
    uid: z.string().regex(/^[a-z-]{1,40}$/),
    title: z.string().min(1),
    tags: z.array(z.literal("airflow")),
    schemaVersion: z.int().min(39),
    templating: z.strictObject({
        list: z.array(z.looseObject({ name: z.string(), type: z.enum(["datasource", "query"]) })),
    }),
    panels: z.array(panel).min(1),
});

const boards = Object.entries(dashboards()).map(([file, text]) => ({ file, json: JSON.parse(text) as unknown }));

/** Names of metrics in a query. */
const namesIn = (expr: string) => expr.match(/\b(airflow|git_sync|kubelet|statsd)_\w+/g) ?? [];

/** What is there beside what Airflow counts itself. */
const others = [
    ...new Set(
        script(join(root, "components/airflow"), "serve_metrics.py").match(/\bairflow_[a-z_]+[a-z]\b(?=")/g) ?? [],
    ),
    "airflow_database_disk_bytes",
    "git_sync_count_total",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
];

describe("the dashboards", () => {
    for (const { file, json } of boards) {
        it(`have the shape that Grafana reads: ${file}`, () => {
            const { panels, templating, uid } = dashboard.parse(json);
            expect(`${uid}.json`).to.equal(file);
            const ids = panels.map(({ id }) => id);
            expect(new Set(ids).size).to.equal(ids.length);
            const taken = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
                Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)}/${y + Math.floor(cell / w)}`),
            );
            expect(new Set(taken).size, "no panel over another").to.equal(taken.length);
            expect(panels.every(({ gridPos: { x, w } }) => x + w <= 24)).to.equal(true);
            const variables = templating.list.map(({ name }) => name);
            const used = [...JSON.stringify(panels).matchAll(/\$\{?(\w+)/g)].map(([, name]) => name);
            expect(variables).to.include.members(used.filter((name) => !name.startsWith("__")));
        });
    }

    it("are about one installation each: every query is of a namespace", () => {
        expect(boards).to.have.lengthOf(3);
        for (const { place: where, expr } of dashboardQueries()) {
            const selectors = expr.match(/\{[^}]*\}/g) ?? [];
            expect(selectors.length, where).to.be.greaterThan(0);
            expect(
                selectors.every((selector) => selector.includes('namespace="a"')),
                where,
            ).to.equal(true);
        }
    });

    it("and the alert rules name metrics that there are", () => {
        const known = new Set([...prometheusNames(), ...others]);
        expect(others.length).to.be.greaterThan(15);
        const named = [
            ...dashboardQueries(),
            ...alertRules().groups.flatMap(({ rules }) => rules.map(({ alert, expr }) => ({ place: alert, expr }))),
        ].flatMap(({ place: where, expr }) => namesIn(expr).map((name) => ({ where, name })));
        expect(named.length).to.be.greaterThan(60);
        expect(named.filter(({ name }) => !known.has(name))).to.deep.equal([]);
    });
});
