import { existsSync } from "node:fs";
import { join } from "node:path";
import { output } from "../support/execution";
import { ensurePackages } from "../support/packages";
import { cacheDirectory } from "../support/paths";
import { withHeartbeat } from "../support/progress";

const uv = "0.13.8";

/**
 * Writes requirements.txt into the folder of a recipe: the exact versions, with hashes, of all that requirements.in asks for.
 *
 * @param before Day before which they were released. The official image of an Airflow holds what was newest when it was released;
 * later versions of its dependencies may not fit: SQLAlchemy 2.1, which Airflow 3.3.2 accepts, takes postgresql:// for another
 * driver than 2.0 does.
 */
export async function lockRequirements(folder: string, before: string): Promise<void> {
    await ensurePackages(["python3-venv"]);
    const environment = join(cacheDirectory, `uv-${uv}`);
    await withHeartbeat(`Locking the requirements of the image ${folder}`, async () => {
        if (!existsSync(join(environment, "bin", "uv"))) {
            await output(["/usr/bin/python3", "-m", "venv", "--clear", environment]);
            await output([join(environment, "bin", "pip"), "install", "--quiet", `uv==${uv}`]);
        }
        await output([
            join(environment, "bin", "uv"),
            "pip",
            "compile",
            "--quiet",
            "--python-version=3.11",
            "--python-platform=linux",
            "--only-binary=:all:",
            "--generate-hashes",
            "--no-annotate",
            `--exclude-newer=${before}T00:00:00Z`,
            "--custom-compile-command=node --import tsx local/images/cli.ts lock",
            `--output-file=${join(__dirname, folder, "requirements.txt")}`,
            join(__dirname, folder, "requirements.in"),
        ]);
    });
}
