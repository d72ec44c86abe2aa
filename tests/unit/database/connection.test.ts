import { expect } from "chai";
import {
    asyncDatabaseConnection,
    databaseAddress,
    databaseConnection,
    databaseEnvironment,
    type KnownAddress,
} from "../../../components/database/connection";
import { withDefaults } from "../../../components/settings/airflowKubernetesDefaults";
import { type ExternalDatabaseArgs, SslMode } from "../../../components/settings/databaseArgs";

function own(password: string, clusterDomain = "cluster.local"): [string, string] {
    const address = databaseAddress(
        withDefaults({ airflow: { clusterDomain } }),
        "team-a",
        "airflow_login",
    ) as KnownAddress;
    return [databaseConnection(address, password), asyncDatabaseConnection(address, password)];
}

function external(args: ExternalDatabaseArgs, password = "pw"): [string, string] {
    const address = databaseAddress(withDefaults({ database: { external: args } }), "unused", "unused") as KnownAddress;
    return [databaseConnection(address, password), asyncDatabaseConnection(address, password)];
}

describe("the connection to the component's own database", () => {
    it("names drivers, user, host by FQDN, port and database", () => {
        const rest = "airflow_login:pw@airflow-postgres.team-a.svc.k8s.example:5432/airflow";
        const authority = encodeURIComponent("/etc/database-authority/ca.crt");
        expect(own("pw", "k8s.example")).to.deep.equal([
            `postgresql+psycopg2://${rest}?sslmode=verify-full&sslrootcert=${authority}`,
            // It reads the authority from PGSSLROOTCERT.
            `postgresql+asyncpg://${rest}?ssl=verify-full`,
        ]);
    });

    it("encodes a password, so that none of its characters ends it", () => {
        const password = "p@ss:/w?o#r%d[]&=+";
        for (const url of own(password)) {
            expect(url).to.contain(":p%40ss%3A%2Fw%3Fo%23r%25d%5B%5D%26%3D%2B@");
            expect(decodeURIComponent(new URL(url).password)).to.equal(password);
        }
    });
});

describe("the connection to a database that exists", () => {
    it("asks for encryption unless told otherwise, in the words of each driver", () => {
        expect(external({ host: "db.example.org" })).to.deep.equal([
            "postgresql+psycopg2://airflow:pw@db.example.org:5432/airflow?sslmode=require",
            "postgresql+asyncpg://airflow:pw@db.example.org:5432/airflow?ssl=require",
        ]);
    });

    it("encodes all that is given", () => {
        const [sync, async] = external(
            {
                host: "db.example.org",
                port: 6432,
                name: "air flow/1",
                user: "user@host",
                sslMode: SslMode.VerifyFull,
                parameters: { application_name: "a b&c", options: "-c statement_timeout=5min" },
            },
            "p@ss",
        );
        expect(sync).to.equal(
            "postgresql+psycopg2://user%40host:p%40ss@db.example.org:6432/air%20flow%2F1" +
                "?sslmode=verify-full&application_name=a%20b%26c&options=-c%20statement_timeout%3D5min",
        );
        expect(async).to.equal(
            "postgresql+asyncpg://user%40host:p%40ss@db.example.org:6432/air%20flow%2F1?ssl=verify-full",
        );
    });

    it("puts an IPv6 address in brackets", () => {
        for (const url of external({ host: "fd00::5" })) {
            expect(new URL(url).host).to.equal("[fd00::5]:5432");
        }
    });

    it("gives the second driver only parameters that it knows, and certificates by variables that both read", () => {
        const parameters = { connect_timeout: "5", target_session_attrs: "read-write", sslrootcert: "/ca.pem" };
        const [, async] = external({ host: "h", parameters });
        expect([...new URL(async).searchParams]).to.deep.equal([
            ["ssl", "require"],
            ["target_session_attrs", "read-write"],
        ]);
        const settings = withDefaults({ database: { external: { host: "h", parameters } } });
        expect(databaseEnvironment(settings)).to.deep.equal({ PGSSLROOTCERT: "/ca.pem" });
        expect(databaseEnvironment(withDefaults({}))).to.deep.equal({
            PGSSLROOTCERT: "/etc/database-authority/ca.crt",
        });
    });
});
