import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { output } from "../../../support/execution";

const module_ = "github.com/pulumi/pulumi-kubernetes/provider/v4";

/** What main.go embeds, made from the files of the provider's own module the way its own build makes them. */
export async function embeddedFiles(version: string): Promise<Record<string, string>> {
    const described = await output(["go", "mod", "download", "-json", module_], {
        cwd: __dirname,
        env: { ...process.env, GOWORK: "off" },
    });
    const { Dir: directory } = JSON.parse(described) as { Dir: string };
    const read = async (name: string): Promise<object> =>
        JSON.parse(await readFile(join(directory, "cmd/pulumi-resource-kubernetes", name), "utf8"));
    return {
        "schema-embed.json": JSON.stringify({ ...(await read("schema.json")), version }),
        "terraform-mapping-embed.json": JSON.stringify(await read("terraform-mapping.json")),
    };
}
