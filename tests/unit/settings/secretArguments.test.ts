import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import {
    listedSecretArguments,
    secretArguments,
    withSecretsMarked,
} from "../../../components/settings/secretArguments";

async function isSecret(value: unknown): Promise<boolean> {
    return pulumi.Output.isInstance(value) && (await pulumi.isSecret(value));
}

/** An object in which a value lies at a path; a list of one for `*`. */
function holding([key, ...rest]: readonly string[], value: unknown): unknown {
    const below = rest.length === 0 ? value : holding(rest, value);
    return key === "*" ? [below] : { [key]: below };
}

/** What lies at a path. */
function at(holder: unknown, path: readonly string[]): unknown {
    return path.reduce<unknown>((value, key) => Reflect.get(value as object, key === "*" ? "0" : key), holder);
}

describe("secret arguments", () => {
    for (const argument of [...secretArguments, ...listedSecretArguments]) {
        it(`are marked where they are: ${argument}`, async () => {
            const path = argument.split(".");
            const marked = withSecretsMarked(holding(path, "a value") as object);
            expect(await isSecret(at(marked, path))).to.equal(true);
        });
    }

    it("are marked in each element of a list, and nothing else is", async () => {
        const registry = (server: string, password: pulumi.Input<string>) => ({ server, username: "robot", password });
        const registries = [registry("a.example.org", "one"), registry("b.example.org", pulumi.output("two"))];
        const marked = withSecretsMarked({ airflow: { registries, version: "3.3.2" } });
        expect(marked.airflow?.version).to.equal("3.3.2");
        expect(marked.airflow?.registries).to.have.lengthOf(2);
        for (const [index, { server, username, password }] of (marked.airflow?.registries ?? []).entries()) {
            expect([server, username]).to.deep.equal([registries[index].server, "robot"]);
            expect(await isSecret(password)).to.equal(true);
        }
        expect(registries[0].password).to.equal("one");
    });

    it("leave a list that is none to the check of its shape", () => {
        const wrong = { airflow: { registries: "registry.example.org" } } as object;
        expect(withSecretsMarked(wrong)).to.deep.equal(wrong);
    });
});
