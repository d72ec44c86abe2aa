import { expect } from "chai";
import {
    believedProxies,
    executionApiUrl,
    openUiCommand,
    redirectBase,
    urlPath,
    urlPort,
} from "../../../components/networking/urls";
import { withDefaults } from "../../../components/settings/airflowKubernetesDefaults";

function settings(url?: string, clusterDomain?: string) {
    return withDefaults({ airflow: { url, clusterDomain }, namespaces: { airflow: "team-a" } });
}

describe("urls: what follows from the one public URL", () => {
    it("believe proxies where people come by https", () => {
        expect(believedProxies("https://airflow.example.org/a")).to.equal("*");
        expect(believedProxies("http://localhost:8080")).to.equal("127.0.0.1");
    });

    it("takes the path without a slash at its end", () => {
        expect(urlPath("http://localhost:8080")).to.equal("");
        expect(urlPath("http://localhost:8080/")).to.equal("");
        expect(urlPath("https://example.org/airflow")).to.equal("/airflow");
        expect(urlPath("https://example.org/data/airflow//")).to.equal("/data/airflow");
    });

    it("has the port of its protocol where it names none", () => {
        expect(urlPort("https://example.org/airflow")).to.equal(443);
        expect(urlPort("http://example.org")).to.equal(80);
        expect(urlPort("http://example.org:30080/")).to.equal(30080);
    });

    it("lets a browser stay at whatever port of its own machine it came through", () => {
        expect(redirectBase("http://localhost:8080")).to.equal("/");
        expect(redirectBase("http://127.0.0.1:9000/airflow")).to.equal("/airflow/");
        expect(redirectBase("https://example.org/airflow")).to.equal("https://example.org/airflow");
    });

    it("sends tasks to the fully qualified name of the Service, which resolves in every namespace", () => {
        const { airflow, namespaces } = settings();
        expect(executionApiUrl(airflow, namespaces)).to.equal(
            "http://airflow-execution-api.team-a.svc.cluster.local:8080/execution/",
        );
    });

    it("puts the Execution API under the prefix of the public URL, but not under its host or protocol", () => {
        const { airflow, namespaces } = settings("https://example.org/airflow/", "k8s.example");
        expect(executionApiUrl(airflow, namespaces)).to.equal(
            "http://airflow-execution-api.team-a.svc.k8s.example:8080/airflow/execution/",
        );
    });

    it("opens the UI at the port of the public URL", () => {
        const command = (url: string) => {
            const { airflow, namespaces } = settings(url);
            return openUiCommand(airflow, namespaces);
        };
        const forward = "kubectl port-forward --namespace team-a service/airflow-api-server";
        expect(command("http://localhost:9090/airflow")).to.equal(`${forward} 9090:8080`);
        expect(command("http://example.org")).to.equal(`${forward} 80:8080`);
        expect(command("https://example.org")).to.equal(`${forward} 443:8080`);
    });
});
