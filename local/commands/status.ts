import { podImages, podLines, remarks } from "../airflow/diagnosis";
import { standInSentence } from "../images/standIns";
import { stackNamespaces } from "../pulumi/stackFile";
import { findings, section, wrongSections } from "../session/findings";
import { Session } from "../session/session";
import { hindrance, sayCluster } from "../session/targetCluster";
import { main } from "../support/main";

/** Shows pods, URL, what is wrong and what to do; the exit code is 0 only when all is well. */
async function status(): Promise<number> {
    const session = await Session.open({ quiet: true });
    sayCluster(session.cluster);
    const hindered = await hindrance(session.cluster);
    if (hindered !== undefined) {
        process.stdout.write(`${hindered}\n`);
        return 1;
    }
    const outputs = await session.outputs();
    const namespaces = outputs?.namespaces ?? stackNamespaces(session.stackFileText);
    const found = await findings(session.cluster, namespaces);
    const { objects } = found;
    if (objects.length === 0) {
        process.stdout.write(`Nothing of stack ${session.options.stack} is deployed. make up does it.\n`);
        return 1;
    }
    const unfinished = outputs === undefined ? ["the last make up did not come to its end; run it again"] : [];
    const wrong = [...found.wrong, ...unfinished];
    const standIns = session.cluster.kind === "local" ? standInSentence(podImages(objects)) : undefined;
    process.stdout.write(
        [
            ...section("Images", standIns === undefined ? [] : [standIns]),
            ...section("Pods", podLines(objects)),
            ...section("To know", [...remarks(objects, namespaces.airflow), ...found.notices]),
            ...wrongSections({ ...found, wrong }),
            wrong.length === 0
                ? `All is well. URL: ${outputs?.url} (make ui opens it)`
                : "Something is wrong. make report collects what a support case needs.",
            "",
        ].join("\n"),
    );
    return wrong.length === 0 ? 0 : 1;
}

main(status);
