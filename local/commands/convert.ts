import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { parseValues } from "../convert/chartValues";
import { convert } from "../convert/conversion";
import { report, stackText } from "../convert/stackText";
import { isYes, setting } from "../session/options";
import { UserError } from "../support/errors";
import { main } from "../support/main";
import { say } from "../support/progress";

const usage =
    "Which values, and where to? make convert VALUES=values.yaml OUT=Pulumi.prod.yaml (values of the official Helm chart of Airflow)";

/** Makes a stack file of values of the official Helm chart, and tells what became of each key. */
async function convertValues(): Promise<undefined> {
    const values = setting(process.env, "VALUES");
    const out = setting(process.env, "OUT");
    if (values === undefined || out === undefined) {
        throw new UserError(usage);
    }
    const stack = /^Pulumi\.([A-Za-z0-9_.-]+)\.yaml$/.exec(basename(out))?.[1];
    if (stack === undefined) {
        throw new UserError(`OUT=${out} is no stack file: these are named Pulumi.<stack>.yaml.`);
    }
    if (!existsSync(values)) {
        throw new UserError(`There is no ${values}.`);
    }
    if (existsSync(out) && !isYes(process.env.YES)) {
        throw new UserError(`${out} is there already. Choose another OUT, or write over it with YES=1.`);
    }
    const conversion = convert(parseValues(readFileSync(values, "utf8")));
    writeFileSync(out, stackText(conversion, basename(values), stack));
    process.stdout.write(`${report(conversion, stack)}\n`);
    say(`${resolve(out)} is written. What it lacks, and what could not be carried over, stands at its end, too.`);
}

main(convertValues);
