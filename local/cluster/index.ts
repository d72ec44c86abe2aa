export { corednsImage } from "./addons";
export { binDirectory, goBinary } from "./binaries";
export { clusterDown, clusterReset, clusterUp } from "./cluster";
export { imageDigest, importImage, pauseImage } from "./containerd";
export { contextName, kubeconfigPath } from "./layout";
export { ensureNfsClient, kernelHasNfs } from "./nfs";
export { plannedChanges } from "./plan";
export { addresses } from "./ranges";
export { type ClusterStatus, clusterStatus } from "./status";
