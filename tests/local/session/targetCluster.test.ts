import { expect } from "chai";
import {
    chooseCluster,
    hindrance,
    isRunning,
    kubectl,
    localHindrance,
    requireCluster,
} from "../../../local/session/targetCluster";
import { UserError } from "../../../local/support/errors";
import { folder, removeFolders } from "../../support/folders";
import { programsOnPath } from "../support/programs";

const answers = (readyz: string) => `
    case "$*" in
        *get-contexts*) printf 'dev\\nminikube\\n' ;;
        *) ${readyz} ;;
    esac`;

describe("local/session/targetCluster", () => {
    after(removeFolders);

    it("takes the name of a profile of minikube for one, wherever minikube keeps them", () => {
        const home = folder({ ".minikube/profiles/second/config.json": "{}" });
        expect(chooseCluster("second", { MINIKUBE_HOME: home })).to.include({ kind: "minikube", context: "second" });
        expect(chooseCluster("second", { MINIKUBE_HOME: `${home}/.minikube` }).kind).to.equal("minikube");
        expect(chooseCluster("third", { MINIKUBE_HOME: home }).kind).to.equal("context");
        expect(chooseCluster("../profiles/second", { MINIKUBE_HOME: home }).kind).to.equal("context");
    });

    describe("without kubectl", () => {
        programsOnPath({}, { alone: true });

        it("says in one sentence what to install", () => {
            for (const name of ["dev", "minikube"]) {
                expect(() => kubectl(chooseCluster(name), "/nowhere")).to.throw(
                    UserError,
                    `kubectl is not on the PATH, and nothing reaches the cluster ${name} without it. Install it: `,
                );
            }
            expect(kubectl(chooseCluster("dev"), "/bin/sh")[0], "the one of a local cluster").to.equal("/bin/sh");
        });
    });

    describe("with minikube alone", () => {
        programsOnPath({ minikube: 'echo "$*"' }, { alone: true });

        it("uses the kubectl that minikube brings along, for minikube's own clusters", () => {
            expect(kubectl(chooseCluster("minikube"), "/nowhere")).to.deep.equal([
                ...["minikube", "--profile", "minikube", "kubectl", "--"],
                ...["--context", "minikube"],
            ]);
            expect(() => kubectl(chooseCluster("dev"), "/nowhere")).to.throw(UserError, "kubectl is not on the PATH");
        });
    });

    describe("with a cluster that answers", () => {
        programsOnPath({ kubectl: answers("echo ok") });

        it("has nothing to say", async () => {
            expect(await hindrance(chooseCluster("dev"))).to.equal(undefined);
            await requireCluster(chooseCluster("minikube"));
        });
    });

    describe("with a cluster that forbids the question", () => {
        programsOnPath({ kubectl: answers('echo "Error from server (Forbidden): forbidden" >&2; exit 1') });

        it("has been answered", async () => {
            expect(await isRunning(chooseCluster("dev"))).to.equal(true);
        });
    });

    describe("with a cluster that does not answer", () => {
        programsOnPath({ kubectl: answers('echo "E1 noise" >&2; echo "connection refused" >&2; exit 1') });

        it("tells what is known, and what to do", async () => {
            expect(await hindrance(chooseCluster("dev"))).to.equal(
                "The cluster of kubectl context dev does not answer: connection refused",
            );
            expect(await hindrance(chooseCluster("other"))).to.equal(
                "There is no kubectl context other. Known: dev, minikube.",
            );
            expect(await hindrance(chooseCluster("minikube"))).to.match(/Start it: minikube start\. /);
            const home = folder({ ".minikube/profiles/second/config.json": "{}" });
            expect(await hindrance(chooseCluster("second", { MINIKUBE_HOME: home }))).to.match(
                /Start it: minikube start --profile second\. /,
            );
        });
    });

    it("hands on what is wrong with the local cluster when its parts run", () => {
        const status = { running: false, parts: { etcd: 7, kubelet: undefined }, problems: ["only root can ask"] };
        expect(localHindrance(status)).to.equal("The local cluster cannot be used:\n  - only root can ask");
        expect(localHindrance({ ...status, parts: { etcd: undefined } })).to.match(/is not running\. Start it: make/);
        expect(localHindrance({ ...status, running: true })).to.equal(undefined);
    });
});
