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
    bundles: { dags: { delivery: "bundles", bundles: [{ name: "team", kind: "git", git: { repository } }] } },
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
    "claims that exist": {
        hosting: "readWriteMany",
        namespaces: { create: false },
        storage: {
            kind: "claims",
            claims: { airflow: { dags: "team-dags", logs: "team-logs" }, workers: { dags: "dags-2", logs: "logs-2" } },
        },
    },
};

const pinned = { fernetKey: `${"f".repeat(43)}=`, databasePassword: "a-database-password" };

/** What can be chosen besides. */
export const choices: Readonly<Record<string, StackValues>> = {
    "a database that exists": { ...pinned, database: { external: { host: "db.example.org" } } },
    "a database that outlives the stack, on the node": { ...pinned, database: { retain: true } },
    "a database that outlives the stack, on a disk": {
        ...pinned,
        ...storages["an NFS server in the cluster"],
        database: { retain: true },
    },
    "metrics, and all that reads them": {
        dags: { delivery: "gitSync", git: { repository } },
        metrics: {
            statsd: {},
            state: {},
            serviceMonitor: { labels: { release: "prometheus" } },
            scrapeAnnotations: true,
            prometheusRule: {},
            grafanaDashboards: {},
        },
    },
    "a repository behind a key": {
        dags: { delivery: "gitSync", git: { repository: "git@github.com:example/dags.git" } },
        gitSshKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
    },
    "secrets that somebody else keeps": {
        airflow: {
            fernetKeySecret: { name: "kept", key: "fernet" },
            jwtKeySecret: { name: "kept", key: "jwt" },
            apiSecretKeySecret: { name: "kept", key: "api" },
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
    "an Ingress, and the Execution API apart": {
        airflow: { url: "https://airflow.example.org/team" },
        apiServer: { ingress: { className: "nginx", clusterIssuer: "letsencrypt" } },
        executionApi: { enabled: true, replicas: 2 },
    },
    "a load balancer": {
        airflow: { url: "https://airflow.example.org" },
        apiServer: { externalService: { type: "LoadBalancer", loadBalancerSourceRanges: ["10.0.0.0/8"] } },
    },
    "namespaces that exist": { namespaces: { create: false } },
    "images behind a login, and a retained database": {
        ...pinned,
        ...storages["an NFS server in the cluster"],
        database: { retain: true },
        airflow: {
            imagePullSecrets: ["team"],
            registries: [{ server: "registry.example.org", username: "robot", password: "a-registry-password" }],
        },
    },
    "users of the platform, and accounts that exist": {
        ...storages["claims that exist"],
        dags: { delivery: "gitSync", git: { repository } },
        podSecurity: { user: "platform" },
        serviceAccounts: {
            scheduler: { existing: "team-scheduler" },
            jobs: { existing: "team-jobs" },
            worker: { existing: "team-tasks" },
        },
    },
    "connections, variables and pools": {
        connections: { warehouse: "postgres://etl:a-password@db.example.org:5432/sales" },
        variables: { region: "eu-central-1" },
        pools: { warehouse: { slots: 4 }, default_pool: { slots: 32, includeDeferred: true } },
    },
    "a provider of OpenID Connect, users and roles as data": {
        auth: {
            users: [{ name: "robot", roles: ["readers"], password: "a-password-of-robot" }],
            roles: { readers: [{ action: "can_read", resource: "DAGs" }] },
            oidc: { issuer: "https://login.example.org", clientId: "airflow", roles: { admins: ["Admin"] } },
        },
        oidcClientSecret: "a-client-secret",
    },
    "a directory, and no first user": {
        admin: { enabled: false },
        auth: {
            ldap: {
                server: "ldaps://directory.example.org",
                baseDn: "ou=people,dc=example,dc=org",
                bindDn: "cn=search,dc=example,dc=org",
                roles: { "cn=admins,dc=example,dc=org": ["Admin"] },
            },
        },
        ldapBindPassword: "a-bind-password",
    },
    "the Simple auth manager": {
        auth: { manager: "simple", users: [{ name: "vera", roles: ["Viewer"], password: "a-password-of-vera" }] },
    },
    "the auth manager of Keycloak": {
        auth: {
            manager: "keycloak",
            keycloak: { serverUrl: "https://keycloak.example.org", realm: "company", clientId: "airflow" },
        },
        keycloakClientSecret: "a-client-secret",
    },
    "bundles of several teams, plugins and settings of Airflow's own": {
        dags: {
            pluginsFolder: "plugins",
            bundles: [
                { name: "marketing", kind: "git", git: { repository, tokenSecret: { name: "kept", key: "token" } } },
                {
                    name: "sales",
                    kind: "git",
                    git: {
                        repository: "git@github.com:example/sales.git",
                        sshKey: "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n",
                    },
                },
                {
                    name: "research",
                    kind: "s3",
                    s3: { url: "s3://bucket/dags", accessKeyId: "AKIAEXAMPLE", secretAccessKey: "a-bundle-key" },
                },
                { name: "finance", kind: "gcs", gcs: { url: "gs://bucket/dags" } },
                { name: "common", kind: "local", local: { path: "/opt/common-dags" }, refreshSeconds: 300 },
            ],
        },
        airflow: { localSettings: "def task_policy(task):\n    task.owner = task.owner or 'nobody'\n" },
        apiServer: {
            webserverConfig: "import os\n\nAUTH_ROLE_PUBLIC = os.environ['PUBLIC_ROLE']\n",
            env: [{ name: "PUBLIC_ROLE", valueFrom: { secretKeyRef: { name: "kept", key: "role" } } }],
        },
    },
    "backups on a volume, old rows removed, keys of one's own": {
        database: { backup: { retentionDays: 7 }, cleanup: { retentionDays: 90 } },
        fernetKey: pinned.fernetKey,
        jwtKey: "j".repeat(64),
        apiSecretKey: "s".repeat(64),
    },
    "backups in a bucket": {
        database: { backup: { bucket: { url: "s3://backups/airflow", accessKeyId: "AKIAEXAMPLE" } } },
        backupSecretAccessKey: "a-secret-access-key",
    },
    "backups in Google Cloud Storage": { database: { backup: { bucket: { gcs: { url: "gs://backups/airflow" } } } } },
    "backups in Azure Blob Storage": {
        database: {
            backup: {
                bucket: { azureBlob: { accountUrl: "https://account.blob.core.windows.net", container: "backups" } },
            },
        },
    },
    "logs in Google Cloud Storage": {
        logs: { remote: { gcs: { url: "gs://logs/airflow", keySecret: { name: "kept", key: "gcs" } } } },
    },
    "logs in Azure Blob Storage": {
        logs: { remote: { azureBlob: { accountUrl: "https://example.blob.core.windows.net", container: "logs" } } },
        logsAzureAccountKey: "k".repeat(86),
    },
    "logs in CloudWatch": {
        logs: {
            remote: { cloudWatch: { logGroupArn: "arn:aws:logs:eu-west-1:123456789012:log-group:airflow" } },
        },
    },
    "no shared volume": {
        ...deliveries.gitBundle,
        storage: { kind: "none" },
        logs: { remote: { url: "s3://logs/airflow" } },
    },
    "no shared volume, and bundles": {
        ...deliveries.bundles,
        storage: { kind: "none" },
        logs: { remote: { url: "s3://logs/airflow" } },
    },
    "no shared volume, and a database that exists": {
        ...pinned,
        ...deliveries.image,
        hosting: "readWriteMany",
        storage: { kind: "none" },
        database: { external: { host: "db.example.org" } },
        logs: { remote: { gcs: { url: "gs://logs/airflow" } } },
    },
    "no shared volume, and a database that outlives the stack": {
        ...pinned,
        ...deliveries.gitBundle,
        storage: { kind: "none" },
        database: { retain: true },
        logs: { remote: { url: "s3://logs/airflow" } },
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
