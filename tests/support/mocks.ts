import * as pulumi from "@pulumi/pulumi";

/** A registration as Pulumi's engine would get it, with secrets unwrapped. */
export interface Registration {
    readonly type: string;
    readonly name: string;
    readonly inputs: Record<string, unknown>;
    /** Top-level inputs that were marked secret. */
    readonly secretInputs: readonly string[];
}

const secretSignature = "4dabf18193072939515e22adb298388d";

function isSecret(value: unknown): value is { value: unknown } {
    return typeof value === "object" && value !== null && secretSignature in value;
}

/** Runs a program against mocks and returns every registration, once none is under way any more. */
export async function record(build: () => unknown, preview = false): Promise<Registration[]> {
    const seen: Registration[] = [];
    await pulumi.runtime.setMocks(
        {
            newResource: ({ type, name, inputs }) => {
                const entries = Object.entries<unknown>(inputs);
                const plain = Object.fromEntries(
                    entries.map(([key, value]) => [key, isSecret(value) ? value.value : value]),
                );
                seen.push({
                    type,
                    name,
                    inputs: plain,
                    secretInputs: entries.filter(([, value]) => isSecret(value)).map(([key]) => key),
                });
                return { id: `${name}-id`, state: { ...inputs, ...provided(type, name, plain) } };
            },
            call: ({ inputs }) => inputs,
        },
        "airflow-kubernetes",
        "test",
        preview,
    );
    build();
    await pulumi.runtime.disconnect();
    return seen;
}

/** What the providers add: names of objects, and values of random resources. */
function provided(type: string, name: string, inputs: Record<string, unknown>): Record<string, unknown> {
    if (type === "random:index/randomBytes:RandomBytes") {
        return { base64: Buffer.alloc(32, 0xfb).toString("base64") };
    }
    if (type === "random:index/randomPassword:RandomPassword") {
        return { result: `${name}-value` };
    }
    const metadata = inputs.metadata as { name?: string } | undefined;
    return metadata === undefined ? {} : { metadata: { ...metadata, name: metadata.name ?? `${name}-1a2b3c4d` } };
}
