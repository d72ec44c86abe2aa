import type { StackValues } from "./program";

const repository = "https://git.example.org/dags.git";

/** How DAGs can arrive, as keys of a stack. */
const deliveries: Record<string, StackValues> = {
    volume: { dags: { delivery: "volume", volume: { folder: "examples/dags" } } },
    "volume from an image": {
        dags: { delivery: "volume", volume: { image: "registry.example.org/dags:1", imagePath: "/dags" } },
    },
    gitSync: { dags: { delivery: "gitSync", git: { repository } } },
    image: { dags: { delivery: "image" }, airflow: { image: "registry.example.org/airflow:1" } },
    gitBundle: { dags: { delivery: "gitBundle", git: { repository } } },
};

/** What the volumes can lie on. */
const storages: Record<string, StackValues> = {
    hostPath: { hosting: "minikube" },
    "an NFS server in the cluster": {
        hosting: "readWriteMany",
        storage: {
            kind: "nfsServer",
            nfsServer: { image: "registry.example.org/nfs-ganesha:4.3", clients: ["10.0.0.0/24"] },
        },
    },
    "an NFS server outside": {
        hosting: "readWriteMany",
        storage: { kind: "nfs", nfs: { server: "192.0.2.10", path: "/exports/airflow" } },
    },
    "a CSI volume": {
        hosting: "readWriteMany",
        storage: { kind: "csi", csi: { driver: "efs.csi.aws.com", volumeHandle: "fs-0123456789:/{volume}" } },
    },
    "a StorageClass": { hosting: "readWriteMany", storage: { kind: "storageClass", storageClass: "shared" } },
};

const pinned = { fernetKey: `${"f".repeat(43)}=`, databasePassword: "a-database-password" };

/** What can be chosen besides. */
const choices: Record<string, StackValues> = {
    "a database that exists": { ...pinned, database: { external: { host: "db.example.org" } } },
    "a database that outlives the stack, on the node": { ...pinned, database: { retain: true } },
    "a database that outlives the stack, on a disk": {
        ...pinned,
        ...storages["an NFS server in the cluster"],
        database: { retain: true },
    },
    "a repository behind a key": {
        dags: { delivery: "gitSync", git: { repository: "git@github.com:example/dags.git" } },
        gitSshKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
    },
    "secrets that somebody else keeps": {
        airflow: {
            fernetKeySecret: { name: "kept", key: "fernet" },
            jwtSecret: { name: "kept", key: "jwt" },
            apiSecretKey: { name: "kept", key: "api" },
        },
        admin: { passwordSecret: { name: "kept", key: "admin" } },
        database: { passwordSecret: { name: "kept", key: "database" }, external: { host: "db.example.org" } },
        dags: {
            delivery: "gitSync",
            git: { repository, tokenSecret: { name: "kept", key: "token" } },
        },
        logs: {
            remote: {
                url: "s3://logs/airflow",
                accessKeyId: "AKIAEXAMPLE",
                secretAccessKeySecret: { name: "kept", key: "logs" },
            },
        },
    },
    "logs in a bucket": {
        logs: { remote: { url: "s3://logs/airflow", accessKeyId: "AKIAEXAMPLE" } },
        logsSecretAccessKey: "a-secret-access-key",
    },
    "tasks that make pods": {
        workers: {
            kubernetesPodOperator: true,
            podNamespaces: ["team"],
            rules: [{ apiGroups: ["ray.io"], resources: ["rayjobs"], verbs: ["create", "get"] }],
        },
    },
    "pods of a team's own": {
        airflow: {
            env: [{ name: "HTTPS_PROXY", value: "http://proxy.example.org:3128" }],
            envFrom: [{ configMapRef: { name: "proxy", optional: true } }],
            podTemplate: {
                metadata: { labels: { "example.org/team": "data" } },
                spec: {
                    volumes: [{ name: "ca", configMap: { name: "ca", optional: true } }],
                    containers: [{ name: "*", volumeMounts: [{ name: "ca", mountPath: "/etc/ssl/team" }] }],
                },
            },
        },
        scheduler: { podTemplate: { spec: { priorityClassName: "high" } } },
        jobs: {
            resources: { limits: { cpu: "2", memory: "2Gi" } },
            podTemplate: { spec: { nodeSelector: { pool: "jobs" } } },
        },
        workers: {
            podTemplate: { spec: { nodeSelector: { pool: "tasks" } } },
            templates: { gpu: { spec: { nodeSelector: { pool: "gpu" } } } },
        },
    },
    "several pods of each process": {
        apiServer: { replicas: 2 },
        scheduler: { replicas: 2 },
        dagProcessor: { replicas: 2 },
        triggerer: { replicas: 2 },
    },
};

/** Every delivery on every storage, and each other choice once: values of a stack, by what they are. */
export const combinations: Readonly<Record<string, StackValues>> = {
    ...Object.fromEntries(
        Object.entries(deliveries).flatMap(([delivery, dags]) =>
            Object.entries(storages).map(([storage, values]) => [`${delivery} on ${storage}`, { ...dags, ...values }]),
        ),
    ),
    ...choices,
};
