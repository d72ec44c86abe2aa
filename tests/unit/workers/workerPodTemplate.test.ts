import type * as k8s from "@pulumi/kubernetes";
import { expect } from "chai";
import { outageEnvironment } from "../../../components/airflow/outages";
import { PodUser, restrictedContainer, restrictedPod } from "../../../components/kubernetes/podSecurity";
import type { AirflowKubernetesArgs } from "../../../components/settings/airflowKubernetesArgs";
import { withDefaults } from "../../../components/settings/airflowKubernetesDefaults";
import { workerPodTemplate } from "../../../components/workers/workerPodTemplate";

/** The template is plain values as long as no Output is given. */
type Plain = k8s.types.output.core.v1.Pod;

function template(args: AirflowKubernetesArgs = {}): Plain {
    return workerPodTemplate("mine", withDefaults(args)) as unknown as Plain;
}

function base(pod: Plain) {
    expect(pod.spec.containers).to.have.lengthOf(1);
    return pod.spec.containers[0];
}

describe("workerPodTemplate: the pod that a task runs in", () => {
    it("is a pod with one container that the executor finds by its name", () => {
        const pod = template();
        expect([pod.apiVersion, pod.kind]).to.deep.equal(["v1", "Pod"]);
        expect(base(pod).name).to.equal("base");
        expect(base(pod).image).to.equal("apache/airflow:3.3.2");
        // The executor gives the command.
        expect(base(pod)).to.not.have.any.keys("command", "args");
        expect(pod.spec.initContainers).to.equal(undefined);
        expect(pod.spec.restartPolicy).to.equal("Never");
    });

    it("complies with the restricted standard, and may write to its own files", () => {
        const pod = template();
        expect(pod.spec.securityContext).to.deep.equal(restrictedPod(PodUser.Image, { uid: 50000, gid: 0 }));
        expect(base(pod).securityContext).to.deep.equal(restrictedContainer(false));
        expect(pod.spec).to.not.have.any.keys("hostNetwork", "hostPID", "hostIPC");
    });

    it("has no token of the Kubernetes API and a ServiceAccount of its own", () => {
        const { spec } = template();
        expect(spec.automountServiceAccountToken).to.equal(false);
        expect(spec.serviceAccountName).to.equal("airflow-worker");
    });

    it("reads DAGs, writes logs, and has a place for temporary files", () => {
        const pod = template();
        const { claims } = withDefaults({}).storage;
        expect(base(pod).volumeMounts).to.deep.equal([
            { name: "dags", mountPath: "/opt/airflow/dags", readOnly: true },
            { name: "logs", mountPath: "/opt/airflow/logs", readOnly: false },
            { name: "tmp", mountPath: "/tmp" },
        ]);
        expect(pod.spec.volumes).to.deep.equal([
            { name: "dags", persistentVolumeClaim: { claimName: claims.dags } },
            { name: "logs", persistentVolumeClaim: { claimName: claims.logs } },
            { name: "tmp", emptyDir: { sizeLimit: "8Gi" } },
        ]);
    });

    it("has exactly these variables, none of which is a secret", () => {
        expect(base(template()).env).to.have.deep.members([
            { name: "AIRFLOW_CONFIG", value: "/dev/null" },
            { name: "AIRFLOW__API__BASE_URL", value: "http://localhost:8080" },
            { name: "AIRFLOW__CORE__DAGS_FOLDER", value: "/opt/airflow/dags/current" },
            {
                name: "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
                value: "http://airflow-execution-api.airflow.svc.cluster.local:8080/execution/",
            },
            { name: "AIRFLOW__CORE__EXECUTOR", value: "KubernetesExecutor" },
            { name: "AIRFLOW__CORE__LOAD_EXAMPLES", value: "False" },
            { name: "AIRFLOW__CORE__PLUGINS_FOLDER", value: "/opt/airflow/dags/current/plugins" },
            { name: "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG", value: "False" },
            { name: "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED", value: "False" },
            ...Object.entries(outageEnvironment).map(([name, value]) => ({ name, value })),
            { name: "CONNECTION_CHECK_MAX_COUNT", value: "0" },
        ]);
    });

    it("takes resources, placement, grace, image and pull secrets from the settings", () => {
        const pod = template({
            airflow: { image: "example.org/airflow:1", imagePullSecrets: ["pull"] },
            workers: {
                resources: { limits: { memory: "3Gi", "ephemeral-storage": "20Gi" } },
                podTemplate: {
                    spec: {
                        nodeSelector: { disk: "ssd" },
                        tolerations: [{ key: "batch", operator: "Exists", effect: "NoSchedule" }],
                        priorityClassName: "low",
                        terminationGracePeriodSeconds: 90,
                    },
                },
            },
        });
        expect(base(pod).image).to.equal("example.org/airflow:1");
        expect(base(pod).resources).to.deep.equal({
            requests: { cpu: "100m", memory: "256Mi", "ephemeral-storage": "128Mi" },
            limits: { memory: "3Gi", "ephemeral-storage": "20Gi" },
        });
        expect(pod.spec.imagePullSecrets).to.deep.equal([{ name: "pull" }]);
        expect(pod.spec.nodeSelector).to.deep.equal({ disk: "ssd" });
        expect(pod.spec.tolerations).to.deep.equal([{ key: "batch", operator: "Exists", effect: "NoSchedule" }]);
        expect(pod.spec.priorityClassName).to.equal("low");
        expect(pod.spec.terminationGracePeriodSeconds).to.equal(90);
    });

    it("adds labels and annotations to its own", () => {
        const { metadata } = template({
            workers: {
                podTemplate: {
                    metadata: {
                        labels: { team: "data" },
                        annotations: { note: "x", "cluster-autoscaler.kubernetes.io/safe-to-evict": "true" },
                    },
                },
            },
        });
        expect(metadata.labels).to.deep.equal({
            team: "data",
            "app.kubernetes.io/name": "airflow",
            "app.kubernetes.io/instance": "mine",
            "app.kubernetes.io/component": "worker",
        });
        expect(metadata.annotations).to.deep.equal({
            note: "x",
            "cluster-autoscaler.kubernetes.io/safe-to-evict": "true",
            "karpenter.sh/do-not-disrupt": "true",
        });
    });

    it("is not evicted by an autoscaler unless somebody says so", () => {
        expect(template().metadata.annotations).to.deep.equal({
            "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
            "karpenter.sh/do-not-disrupt": "true",
        });
    });

    it("has each variable once, with the user's value, when a user sets what the component suggests", () => {
        const { env } = base(
            template({
                airflow: { options: { core: { default_timezone: "utc" } } },
                workers: {
                    env: [
                        { name: "AIRFLOW__CORE__LOAD_EXAMPLES", value: "True" },
                        { name: "AIRFLOW__CORE__DEFAULT_TIMEZONE", value: "Europe/Berlin" },
                        { name: "API_TOKEN", valueFrom: { secretKeyRef: { name: "token", key: "value" } } },
                    ],
                },
            }),
        );
        const byName = (name: string) => env.filter((variable) => variable.name === name);
        expect(byName("AIRFLOW__CORE__LOAD_EXAMPLES")).to.deep.equal([
            { name: "AIRFLOW__CORE__LOAD_EXAMPLES", value: "True" },
        ]);
        expect(byName("AIRFLOW__CORE__DEFAULT_TIMEZONE")).to.deep.equal([
            { name: "AIRFLOW__CORE__DEFAULT_TIMEZONE", value: "Europe/Berlin" },
        ]);
        expect(byName("API_TOKEN")).to.deep.equal([
            { name: "API_TOKEN", valueFrom: { secretKeyRef: { name: "token", key: "value" } } },
        ]);
    });
});
