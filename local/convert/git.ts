import { holdsCredentials } from "../../components/dags/git/gitUrl";
import { isFields } from "../../components/kubernetes/fields";
import { listOf, plain, valueAt } from "./chartValues";
import type { Row } from "./row";
import { carried, left, type Step, same } from "./steps";

type Convert = Row["convert"];

/** The repository; what the chart takes for it where nothing is said is said here. */
export const gitRepository: Convert = (value, { values }) => {
    const given = plain(value);
    const repository = given.replace(/^(\w+:\/\/)[^/@]*@/, (whole, protocol) =>
        protocol === "ssh://" ? whole : protocol,
    );
    const { ref, branch, rev, subPath } = valueAt(values, "dags.gitSync") as Record<string, unknown>;
    const git = {
        repository,
        ...(ref === undefined && branch === undefined && rev === undefined && { ref: "v2-2-stable" }),
        ...(subPath === undefined && { subPath: "tests/dags" }),
    };
    const text = holdsCredentials(given)
        ? "dags.git.repository, without its credentials: set gitToken (pulumi config set --secret gitToken)"
        : "dags.git.repository";
    return [{ ...carried(text, undefined), patch: { dags: { git } } }];
};

/** One of three keys counts; which one is told of each. */
export const gitRef: Convert = (value, { key, values }) => {
    const { ref, branch, rev } = valueAt(values, "dags.gitSync") as Record<string, unknown>;
    const commit = rev === undefined || rev === "HEAD" ? undefined : rev;
    const used = plain(commit ?? ref ?? branch ?? "HEAD");
    if (key.endsWith(".rev") && commit === undefined) {
        return [same("git-sync follows the branch")];
    }
    return [
        plain(value) === used
            ? carried("dags.git.ref", used)
            : left(`dags.git.ref is ${JSON.stringify(used)}: git-sync follows one branch, tag or commit`),
    ];
};

/** How often, as seconds or in Go's way of writing a time. */
export const seconds: Convert = (value) => {
    const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };
    const text = plain(value);
    const parts = [...text.matchAll(/(\d+)([hms])/g)];
    const sum = /^\d+$/.test(text)
        ? Number(text)
        : parts.reduce((total, [, amount, unit]) => total + Number(amount) * units[unit], 0);
    return [
        /^\d+$|^(\d+[hms])+$/.test(text)
            ? carried("dags.gitSync.periodSeconds", sum)
            : left("it is no time in seconds"),
    ];
};

/** A Secret with a user's name and a password. */
export const gitCredentials: Convert = (value) => [
    {
        ...carried("dags.git.tokenSecret", { name: plain(value), key: "GITSYNC_PASSWORD" }),
        text: "dags.git.tokenSecret; the user's name, where the server asks for it, is dags.git.username",
    },
];

/** Bundles of DAGs, of which one Git bundle can be carried over. */
export const gitBundle: Convert = (value, { values }) => {
    const bundles = listOf(value) ?? [];
    const several = "several bundles, or bundles of other kinds: set dags.bundles";
    if (valueAt(values, "dags.gitSync.enabled") === true || bundles.length !== 1) {
        return [left(several)];
    }
    const [bundle] = bundles;
    const { classpath, kwargs } = isFields(bundle) ? bundle : {};
    const {
        repo_url: repository,
        tracking_ref: ref,
        subdir: subPath,
        git_conn_id: connection,
        ...others
    } = isFields(kwargs) ? kwargs : {};
    if (plain(classpath).endsWith(".LocalDagBundle") && Object.keys(isFields(kwargs) ? kwargs : {}).length === 0) {
        return [same("DAGs are read from their folder")];
    }
    if (!plain(classpath).endsWith(".GitDagBundle") || typeof repository !== "string" || holdsCredentials(repository)) {
        return [left("set dags.delivery gitBundle with dags.git, or dags.bundles")];
    }
    const git = {
        repository,
        ...(ref !== undefined && { ref: plain(ref) }),
        ...(subPath !== undefined && { subPath: plain(subPath) }),
    };
    const lost = [...Object.keys(others), ...(connection === undefined ? [] : ["git_conn_id"])];
    const text = `dags.delivery gitBundle, dags.git${lost.length === 0 ? "" : `, without ${lost.join(", ")}: credentials are dags.git.tokenSecret or the secrets gitToken and gitSshKey`}`;
    const step: Step = { ...carried(text, undefined), patch: { dags: { delivery: "gitBundle", git } } };
    return [step];
};
