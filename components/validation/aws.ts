import { check, knownText, shown } from "./checks";
import type { Problem } from "./problems";

/** Problems of the address and the region of a service of AWS, as far as they are known. */
export function awsServiceProblems(
    path: string,
    { endpointUrl, region }: { readonly endpointUrl?: unknown; readonly region?: unknown },
): Problem[] {
    return [
        ...(typeof endpointUrl === "string"
            ? check(
                  /^https?:\/\/[^\s?#@]+$/.test(endpointUrl) && URL.canParse(endpointUrl),
                  `${path}.endpointUrl`,
                  shown(endpointUrl),
                  "an http or https URL without user, query and fragment",
              )
            : []),
        ...knownText(`${path}.region`, region, /^[a-z0-9-]+$/, "the name of a region, such as us-east-1"),
    ];
}
