import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { output } from "../../../local/support/execution";
import { repositoryDirectory } from "../../../local/support/paths";
import { explainFailures, installation, namespaces } from "../support/installation";
import { kube, objects } from "../support/kubernetes";
import { nothingInstalled } from "../support/leftovers";
import { Terminal } from "../support/terminal";

const settled = /Resources:/;

/** Pulumi's and kubectl's own commands, typed as README has them into the shell that make opens. */
export function shell(): void {
    describe("make shell", () => {
        explainFailures();

        let terminal: Terminal;
        let checkout: string;

        const status = () => output(["git", "status", "--porcelain"], { cwd: repositoryDirectory });
        const agree = async (operation: string): Promise<string> => {
            await terminal.shows(`Do you want to perform this ${operation}`, 120_000);
            terminal.enter("yes");
            return await terminal.asks(300_000);
        };

        before(async () => {
            await installation.isUp();
            checkout = await status();
            // With CI set, Pulumi would not ask.
            const environment = { ...installation.environment, CI: undefined, CONFIG: installation.settings };
            terminal = new Terminal("make shell", environment);
            await terminal.asks();
        });

        after(() => installation.wasChanged());

        it("knows the cluster by the name that stack files have", async () => {
            expect(await terminal.type("kubectl --context minikube get nodes")).to.match(/local +Ready/);
            expect(await terminal.type(`kubectl get pods --namespace ${namespaces.airflow}`)).to.contain("postgres-0");
        });

        it("knows the stack: pulumi preview, pulumi stack output", async () => {
            expect(await terminal.type("pulumi preview", 120_000)).to.match(/\d+ unchanged/);
            const { adminPassword, url } = await installation.outputs();
            expect(await terminal.type("pulumi stack output url")).to.contain(url);
            expect(await terminal.type("pulumi stack output adminPassword")).to.not.contain(adminPassword);
            expect(await terminal.type("pulumi stack output adminPassword --show-secrets")).to.contain(adminPassword);
        });

        it("changes settings for itself: pulumi config set", async () => {
            await terminal.type("pulumi config set --path dags.refreshSeconds 20");
            expect(await terminal.type("pulumi preview", 120_000)).to.match(/\d+ to (update|replace)/);
            await terminal.type("pulumi config set --secret gitToken only-for-tests");
            expect(await terminal.type("pulumi config"))
                .to.contain("refreshSeconds")
                .and.not.contain("only-for-tests");
            await terminal.type("pulumi config rm gitToken");
        });

        it("removes everything: pulumi destroy", async () => {
            terminal.enter("pulumi destroy");
            expect(await agree("destroy")).to.match(settled);
            await nothingInstalled(namespaces.airflow);
        });

        it("brings it back: pulumi up --stack minikube", async () => {
            terminal.enter("pulumi up --stack minikube");
            expect(await agree("update")).to.match(settled);
            const [processor] = await objects("deployment", "airflow-dag-processor", "--namespace", namespaces.airflow);
            expect(processor?.status).to.include({ readyReplicas: 1 });
        });

        it("gives Postgres another certificate, which Airflow trusts: pulumi up --replace, as the guide says", async () => {
            const within = ["exec", "--namespace", namespaces.airflow];
            const certificate = () =>
                kube([...within, "airflow-postgres-0", "--", "cat", "/var/run/postgresql/tls/tls.crt"]);
            const before = await certificate();
            const guide = readFileSync(join(repositoryDirectory, "docs", "operations.md"), "utf8");
            const [command] = /pulumi up --replace .*/.exec(guide) ?? [];
            expect(command).to.contain("certificate-server-key");
            terminal.enter(command ?? "");
            expect(await agree("update")).to.match(settled);
            // The provider does not wait for the pod that takes the place of another one.
            const workload = ["statefulset/airflow-postgres", "--namespace", namespaces.airflow];
            await kube(["rollout", "status", ...workload, "--timeout", "120s"]);
            expect(await certificate()).to.not.equal(before);
            // Ends with an error when the database cannot be used.
            await kube([...within, "deployment/airflow-scheduler", "--", "airflow", "db", "check"]);
        });

        it("says at its end where changed settings are, and has left the checkout as it was", async () => {
            const file = /CONFIG_FILE=(\S+)/.exec(await terminal.exit())?.[1] ?? "";
            expect(readFileSync(file, "utf8")).to.contain("refreshSeconds: 20");
            expect(await status()).to.equal(checkout);
        });
    });
}
