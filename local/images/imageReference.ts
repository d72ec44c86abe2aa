import { UserError } from "../support/errors";

/** The name of an image, in its parts. */
export interface ImageReference {
    /** As it was given. */
    readonly text: string;
    /** With registry and all: what a cluster's container runtime calls it. */
    readonly full: string;
}

// Registry, path and tag of an image, as the reference grammar of images has them; the tag is a must.
const grammar =
    /^(?:(?<registry>(?:[a-zA-Z0-9-]+\.)+[a-zA-Z0-9-]+(?::\d+)?|localhost(?::\d+)?|[a-zA-Z0-9-]+:\d+)\/)?(?<path>[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*):(?<tag>\w[\w.-]{0,127})$/;

/** Reads an image's name; it must have a tag of its own, by which a cluster tells one build from the next. */
export function readImageReference(text: string | undefined): ImageReference {
    if (text === undefined) {
        throw new UserError("IMAGE is missing: the name of the image to build, such as IMAGE=my-airflow:1");
    }
    const { registry, path, tag } = grammar.exec(text)?.groups ?? {};
    if (path === undefined) {
        throw new UserError(`IMAGE: "${text}" is no name of an image with a tag; write it like my-airflow:1`);
    }
    if (tag === "latest") {
        throw new UserError("IMAGE: the tag latest is pulled anew by every cluster; give each build a tag of its own");
    }
    if (registry !== undefined) {
        return { text, full: text };
    }
    return { text, full: path.includes("/") ? `docker.io/${text}` : `docker.io/library/${text}` };
}
