import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureBuilt } from "../support/buildCache";
import { buildKey } from "../support/buildKey";
import { type CommandResult, capture, output } from "../support/execution";

const name = "check-jsonschema";
const requirements = join(__dirname, name, "requirements.txt");

/**
 * Runs check-jsonschema, which has the schemas that GitLab and others publish for their files; installs it from PyPI when the cache
 * lacks it. Its versions are those of requirements.txt, which `uv pip compile --universal --python-version 3.11
 * --generate-hashes` makes of requirements.in.
 */
export async function checkJsonschema(args: readonly string[]): Promise<CommandResult> {
    const version = await output(["python3", "--version"]);
    const packages = await ensureBuilt({
        name,
        key: buildKey({ requirements: await readFile(requirements, "utf8") }, version, ""),
        title: `Installing ${name}`,
        fill: async (into) => {
            const pip = ["python3", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
            const exact = ["--require-hashes", "--only-binary=:all:", `--requirement=${requirements}`];
            await output([...pip, ...exact, `--target=${into}`]);
        },
    });
    const env = { ...process.env, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: "1" };
    return await capture(["python3", "-m", "check_jsonschema", ...args], { env });
}
