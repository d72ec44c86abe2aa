export { corednsImage } from "./addons";
export { binDirectory, goBinary } from "./binaries";
export { clusterDown, clusterReset, clusterUp } from "./cluster";
export { imageDigest, importImage, pauseImage } from "./containerd";
export { contextName, kubeconfigPath } from "./layout";
export { type ClusterStatus, clusterStatus } from "./status";
