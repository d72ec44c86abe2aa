import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { postgresImage } from "../../../components/settings/databaseSettings";
import { ganeshaConfiguration, ganeshaStart } from "../../../components/storage/ganeshaConfiguration";
import { ensureImages, recipes, testImageNames } from "../../../local/images";
import { output } from "../../../local/support/execution";
import { withLock } from "../../../local/support/lock";
import { ensurePackages } from "../../../local/support/packages";
import type { DagFiles } from "../deliveries/dags";
import { testPrefix } from "./installation";
import { kube } from "./kubernetes";
import { outputDirectory } from "./processes";

const namespace = `${testPrefix}-servers`;
const image = "localhost/airflow-kubernetes/test-servers:1";
const login = { username: "robot", password: "a-token-for-tests" };

/** The password of everybody in the directory. */
const directoryPassword = "a-directory-password-for-tests";

/** Name of a server, as pods know it. */
function host(service: string): string {
    return `${service}.${namespace}.svc.cluster.local`;
}

/** What gets in, and where. */
interface Access {
    /** The public key that the git server shows to ssh. */
    readonly hostKey: string;
    /** The private key that it accepts. */
    readonly clientKey: string;
    /** Who signed its certificate. */
    readonly caCertificate: string;
    readonly nfsAddress: string;
}

/** How the servers that run are reached, for whichever process asks next. */
const record = join(outputDirectory, "servers.json");

let shared: Promise<TestServers> | undefined;

/** Starts all servers, and comes back when they answer. */
async function start(): Promise<Access> {
    await ensurePackages(["openssh-client"]);
    await ensureImages(testImageNames);
    const hostKey = await keyPair();
    const clientKey = await keyPair();
    await kube(["apply", "--filename", "-"], manifests(hostKey, clientKey));
    await kube([
        ...["wait", "--namespace", namespace, "--for=condition=Available", "--timeout=110s"],
        ...["deployment/servers", "deployment/postgres", "deployment/nfs"],
    ]);
    const inside = ["exec", "--namespace", namespace, "deployment/servers", "--container", "git-https", "--"];
    const caCertificate = await kube([...inside, "cat", "/certificates/ca.crt"]);
    const nfsAddress = await kube([
        ...["get", "service", "nfs", "--namespace", namespace],
        ...["--output", "jsonpath={.spec.clusterIP}"],
    ]);
    return { hostKey: hostKey.public, clientKey: clientKey.private, caCertificate, nfsAddress };
}

/** What the check of a repository is given. */
export interface Look {
    readonly repository: string;
    /** Files `token` or `ssh`, by name. */
    readonly secrets: Readonly<Record<string, string>>;
    /** Files `known_hosts` or `ca.crt`, by name. */
    readonly files: Readonly<Record<string, string>>;
}

/** Servers that stand for those of a company: they are in the cluster, but not in an installation's namespaces. */
export class TestServers {
    private constructor(private readonly access: Access) {}

    /** Address of the NFS server, which exports `/export`. */
    public get nfsAddress(): string {
        return this.access.nfsAddress;
    }

    /** The servers that all suites of a run share; starts them when they are first asked for, whichever process asks. */
    public static async shared(): Promise<TestServers> {
        const lock = join(outputDirectory, "servers.lock");
        shared ??= withLock(lock, "starts the servers", async () => {
            const known = existsSync(record) ? (JSON.parse(readFileSync(record, "utf8")) as Access) : undefined;
            const access = known ?? (await start());
            writeFileSync(record, JSON.stringify(access), { mode: 0o600 });
            return new TestServers(access);
        });
        return await shared;
    }

    /** Has the next who asks start them anew. */
    public static forget(): void {
        rmSync(record, { force: true });
    }

    /** A new repository, empty but for a first commit; reached by https, by ssh, or by https without a login. */
    public async repository(name: string, way: "https" | "ssh" | "public"): Promise<GitRepository> {
        const folder = way === "public" ? "public" : "private";
        const path = `/repositories/${folder}/${name}.git`;
        const git = {
            ref: "main",
            subPath: "dags",
            ...(way === "ssh"
                ? {
                      repository: `git@${host("git")}:${path}`,
                      knownHosts: `${host("git")} ${this.access.hostKey}`,
                  }
                : {
                      repository: `https://${host("git")}/${folder}/${name}.git`,
                      caCertificate: this.access.caCertificate,
                      username: login.username,
                  }),
        };
        const secrets: Record<typeof way, Readonly<Record<string, string>>> = {
            https: { gitToken: login.password },
            ssh: { gitSshKey: this.access.clientKey },
            public: {},
        };
        const repository = new GitRepository(path, git, secrets[way]);
        await repository.commit({});
        return repository;
    }

    /** A private key that opens nothing. */
    public async strangeKey(): Promise<string> {
        return (await keyPair()).private;
    }

    /** A line of known_hosts for the git server with the key of another one. */
    public async strangeKnownHosts(): Promise<string> {
        return `${host("git")} ${(await keyPair()).public}`;
    }

    /** Makes a directory that belongs to root on the NFS server; hands back its path for a mount. */
    public async exportedDirectory(name: string): Promise<string> {
        await this.onNfsServer("mkdir", "-p", `/disk/export/${name}`);
        return `/export/${name}`;
    }

    /** Runs a command on the NFS server, where the export is `/disk/export`. */
    public async onNfsServer(...command: readonly string[]): Promise<string> {
        return await kube(["exec", "--namespace", namespace, "deployment/nfs", "--", ...command]);
    }

    /** Settings of the Postgres. */
    public readonly postgres = { host: host("postgres"), password: "a-password-for-tests" };

    /** Runs SQL on the Postgres. */
    public async sql(statement: string, database = "postgres"): Promise<string> {
        const psql = ["psql", "--username", "postgres", "--tuples-only", "--no-align", "--dbname", database];
        return await kube(["exec", "--namespace", namespace, "deployment/postgres", "--", ...psql, "-c", statement]);
    }

    /** Settings of the S3 service. */
    public readonly s3 = {
        url: "s3://airflow-logs/tests",
        endpointUrl: `http://${host("s3")}:5000`,
        accessKeyId: "AKIATESTS",
        secretAccessKey: "a-secret-access-key-for-tests",
    };

    /** A directory with alice in the group admins, bob in viewers, carol in none: the stack's `auth.ldap`, without roles. */
    public async directory(): Promise<{
        readonly settings: Readonly<Record<string, string>>;
        readonly password: string;
    }> {
        const inside = ["exec", "--namespace", namespace, "deployment/servers", "--container", "ldap", "--"];
        return {
            settings: {
                server: `ldaps://${host("ldap")}`,
                baseDn: "ou=people,dc=example,dc=org",
                bindDn: "cn=search,dc=example,dc=org",
                caCertificate: await kube([...inside, "cat", "/tmp/ldap/ca.crt"]),
            },
            password: directoryPassword,
        };
    }

    /** The index of Python packages. */
    public readonly indexUrl = `http://${host("index")}:8000/simple/`;

    /** Makes a package with one module of the same name, and puts it where the index finds it. */
    public async addPackage(name: string, version: string, module: string): Promise<void> {
        const script = `
import sys, zipfile
name, version, module = sys.argv[1:]
info = f"{name}-{version}.dist-info"
with zipfile.ZipFile(f"/packages/{name}-{version}-py3-none-any.whl", "w") as wheel:
    wheel.writestr(f"{name}.py", module)
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: tests\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", "")
`;
        const inside = ["exec", "--namespace", namespace, "deployment/servers", "--container", "index", "--"];
        await kube([...inside, "python3", "-c", script, name, version, module]);
    }

    /** Puts a text into the bucket, below a folder of its own; hands back the URL of that folder. */
    public async addToBucket(folder: string, name: string, text: string): Promise<string> {
        const script = `
import boto3, sys
s3 = boto3.client("s3", endpoint_url="http://127.0.0.1:5000", region_name="us-east-1",
                  aws_access_key_id="any", aws_secret_access_key="any")
s3.put_object(Bucket="airflow-logs", Key=sys.argv[1], Body=sys.stdin.read().encode())
`;
        const inside = ["exec", "--stdin", "--namespace", namespace, "deployment/servers", "--container", "s3", "--"];
        await kube([...inside, "/opt/servers/bin/python3", "-c", script, `${folder}/${name}`], text);
        return `s3://airflow-logs/${folder}`;
    }

    /** Makes a log group of CloudWatch, at the address of the S3 service; hands back its ARN. */
    public async logGroup(): Promise<string> {
        const script = `
import boto3
logs = boto3.client("logs", endpoint_url="http://127.0.0.1:5000", region_name="us-east-1",
                    aws_access_key_id="any", aws_secret_access_key="any")
logs.create_log_group(logGroupName="airflow-tasks")
print(logs.describe_log_groups(logGroupNamePrefix="airflow-tasks")["logGroups"][0]["arn"])
`;
        const inside = ["exec", "--namespace", namespace, "deployment/servers", "--container", "s3", "--"];
        return (await kube([...inside, "/opt/servers/bin/python3", "-c", script])).trim();
    }

    /** The text of every object in the bucket of logs. */
    public async bucketContents(): Promise<string> {
        const script = `
import boto3
s3 = boto3.client("s3", endpoint_url="http://127.0.0.1:5000", region_name="us-east-1",
                  aws_access_key_id="any", aws_secret_access_key="any")
for page in s3.get_paginator("list_objects_v2").paginate(Bucket="airflow-logs"):
    for entry in page.get("Contents", []):
        print(entry["Key"])
        print(s3.get_object(Bucket="airflow-logs", Key=entry["Key"])["Body"].read().decode())
`;
        const inside = ["exec", "--namespace", namespace, "deployment/servers", "--container", "s3", "--"];
        return await kube([...inside, "/opt/servers/bin/python3", "-c", script]);
    }

    /** What a script such as check_repository.py says of a repository, run beside the servers. */
    public async checkRepository(script: string, look: Look): Promise<string> {
        const program = `
import json, os, pathlib, subprocess, sys, tempfile
given = json.load(sys.stdin)
with tempfile.TemporaryDirectory() as folder:
    for kind in ("secrets", "files"):
        for name, text in given["look"][kind].items():
            path = pathlib.Path(folder, kind, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            path.chmod(0o600)
    variables = {
        "REPOSITORY": given["look"]["repository"], "REF": "main", "SUB_PATH": "dags", "USERNAME": given["username"],
        "SECRET_DIRECTORY": f"{folder}/secrets", "FILES_DIRECTORY": f"{folder}/files", "WAIT_SECONDS": "0", "FULL_CLONE": "no",
        "ARGUMENT": "dags.git",
    }
    subprocess.run([sys.executable, "-c", given["script"]], env={**os.environ, **variables}, stderr=subprocess.STDOUT)
`;
        const inside = ["exec", "--stdin", "--namespace", namespace, "deployment/servers", "--container", "git-ssh"];
        const given = JSON.stringify({ script, look, username: login.username });
        return await kube([...inside, "--", "python3", "-c", program], given);
    }
}

/** A repository on the git server. */
export class GitRepository {
    public constructor(
        private readonly path: string,
        /** The stack's `dags.git`. */
        public readonly settings: Readonly<Record<string, string>>,
        /** Secret keys of the stack. */
        public readonly secrets: Readonly<Record<string, string>>,
    ) {}

    /** What the check of this repository is given when nothing is wrong. */
    public look(): Look {
        const { repository = "", knownHosts, caCertificate } = this.settings;
        const { gitToken, gitSshKey } = this.secrets;
        return {
            repository,
            secrets: {
                ...(gitToken !== undefined && { token: gitToken }),
                ...(gitSshKey !== undefined && { ssh: gitSshKey }),
            },
            files: {
                ...(knownHosts !== undefined && { known_hosts: `${knownHosts}\n` }),
                ...(caCertificate !== undefined && { "ca.crt": caCertificate }),
            },
        };
    }

    /** Makes this the only token that the server lets in. */
    public async setToken(token: string): Promise<void> {
        const inside = ["exec", "--stdin", "--namespace", namespace, "deployment/servers", "--container", "git-ssh"];
        await kube([...inside, "--", "sh", "-c", `cat >'${this.path}/token'`], token);
    }

    /** Makes these files the folder `dags` of the branch `main`, and nothing else; hands back the commit. */
    public async commit(files: DagFiles): Promise<string> {
        const script = `
import json, os, pathlib, shutil, subprocess, sys, tempfile
repository, files = sys.argv[1], json.load(sys.stdin)
git = lambda *words: subprocess.run(["git", *words], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
if not os.path.exists(repository):
    git("init", "--quiet", "--bare", "-b", "main", repository)
with tempfile.TemporaryDirectory() as work:
    git("clone", "--quiet", repository, work)
    os.chdir(work)
    git("checkout", "--quiet", "-B", "main")
    shutil.rmtree("dags", ignore_errors=True)
    os.makedirs("dags")
    pathlib.Path("dags/README.md").write_text("DAGs of a test\\n")
    for name, text in files.items():
        path = pathlib.Path("dags", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git("add", "--all")
    git("-c", "user.name=Tests", "-c", "user.email=tests@example.org", "commit", "--quiet", "--allow-empty", "-m", "Change DAGs")
    git("push", "--quiet", "origin", "main")
    print(git("rev-parse", "HEAD"))
`;
        const inside = ["exec", "--stdin", "--namespace", namespace, "deployment/servers", "--container", "git-https"];
        const said = await kube([...inside, "--", "python3", "-c", script, this.path], JSON.stringify(files));
        return said.trim();
    }
}

interface KeyPair {
    readonly private: string;
    /** Type and key, as in a line of known_hosts. */
    readonly public: string;
}

async function keyPair(): Promise<KeyPair> {
    const folder = mkdtempSync(join(tmpdir(), "airflow-kubernetes-key-"));
    try {
        const file = join(folder, "key");
        await output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
        return {
            private: readFileSync(file, "utf8"),
            public: readFileSync(`${file}.pub`, "utf8").split(" ").slice(0, 2).join(" ").trim(),
        };
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

const restricted = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
};

function manifests(hostKey: KeyPair, clientKey: KeyPair): string {
    const object = (apiVersion: string, kind: string, name: string, rest: object) => ({
        apiVersion,
        kind,
        metadata: { name, namespace },
        ...rest,
    });
    const service = (
        name: string,
        app: string,
        ports: readonly { port: number; targetPort: number; protocol?: string }[],
    ) =>
        object("v1", "Service", name, {
            spec: {
                selector: { app },
                ports: ports.map((port) => ({ name: `${port.protocol ?? "tcp"}-${port.port}`.toLowerCase(), ...port })),
            },
        });
    const deployment = (name: string, pod: object) =>
        object("apps/v1", "Deployment", name, {
            spec: {
                selector: { matchLabels: { app: name } },
                template: {
                    metadata: { labels: { app: name, "app.kubernetes.io/name": "airflow" } },
                    spec: {
                        automountServiceAccountToken: false,
                        enableServiceLinks: false,
                        terminationGracePeriodSeconds: 2,
                        ...pod,
                    },
                },
            },
        });
    const server = (name: string, command: string, check: object, volumes: readonly string[], env: object[] = []) => ({
        name,
        image,
        command: [command],
        env,
        startupProbe: { ...check, periodSeconds: 1, timeoutSeconds: 10, failureThreshold: 100 },
        securityContext: restricted,
        volumeMounts: volumes.map((volume) => ({
            name: volume,
            mountPath: { tmp: "/tmp", ssh: "/etc/git-server" }[volume] ?? `/${volume}`,
        })),
    });
    const empty = (name: string) => ({ name, emptyDir: {} });
    const objects = [
        {
            apiVersion: "v1",
            kind: "Namespace",
            // The NFS server is root with capabilities.
            metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "privileged" } },
        },
        object("v1", "Secret", "git-ssh", {
            stringData: {
                ssh_host_ed25519_key: hostKey.private,
                authorized_keys: `${clientKey.public}\n`,
            },
        }),
        object("v1", "ConfigMap", "nfs", { data: { "ganesha.conf": ganeshaConfiguration({ version3: true }) } }),
        service("git", "servers", [
            { port: 443, targetPort: 8443 },
            { port: 22, targetPort: 2222 },
        ]),
        service("s3", "servers", [{ port: 5000, targetPort: 5000 }]),
        service("index", "servers", [{ port: 8000, targetPort: 8000 }]),
        service("ldap", "servers", [
            { port: 636, targetPort: 1636 },
            { port: 389, targetPort: 1389 },
        ]),
        service("postgres", "postgres", [{ port: 5432, targetPort: 5432 }]),
        service("nfs", "nfs", [
            { port: 2049, targetPort: 2049 },
            { port: 20048, targetPort: 20048 },
            { port: 111, targetPort: 111 },
            { port: 111, targetPort: 111, protocol: "UDP" },
        ]),
        deployment("servers", {
            securityContext: {
                runAsNonRoot: true,
                runAsUser: 1000,
                runAsGroup: 1000,
                fsGroup: 1000,
                seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [
                server(
                    "git-https",
                    "serve-git-https",
                    { httpGet: { path: "/healthz", port: 8443, scheme: "HTTPS" } },
                    ["repositories", "certificates", "tmp"],
                    [
                        { name: "TLS_NAMES", value: `${host("git")},localhost` },
                        { name: "GIT_USERNAME", value: login.username },
                        { name: "GIT_PASSWORD", value: login.password },
                    ],
                ),
                server("git-ssh", "serve-git-ssh", { tcpSocket: { port: 2222 } }, ["repositories", "ssh", "tmp"]),
                server(
                    "s3",
                    "serve-s3",
                    { httpGet: { path: "/", port: 5000 } },
                    ["tmp"],
                    [{ name: "S3_BUCKETS", value: "airflow-logs" }],
                ),
                server("index", "serve-index", { httpGet: { path: "/simple/", port: 8000 } }, ["packages", "tmp"]),
                server(
                    "ldap",
                    "serve-ldap",
                    { exec: { command: ["cat", "/tmp/ldap/ready"] } },
                    ["tmp"],
                    [
                        { name: "TLS_NAMES", value: host("ldap") },
                        { name: "LDAP_PASSWORD", value: directoryPassword },
                    ],
                ),
            ],
            volumes: [
                ...["repositories", "certificates", "packages", "tmp"].map(empty),
                { name: "ssh", secret: { secretName: "git-ssh", defaultMode: 0o440 } },
            ],
        }),
        deployment("postgres", {
            securityContext: { runAsNonRoot: true, runAsUser: 999, runAsGroup: 999, fsGroup: 999 },
            containers: [
                {
                    name: "postgres",
                    image: postgresImage,
                    env: [
                        { name: "POSTGRES_PASSWORD", value: "a-password-for-tests" },
                        { name: "PGDATA", value: "/data/pgdata" },
                    ],
                    startupProbe: {
                        exec: { command: ["pg_isready", "-q", "-h", "127.0.0.1"] },
                        periodSeconds: 1,
                        timeoutSeconds: 10,
                        failureThreshold: 100,
                    },
                    volumeMounts: [
                        { name: "data", mountPath: "/data" },
                        { name: "run", mountPath: "/var/run/postgresql" },
                    ],
                },
            ],
            volumes: ["data", "run"].map(empty),
        }),
        deployment("nfs", {
            containers: [
                {
                    name: "ganesha",
                    image: recipes["nfs-ganesha"].reference,
                    command: ["sh", "-euc", ganeshaStart({ version3: true })],
                    startupProbe: {
                        exec: { command: ["sh", "-c", "showmount --no-headers --exports 127.0.0.1 | grep -q /export"] },
                        periodSeconds: 1,
                        timeoutSeconds: 10,
                        failureThreshold: 100,
                    },
                    securityContext: {
                        runAsUser: 0,
                        seccompProfile: { type: "Unconfined" },
                        capabilities: {
                            drop: ["ALL"],
                            add: "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID SETGID SETUID NET_BIND_SERVICE".split(
                                " ",
                            ),
                        },
                    },
                    volumeMounts: [
                        { name: "disk", mountPath: "/disk" },
                        { name: "configuration", mountPath: "/etc/ganesha", readOnly: true },
                        { name: "run", mountPath: "/run" },
                    ],
                },
            ],
            volumes: [...["disk", "run"].map(empty), { name: "configuration", configMap: { name: "nfs" } }],
        }),
    ];
    return objects.map((part) => stringify(part, { aliasDuplicateObjects: false })).join("---\n");
}
