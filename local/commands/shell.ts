import { chmodSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { readStackFile, stackFilePath, stacksWithFiles } from "../pulumi/stackFile";
import { Session } from "../session/session";
import { isRunning, kubectl } from "../session/targetCluster";
import { run } from "../support/execution";
import { main } from "../support/main";
import { say } from "../support/progress";

/** Opens a shell in which pulumi and kubectl work on the stacks as make does. */
async function shell(): Promise<number> {
    const session = await Session.open();
    const { engine, folder, env } = await session.start();
    for (const stack of stacksWithFiles().filter((name) => name !== session.options.stack)) {
        await session.addStackFile(stack, readStackFile(stackFilePath(stack), stack));
    }
    const before = folder.readStackFiles();
    if (await session.exists()) {
        await session.read(["stack", "select"]);
    }
    if (!(await isRunning(session.cluster))) {
        say("The cluster does not answer: previews work, all else needs it (make up, or make cluster-up).");
    }
    const programs = writePrograms(folder.path, engine.program, kubectl(session.cluster)[0] ?? "kubectl");
    const path = [programs, process.env.PATH].join(delimiter);
    say('pulumi and kubectl work on this cluster, with the state that make uses. "exit" ends this shell.');
    const code = await run([process.env.SHELL || "/bin/sh"], {
        env: { ...env, PATH: path },
    });
    const changed = folder.changedSince(before);
    if (changed.length > 0) {
        folder.keep();
        say("\nSettings were changed in this shell, and are kept. The checkout is as it was; to use them:");
        for (const stack of changed) {
            say(`  make up STACK=${stack} CONFIG_FILE=${folder.stackFile(stack)}`);
        }
    }
    return code;
}

/**
 * Programs for the shell's PATH. `pulumi` takes the project folder of this shell for the project, wherever it is called, so
 * that what it writes into a stack file stays out of the checkout.
 */
function writePrograms(folder: string, pulumi: string, kubectlProgram: string): string {
    const script = join(folder, "pulumi");
    writeFileSync(script, `#!/bin/sh\nexec ${quoted(pulumi)} --cwd ${quoted(folder)} "$@"\n`);
    chmodSync(script, 0o700);
    return kubectlProgram.includes("/") ? [folder, dirname(kubectlProgram)].join(delimiter) : folder;
}

function quoted(text: string): string {
    return `'${text.replaceAll("'", "'\\''")}'`;
}

if (require.main === module) {
    main(shell);
}
