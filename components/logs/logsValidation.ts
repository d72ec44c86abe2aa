import type * as pulumi from "@pulumi/pulumi";
import { parseQuantity } from "../kubernetes/quantity";
import type { AirflowSettings } from "../settings/airflowKubernetesDefaults";
import { check, quantity, whenKnown, wholeNumber } from "../validation/checks";
import type { Problem } from "../validation/problems";
import { schedule } from "../validation/schedules";
import { remoteLogsProblems } from "./remoteLogsValidation";

/** Everything that is wrong with the settings of logs. */
export function logsProblems({ logs, storage }: AirflowSettings): Problem[] {
    const { cleanupSchedule, maximumSize, remote, retentionDays } = logs;
    return [
        ...wholeNumber("logs.retentionDays", retentionDays, 0, 3650),
        ...(maximumSize === undefined ? [] : maximumSizeProblems(maximumSize, storage.logsSize)),
        ...schedule("logs.cleanupSchedule", cleanupSchedule),
        ...(remote === undefined ? [] : remoteLogsProblems(remote)),
    ];
}

function maximumSizeProblems(maximumSize: pulumi.Input<string>, logsSize: pulumi.Input<string>): Problem[] {
    const path = "logs.maximumSize";
    const malformed = quantity(path, maximumSize);
    return malformed.length > 0
        ? malformed
        : whenKnown({ maximumSize, logsSize }, (known) => {
              const most = parseQuantity(known.logsSize) ?? Number.POSITIVE_INFINITY;
              const fits = (parseQuantity(known.maximumSize) ?? 0) <= most;
              return check(fits, path, maximumSize, `not more than storage.logsSize, which is ${known.logsSize}`);
          });
}
