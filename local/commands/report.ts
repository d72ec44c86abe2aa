import { tmpdir } from "node:os";
import { join } from "node:path";
import { secretKeys, secretRecordKeys } from "../../config";
import { stackNamespaces } from "../pulumi/stackFile";
import { collect, secretsIn } from "../report/collection";
import { redactor, secretTexts, stackFileWithoutSecrets } from "../report/redaction";
import { withoutSecrets, writeReport } from "../report/reportArchive";
import { setting } from "../session/options";
import { Session } from "../session/session";
import { requireCluster } from "../session/targetCluster";
import { main } from "../support/main";
import { Stopwatch, say } from "../support/progress";

/** Keys of the stack whose values are in no report. */
const secretStackKeys = [...Object.values(secretKeys), ...Object.values(secretRecordKeys)];

/** Collects what a support case needs into one file without secrets, and prints its path; `OUT=` names it. */
async function report(): Promise<undefined> {
    const watch = new Stopwatch();
    const session = await Session.open({ quiet: true });
    await requireCluster(session.cluster);
    const { stack } = session.options;
    // Also of a stack whose first update has failed, which has no outputs.
    const outputs = await session.outputs().catch(() => undefined);
    const namespaces = outputs?.namespaces ?? stackNamespaces(session.stackFileText);
    const secrets = await secretsIn(session.cluster, namespaces);
    const files = {
        "stack.yaml": stackFileWithoutSecrets(session.stackFileText, secretStackKeys),
        ...(await collect(session.cluster, namespaces, secrets)),
    };
    // A Secret may have been made or changed meanwhile.
    const known = [...secrets, ...(await secretsIn(session.cluster, namespaces))];
    const clean = withoutSecrets(files, redactor(secretTexts(known)));
    const name = `airflow-report-${stack}-${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;
    const file = setting(process.env, "OUT") ?? join(tmpdir(), `${name}.tar.gz`);
    await writeReport(file, name, clean);
    say(
        `Collected (${watch.elapsed()}): ${Object.keys(clean).length} files. Values of Secrets are taken out; ` +
            "logs of tasks that run or have failed hold what these print. Have a look before you send it.",
    );
    process.stdout.write(`${file}\n`);
}

main(report);
