import { parseAllDocuments, visit } from "yaml";
import type { Registration } from "./mocks";
import { kindOf, metadata, objects, type Pod, pods, workerPod } from "./objects";

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dnsName = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/;
const qualifiedName = /^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?$/;
const variableName = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;
const fileName = /^(?!\.\.)[-._a-zA-Z0-9]{1,253}$/;
const quantity = /^\d+(\.\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$/;

/** How long the names of a kind may be, where a name becomes part of another. */
const longest: Readonly<Record<string, number>> = { CronJob: 52, Job: 63, Namespace: 63, Service: 63, StatefulSet: 52 };

/** Every text in a value, and where. */
function texts(value: unknown, path: string): [string, string][] {
    if (typeof value === "string") {
        return [[path, value]];
    }
    if (typeof value !== "object" || value === null) {
        return [];
    }
    return Object.entries(value).flatMap(([key, part]) => texts(part, `${path}.${key}`));
}

/**
 * What the API server would refuse of an installation, or what no string of it should be; empty for a right one.
 *
 * @param settings What it was made from, whose own words are no fault: somebody's node may be called NaN.
 */
export function structuralFaults(registrations: readonly Registration[], settings: unknown = {}): string[] {
    const said = JSON.stringify(settings);
    return [
        ...objects(registrations).flatMap((object) => objectFaults(object, said)),
        ...[...pods(registrations), workerPod(registrations)].flatMap(podFaults),
    ];
}

function objectFaults(registration: Registration, said: string): string[] {
    const kind = kindOf(registration.type);
    const { name, labels = {}, annotations = {} } = metadata(registration);
    const where = `${kind} ${name ?? registration.name}`;
    const files = ["ConfigMap", "Secret"].includes(kind)
        ? Object.keys({ ...record(registration.inputs.data), ...record(registration.inputs.stringData) })
        : [];
    const sizes = texts(registration.inputs.spec, "spec").filter(([path]) =>
        /\.(storage|cpu|memory|ephemeral-storage)$/.test(path),
    );
    return [
        ...(name === undefined || dnsName.test(name) ? [] : ["its name"]),
        ...(name !== undefined && name.length > (longest[kind] ?? 253) ? ["the length of its name"] : []),
        ...mapFaults("label", labels),
        ...Object.keys(annotations).flatMap((key) => (qualifiedName.test(key) ? [] : [`annotation ${key}`])),
        ...files.flatMap((file) => (fileName.test(file) ? [] : [`file ${file}`])),
        ...sizes.flatMap(([path, value]) => (quantity.test(value) ? [] : [`${path} ${value}`])),
        ...texts(registration.inputs, "").flatMap(([path, text]) =>
            (text.match(/\bundefined\b|\[object|\bNaN\b|\0/g) ?? [])
                .filter((word) => !said.includes(word))
                .map((word) => `${path} has ${JSON.stringify(word)}: ${text.slice(0, 200)}`),
        ),
    ].map((fault) => `${where}: ${fault}`);
}

function record(value: unknown): Record<string, unknown> {
    return (value ?? {}) as Record<string, unknown>;
}

function mapFaults(noun: string, labels: Readonly<Record<string, string>>): string[] {
    return Object.entries(labels).flatMap(([key, value]) =>
        qualifiedName.test(key) && labelValue.test(value) ? [] : [`${noun} ${key}: ${value}`],
    );
}

function podFaults(pod: Pod): string[] {
    const { spec } = pod;
    const containers = [...(spec.initContainers ?? []), ...spec.containers];
    const volumes = (spec.volumes ?? []).map(({ name }) => name);
    return [
        ...mapFaults("label", pod.metadata.labels ?? {}),
        ...Object.keys(pod.metadata.annotations ?? {}).flatMap((key) =>
            qualifiedName.test(key) ? [] : [`annotation ${key}`],
        ),
        ...mapFaults("node selector", spec.nodeSelector ?? {}),
        ...(spec.priorityClassName === undefined || dnsName.test(spec.priorityClassName) ? [] : ["priority class"]),
        ...(spec.tolerations ?? []).flatMap(tolerationFaults),
        ...(spec.imagePullSecrets ?? []).flatMap(({ name }) => (dnsName.test(name) ? [] : [`pull secret ${name}`])),
        ...volumes.filter((name, index) => volumes.indexOf(name) !== index || !dnsLabel.test(name)),
        ...containers.flatMap((container) => {
            const names = (container.env ?? []).map(({ name }) => name);
            const mounts = (container.volumeMounts ?? []).map(({ mountPath }) => mountPath);
            const bytes = JSON.stringify([container.env, container.args, container.command]).length;
            return [
                ...names.filter((name, index) => names.indexOf(name) !== index || !variableName.test(name)),
                ...mounts.filter((path, index) => mounts.indexOf(path) !== index || !/^\/[^:]*$/.test(path)),
                ...(/^[^\s@]+(@sha256:[0-9a-f]{64})?$/.test(container.image) ? [] : [`image ${container.image}`]),
                ...(bytes > 900_000 ? [`${bytes} bytes of variables and arguments`] : []),
                ...(container.env ?? []).flatMap(({ name, valueFrom }) => {
                    const reference = valueFrom?.secretKeyRef;
                    return reference === undefined ||
                        (dnsName.test(reference.name ?? "") && fileName.test(reference.key))
                        ? []
                        : [`the reference of ${name}`];
                }),
            ].map((fault) => `${container.name}: ${fault}`);
        }),
    ].map((fault) => `pod of ${pod.owner}: ${fault}`);
}

interface Toleration {
    readonly key?: string;
    readonly operator?: string;
    readonly value?: string;
    readonly effect?: string;
    readonly tolerationSeconds?: number;
}

/** @see https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#toleration-v1-core */
function tolerationFaults({
    key = "",
    operator = "Equal",
    value = "",
    effect,
    tolerationSeconds,
}: Toleration): string[] {
    return [
        ...(key === "" || qualifiedName.test(key) ? [] : [`toleration of key ${key}`]),
        ...(key === "" && operator !== "Exists" ? ["toleration of no key"] : []),
        ...(operator === "Exists" && value !== "" ? ["toleration that exists with a value"] : []),
        ...(operator === "Equal" && !labelValue.test(value) ? [`toleration of ${value}`] : []),
        ...(tolerationSeconds !== undefined && effect !== "NoExecute" ? ["seconds of a toleration"] : []),
    ];
}

/** Programs that containers run: scripts in ConfigMaps, and what comes after `-c`. Nobody's setting may be part of one. */
export function programs(registrations: readonly Registration[]): string[] {
    const scripts = objects(registrations, "ConfigMap")
        .filter(({ name }) => name.endsWith("-scripts"))
        .flatMap(({ inputs }) => Object.values(record(inputs.data)).map(String));
    const shells = [...pods(registrations), workerPod(registrations)].flatMap(({ spec }) =>
        [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ command = [], args = [] }) => {
            const words = [...command, ...args];
            const code = words.indexOf("-c");
            return code < 0 ? [] : words.slice(code + 1, code + 2);
        }),
    );
    return [...scripts, ...shells];
}

/** What Kubernetes makes of a variable or an argument: `$(NAME)` is replaced where NAME is known, `$$` is `$`. */
export function expanded(text: string, known: ReadonlySet<string>): string {
    return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name?: string) => {
        if (whole === "$$") {
            return "$";
        }
        return name !== undefined && known.has(name) ? `<value of ${name}>` : whole;
    });
}

/** Tags and anchors in YAML, of which a template of ours has none. */
export function yamlSurprises(text: string): string[] {
    const documents = parseAllDocuments(text, { version: "1.1" });
    const found: string[] = documents.length === 1 ? [] : [`${documents.length} documents`];
    for (const document of documents) {
        found.push(...document.errors.map(String));
        visit(document, {
            Alias: () => {
                found.push("an alias");
            },
            Scalar: (_key, node) => {
                if (node.tag !== undefined) {
                    found.push(`the tag ${node.tag}`);
                }
            },
        });
    }
    return found;
}
