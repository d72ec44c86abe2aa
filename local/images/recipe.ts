import type { Builder } from "./builder";
import type { ImageConfig } from "./ociArchive";

/** How one image is made. */
export interface Recipe {
    /** The name under which containerd and the kubelet look for it, registry included. */
    readonly reference: string;
    /** What a container of it runs, and how. */
    readonly config: ImageConfig;
    /** Debian packages that the machine needs to build it. */
    readonly packages: readonly string[];
    /** Files and folders that decide what is in it: when one of them changes, it is built anew. */
    readonly sources: readonly string[];
    /** Fills the directory that becomes the root of the image. */
    build(root: string, builder: Builder): Promise<void>;
}
