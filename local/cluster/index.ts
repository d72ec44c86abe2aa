export { corednsImage } from "./addons.js";
export { binDirectory, goBinary } from "./binaries.js";
export { clusterDown, clusterReset, clusterUp } from "./cluster.js";
export { imageDigest, importImage, pauseImage } from "./containerd.js";
export { contextName, kubeconfigPath } from "./layout.js";
export { type ClusterStatus, clusterStatus } from "./status.js";
