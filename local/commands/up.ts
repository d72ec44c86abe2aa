import { setTimeout as pause } from "node:timers/promises";
import { isLoopback } from "../../components/networking/urls";
import { remarks } from "../airflow/diagnosis";
import { plannedChanges } from "../cluster";
import { referenceOf } from "../images";
import { standInSentence } from "../images/standIns";
import { plannedPulumi } from "../pulumi/engine";
import { stackNamespaces } from "../pulumi/stackFile";
import { objectsIn } from "../session/clusterObjects";
import { findings, wrongSections } from "../session/findings";
import { refreshFlags } from "../session/lostObjects";
import { nfsClients } from "../session/nfsServerSettings";
import { pinRetained, requirePins, requireRetained } from "../session/retained";
import { rollouts } from "../session/rollouts";
import { loginLines, Session, type StackOutputs } from "../session/session";
import { requireFittingNodes } from "../session/singleNodeCheck";
import { stackNeeds } from "../session/stackNeeds";
import { startCluster } from "../session/targetCluster";
import { listed } from "../support/errors";
import { main } from "../support/main";
import { Stopwatch, say } from "../support/progress";

/** What to tell once Airflow runs. */
export function welcome(outputs: StackOutputs, stack: string, took: string, showPassword: boolean): string {
    const other = stack === "minikube" ? "" : ` STACK=${stack}`;
    const place = outputs.isPasswordKept
        ? "that of the Secret in admin.passwordSecret"
        : `make output SHOW_SECRETS=1${other} prints it`;
    return [
        "",
        `Airflow is up (${took}).`,
        "",
        `  URL       ${outputs.url}   ${isLoopback(outputs.url) ? `(after: make ui${other})` : namedBy(outputs)}`.trimEnd(),
        ...loginLines(outputs, showPassword ? outputs.adminPassword : place),
        "",
        "Next:",
        // Without a first user there is nobody to ask Airflow as.
        ...(outputs.adminUser === ""
            ? []
            : [`  make run-dag DAG=example_pods${other}   runs an example in pods of its own and prints its log`]),
        `  make ui${other}                         opens Airflow in the browser`,
        `  make status${other}                     shows pods and, in plain words, what is wrong`,
        `  make shell${other}                      a shell in which pulumi and kubectl work on this stack`,
        `  make down${other}                       removes it all; DAGs and logs stay`,
        "",
    ].join("\n");
}

/** What has to be done for a public address, as far as the cluster says. */
function namedBy({ publicAddress, url }: StackOutputs): string {
    return !publicAddress ? "" : `(${new URL(url).hostname} has to lead to ${publicAddress})`;
}

async function up(): Promise<number> {
    const watch = new Stopwatch();
    const session = await Session.open();
    const needs = stackNeeds(session.stackFileText);
    const planned = [
        ...(session.cluster.kind === "local" ? await plannedChanges(needs.images, needs.nfs) : []),
        ...(await plannedPulumi(session.engine)),
    ];
    if (planned.length > 0) {
        say(listed("This run", planned));
    }
    await startCluster(session.cluster, needs);
    await requireFittingNodes(session.cluster, session.stackFileText);
    session.add(await nfsClients(session.cluster, session.stackFileText));
    await requireRetained(session.cluster, session.stackFileText);
    const state = await session.take();
    await requirePins(session, state);
    const flags = await refreshFlags(session.cluster, state, session.options.stack);
    const code = await session.up(state, { flags });
    if (code !== 0) {
        await sayWhatIsWrong(session);
        say(`Not finished after ${watch.elapsed()}. make status tells what is wrong; make up goes on from here.`);
        return code;
    }
    const outputs = await session.requireOutputs();
    pinRetained(session.options, outputs.retained);
    const unfinished = await rollouts(session.cluster, outputs.namespaces.airflow);
    if (unfinished !== undefined) {
        say(`The stack is up to date, but not all of its pods are ready: ${unfinished}.`);
        await sayWhatIsWrong(session);
        return 1;
    }
    const standIns = session.cluster.kind === "local" ? standInSentence(needs.images.map(referenceOf)) : undefined;
    if (standIns !== undefined) {
        say(`\n${standIns}`);
    }
    // What is only to know is no reason to fail once Airflow is up.
    const pods = await objectsIn(session.cluster, outputs.namespaces.airflow, "pods").catch(() => []);
    for (const remark of remarks(pods, outputs.namespaces.airflow)) {
        say(`\nTo know: ${remark}`);
    }
    // What a build server prints of a real cluster is kept, and read by others.
    const showPassword = session.cluster.kind !== "context" || process.stdout.isTTY === true;
    process.stdout.write(welcome(outputs, session.options.stack, watch.elapsed(), showPassword));
    return 0;
}

/** How long an update that has failed goes on to look why, in milliseconds. */
const lookWithin = 60_000;

/** What `make status` would tell now. An update that has failed is no place for another failure, nor for a long wait. */
async function sayWhatIsWrong(session: Session): Promise<void> {
    const looked = findings(session.cluster, stackNamespaces(session.stackFileText)).catch(() => undefined);
    const found = await Promise.race([looked, pause(lookWithin, undefined, { ref: false })]);
    const lines = found === undefined ? [] : wrongSections(found);
    if (lines.length > 0) {
        say(["", ...lines, "make report collects what a support case needs."].join("\n"));
    }
}

if (require.main === module) {
    main(up);
}
