import { type ImageName, imageNamed, recipes } from "./index";

// What a cluster itself consists of is nobody's matter, and the images of the NFS server and of tests have no other name anywhere.
const noStandIns: readonly ImageName[] = ["pause", "coredns", "nfs-ganesha", "airflow-keycloak"];

/**
 * Says which of some images, as pods name them, are stand-ins on the local cluster: built on this machine under the names of the
 * official ones. Undefined when none is.
 */
export function standInSentence(images: readonly string[]): string | undefined {
    const names = images.map(imageNamed).filter((name) => name !== undefined && !noStandIns.includes(name));
    const references = [...new Set(names)].map((name) => recipes[name as ImageName].reference).sort();
    if (references.length === 0) {
        return undefined;
    }
    const [verb, noun] = references.length === 1 ? ["is", "a stand-in"] : ["are", "stand-ins"];
    return (
        `${inWords(references)} ${verb} ${noun}, built on this machine from the packages of Debian, Python and Go; ` +
        "any other cluster pulls what the name says."
    );
}

function inWords(items: readonly string[]): string {
    return items.length < 2 ? items.join("") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;
}
