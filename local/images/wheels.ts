import { wheelArchitecture } from "./architecture";
import type { Builder } from "./builder";

/** Which wheels, for which Python. */
export interface WheelArgs {
    /** A requirements file with the exact version and the hashes of everything. */
    readonly requirements: string;
    /** The version of Python that they are for, such as "3.11". */
    readonly python: string;
    /** The minor version of the glibc 2 that they are for. */
    readonly glibc: number;
    readonly directory: string;
}

/** The arguments that make pip download for another Python than its own. */
export function platformArguments(python: string, glibc: number): string[] {
    const tag = python.replace(".", "");
    const first = 5;
    const platforms = Array.from({ length: glibc - first + 1 }, (_, index) => `manylinux_2_${first + index}`);
    return [
        `--python-version=${python}`,
        "--implementation=cp",
        ...[`cp${tag}`, "abi3", "none"].map((abi) => `--abi=${abi}`),
        ...[...platforms, "manylinux2014", "linux"].map((platform) => `--platform=${platform}_${wheelArchitecture}`),
    ];
}

/**
 * Downloads wheels with the machine's own pip, so that its index, proxy and certificates apply and none of them gets near the
 * image.
 */
export async function downloadWheels(builder: Builder, args: WheelArgs): Promise<void> {
    await builder.run("/usr/bin/python3", [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
        ...platformArguments(args.python, args.glibc),
        `--requirement=${args.requirements}`,
        `--dest=${args.directory}`,
    ]);
}
