/** This machine's architecture, as image configurations name it. */
export const imageArchitecture: string = process.arch === "arm64" ? "arm64" : "amd64";

/** This machine's architecture, as the names of Python wheels have it. */
export const wheelArchitecture: string = process.arch === "arm64" ? "aarch64" : "x86_64";
