import type { ConfigValues } from "../configuration/stackFile";
import type { StackState } from "../state/resourceState";
import { collectSecrets, strings } from "../values/masking";

/** Every string that is secret in a stack, to mask it wherever it would show: in a message of the cluster, in a log. */
export function secretTexts(config: ConfigValues, state: StackState): Set<string> {
    const found = new Set<string>();
    for (const { secret, value } of Object.values(config)) {
        if (secret) {
            strings(value).forEach((text) => void found.add(text));
        }
    }
    for (const { inputs, outputs } of state.resources) {
        collectSecrets(inputs, found);
        collectSecrets(outputs, found);
    }
    return found;
}
