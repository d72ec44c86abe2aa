import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { Hosting } from "../settings/airflowKubernetesArgs";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { ArgumentsError } from "../validation/problems";

/** Where the component's own database lies, as far as settings decide it. */
interface Place {
    /** Arguments, and what they are. */
    readonly [path: string]: pulumi.Input<string>;
}

/** Arguments of {@link DatabasePlace}. */
export interface DatabasePlaceArgs {
    readonly settings: AirflowSettings;
}

/**
 * Remembers where the database was made, and refuses settings that would leave it there and start with an empty one. The memory
 * is a resource whose inputs are never changed: nothing is read from the cluster.
 */
export class DatabasePlace extends pulumi.ComponentResource {
    /** Dependency of all other resources. It fails when the settings mean another database. */
    public readonly kept: pulumi.Output<pulumi.Resource>;

    /** @param name The unique name of this component. */
    constructor(name: string, args: DatabasePlaceArgs, opts?: pulumi.ComponentResourceOptions) {
        super("airflow-kubernetes:index:DatabasePlace", name, {}, opts);

        const place = placeOf(args.settings);
        const memory = new random.RandomId(
            `${name}-memory`,
            { byteLength: 4, keepers: place },
            { parent: this, ignoreChanges: ["keepers"] },
        );

        this.kept = pulumi.all([memory.keepers, pulumi.output(place)]).apply(([first, asked]) => {
            refuseMoved(first ?? asked, asked);
            return memory;
        });
        this.registerOutputs({});
    }
}

/** What decides where the database lies. */
function placeOf({ createNamespaces, database, hosting, namespaces, storage }: AirflowSettings): Place {
    // Namespaces that were made are deleted by who no longer makes them, with all that is in them.
    const create = { "namespaces.create": String(createNamespaces) };
    const retain = { ...create, "database.retain": String(database.retain) };
    if (!database.retain) {
        const claim = {
            "namespaces.airflow": namespaces.airflow,
            "database.storageClass": database.storageClass ?? "",
        };
        return { ...retain, ...claim };
    }
    return hosting === Hosting.Minikube
        ? { ...retain, hosting, "storage.hostPath": storage.hostPath }
        : // Its namespace and claim remember by themselves where they are.
          { ...retain, hosting };
}

/** Ends the program with every setting that means another database. */
function refuseMoved(first: Readonly<Record<string, string>>, place: Readonly<Record<string, string>>): void {
    const problems = Object.entries(place)
        .filter(([path, value]) => first[path] !== undefined && first[path] !== value)
        .map(([path, value]) => ({
            path,
            value: shown(path, value),
            allowed: `${JSON.stringify(shown(path, first[path] as string))}, where the database of this installation lies`,
            remedy: "To move it, save its data, destroy the stack and restore them (docs/data.md); without its data, destroy and up.",
        }));
    if (problems.length > 0) {
        throw new ArgumentsError(problems);
    }
}

/** A value as the argument has it. Keepers are texts. */
function shown(path: string, value: string): string | boolean {
    return ["database.retain", "namespaces.create"].includes(path) ? value === "true" : value;
}
