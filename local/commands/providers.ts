import { Session } from "../session/session";
import { clusterEnvironment, kubectl, requireCluster } from "../session/targetCluster";
import { UserError } from "../support/errors";
import { output } from "../support/execution";
import { main } from "../support/main";

/** A provider as `airflow providers list` has it. */
export interface Provider {
    readonly package_name: string;
    readonly version: string;
}

/** The providers in what `airflow providers list --output json` prints, warnings before it left out; sorted by name. */
export function readProviders(text: string): Provider[] {
    for (const match of text.matchAll(/^\[/gm)) {
        try {
            const providers = JSON.parse(text.slice(match.index)) as Provider[];
            return providers.sort((one, other) => one.package_name.localeCompare(other.package_name));
        } catch {
            // A line of a log that begins with a bracket.
        }
    }
    throw new UserError(`Airflow listed no providers:\n${text.trim()}`);
}

/** Providers and versions as a table. */
export function providerTable(providers: readonly Provider[]): string {
    const width = Math.max(...providers.map(({ package_name }) => package_name.length));
    return providers.map(({ package_name, version }) => `${package_name.padEnd(width)}  ${version}\n`).join("");
}

/** Prints the providers of the Airflow that runs in the cluster, as its dag-processor has them. */
async function providers(): Promise<undefined> {
    const session = await Session.open({ quiet: true });
    await requireCluster(session.cluster);
    const { namespaces } = await session.requireOutputs();
    const where = ["--namespace", namespaces.airflow, "deployment/airflow-dag-processor"];
    const listed = await output(
        [...kubectl(session.cluster), "exec", ...where, "--", "airflow", "providers", "list", "--output", "json"],
        { env: clusterEnvironment(session.cluster), timeout: 120_000 },
    );
    process.stdout.write(providerTable(readProviders(listed)));
}

if (require.main === module) {
    main(providers);
}
