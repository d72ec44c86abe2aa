import type * as pulumi from "@pulumi/pulumi";
import { annotations, check, labels } from "./checks";
import type { Problem } from "./problems";

/** Labels and annotations that a user adds to an object of the component. */
export interface AddedMetadata {
    readonly annotations?: Readonly<Record<string, pulumi.Input<string>>>;
    readonly labels?: Readonly<Record<string, pulumi.Input<string>>>;
}

/**
 * Problems of labels and annotations beside the component's own.
 *
 * @param kept Prefixes of labels that the component sets itself.
 */
export function addedMetadataProblems(path: string, added: AddedMetadata, kept: readonly string[]): Problem[] {
    return [
        ...annotations(`${path}.annotations`, known(added.annotations)),
        ...labels(`${path}.labels`, known(added.labels)),
        ...Object.keys(added.labels ?? {}).flatMap((key) =>
            check(
                !kept.some((prefix) => key.startsWith(prefix)),
                `${path}.labels.${key}`,
                key,
                `a key that does not begin with ${kept.join(" or ")}`,
            ),
        ),
    ];
}

/** Values by their keys; one that only an update knows counts as empty, which any label may be. */
function known(values: AddedMetadata["labels"] = {}): Record<string, string> {
    return Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, typeof value === "string" ? value : ""]),
    );
}
