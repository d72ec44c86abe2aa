import type * as pulumi from "@pulumi/pulumi";
import { mapInput } from "../../kubernetes/known";
import type { GitSettings } from "../../settings/dagsSettings";
import { parseGitUrl } from "./gitUrl";

/**
 * Public keys of hosts that everybody uses, as they publish them.
 *
 * @see https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/githubs-ssh-key-fingerprints
 * @see https://docs.gitlab.com/user/gitlab_com/#ssh-known_hosts-entries
 * @see https://support.atlassian.com/bitbucket-cloud/docs/configure-ssh-and-two-step-verification/
 */
const publishedKeys: Readonly<Record<string, readonly string[]>> = {
    "github.com": [
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCj7ndNxQowgcQnjshcLrqPEiiphnt+VTTvDP6mHBL9j1aNUkY4Ue1gvwnGLVlOhGeYrnZaMgRK6+PKCUXaDbC7qtbW8gIkhL7aGCsOr/C56SJMy/BCZfxd1nWzAOxSDPgVsmerOBYfNqltV9/hWCqBywINIR+5dIg6JTJ72pcEpEjcYgXkE2YEFXV1JHnsKgbLWNlhScqb2UmyRkQyytRLtL+38TGxkxCflmO+5Z8CSSNY7GidjMIZ7Q4zMjA2n1nGrlTDkzwDCsw+wqFPGQA179cnfGWOWRVruj16z6XyvxvjJwbz0wQZ75XK5tKSb7FNyeIEs4TT4jk+S4dhPeAUC5y+bDYirYgM4GC7uEnztnZyaVWQ7B381AK4Qdrwt51ZqExKbQpTUNn+EjqoTwvqNj4kqx5QUCI0ThS/YkOxJCXmPUWZbhjpCg56i+2aB6CmK2JGhn57K5mj0MNdBXA4/WnwH6XoPWJzK5Nyu2zB3nAZp+S5hpQs+p1vN1/wsjk=",
    ],
    "gitlab.com": [
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf",
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFSMqzJeV9rUzU4kWitGjeR4PWSa29SPqJ1fVkhtj3Hw9xjLVXVYrU9QlYWrOLXBpQ6KWjbjTDTdDkoohFzgbEY=",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCsj2bNKTBSpIYDEGk9KxsGh3mySTRgMtXL583qmBpzeQ+jqCMRgBqB98u3z++J1sKlXHWfM9dyhSevkMwSbhoR8XIq/U0tCNyokEi/ueaBMCvbcTHhO7FcwzY92WK4Yt0aGROY5qX2UKSeOvuP4D6TPqKF1onrSzH9bx9XUf2lEdWT/ia1NEKjunUqu1xOB/StKDHMoX4/OKyIzuS0q/T1zOATthvasJFoPrAjkohTyaDUz2LN5JoH839hViyEG82yB+MjcFV5MU3N1l1QL3cVUCh93xSaua1N85qivl+siMkPGbO5xR/En4iEY6K2XPASUEMaieWVNTRCtJ4S8H+9",
    ],
    "bitbucket.org": [
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMzYVa0MuJ2e2gKTKqu+UUO",
        "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBPIQmuzMBuKdWeF4+a2sjSSpBK0iqitSQ+5BM9KhpexuGt20JpTVM7u5BDZngncgrqDMbWdxMWWOGtZ9UgbqgZE=",
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDQeJzhupRu0u0cdegZIa8e86EG2qOCsIsD1Xw0xSeiPDlCr7kq97NLmMbpKTX6Esc30NuoqEEHCuc7yWtwp8dI76EEEB1VqY9QJq6vk+aySyboD5QF61I/1WeTwu+deCbgKMGbUijeXhtfbxSxm6JwGrXrhBdofTsbKRUsrN1WoNgUa8uqN1Vx6WAJw1JHPhglEGGHea6QICwJOAr/6mrui/oB7pkaWKHj3z7d1IC4KWLtY47elvjbaTlkN04Kc/5LFEirorGYVbt15kAUlqGM65pk6ZBxtaO3+30LVlORZkxOh+LKL/BvbZ/iRNhItLqNyieoQj/uh/7Iv4uyH/cV/0b4WDSd3DptigWq84lJubb9t/DnZlrJazxyDCulTmKdOR7vs9gMTo+uoIrPSb8ScTtvw65+odKAlBj59dhnVp9zd7QUojOpXlL62Aw56U4oO+FALuevvMjiWeavKhJqlR7i5n9srYcrNV7ttmDw7kf/97P5zauIhxcjX+xHv4M=",
    ],
};

/** Hosts whose keys are built in. */
export const publishedHosts: readonly string[] = Object.keys(publishedKeys);

/** Lines of a `known_hosts` file with the published keys of a host, or undefined where none are known. */
export function publishedKnownHosts(host: string): string | undefined {
    const keys = Object.hasOwn(publishedKeys, host) ? publishedKeys[host] : undefined;
    return keys?.map((key) => `${host} ${key}\n`).join("");
}

/**
 * Whether a repository is read over ssh. A right one is where there is a key for it, so this is known before its URL is, and with
 * it which objects there are.
 */
export function isOverSsh({ sshKey, sshKeySecret }: Pick<GitSettings, "sshKey" | "sshKeySecret">): boolean {
    return sshKey !== undefined || sshKeySecret !== undefined;
}

/** The `known_hosts` file for a repository: what the user gave, or what is built in. Undefined when it is not read over ssh. */
export function knownHostsFile(git: GitSettings): pulumi.Input<string> | undefined {
    const { repository, knownHosts } = git;
    if (!isOverSsh(git)) {
        return undefined;
    }
    return knownHosts === undefined
        ? mapInput(repository, (url) => publishedKnownHosts(parseGitUrl(url)?.host ?? "") ?? "")
        : mapInput(knownHosts, (lines) => `${lines.trimEnd()}\n`);
}

/** What is wrong with lines of a `known_hosts` file for a host, or undefined. */
export function knownHostsFault(knownHosts: string, host: string, port?: number): string | undefined {
    const lines = knownHosts
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "" && !line.startsWith("#"));
    if (lines.length === 0) {
        return "there is no line in it";
    }
    const wrong = lines.findIndex((line) => !linePattern.test(line));
    if (wrong >= 0) {
        return `line ${wrong + 1} is not: host, kind of key, key`;
    }
    const name = port === undefined || port === 22 ? host : `[${host}]:${port}`;
    return lines.some((line) => covers(line, name)) ? undefined : `no line is for ${name}`;
}

const linePattern = /^(@cert-authority\s+|@revoked\s+)?\S+\s+[a-z0-9@.-]+\s+[A-Za-z0-9+/]{32,}=*(\s.*)?$/;

/** Whether a line may be for a host. Of hashed names and patterns only ssh can tell. */
function covers(line: string, name: string): boolean {
    const [first, second] = line.split(/\s+/);
    if (first === "@revoked") {
        return false;
    }
    const hosts = (first.startsWith("@") ? second : first).split(",");
    return hosts.some((host) => host.startsWith("|") || /[*?]/.test(host) || host === name);
}
