import type * as pulumi from "@pulumi/pulumi";

/**
 * How long Pulumi waits for a workload. The first start on a new node pulls two large images, which the provider's
 * own ten minutes do not always cover.
 */
export const workloadTimeouts: pulumi.CustomTimeouts = { create: "15m", update: "15m", delete: "5m" };
