import { createServer, type Server } from "node:net";
import { expect } from "chai";
import { forwardAirflow, isFree, keepOpen, type PortForward } from "../../../local/airflow/portForward";
import { chooseCluster } from "../../../local/session/targetCluster";
import { Interrupted, UserError } from "../../../local/support/errors";
import { removeFolders } from "../../support/folders";
import { programsOnPath } from "../support/programs";

const cluster = chooseCluster("dev");

async function failure(work: Promise<unknown>): Promise<Error> {
    return await work.then(
        () => expect.fail("it should have failed"),
        (error: Error) => error,
    );
}

describe("local/airflow/portForward", () => {
    after(removeFolders);

    describe("with a kubectl that opens the port", () => {
        programsOnPath({
            kubectl: 'echo "$*" >&2; echo "Forwarding from 127.0.0.1:45678 -> 8080"; exec sleep 60',
        });

        it("tells the port that kubectl has picked, and ends it when stopped", async () => {
            const forward = await forwardAirflow(cluster, "airflow");
            expect(forward.url).to.equal("http://localhost:45678");
            await forward.stop();
            await forward.ended;
            expect(() => process.kill(forward.pid, 0)).to.throw("ESRCH");
        });
    });

    describe("with a kubectl that fails", () => {
        programsOnPath({ kubectl: 'echo "error: services \\"airflow-api-server\\" not found" >&2; exit 1' });

        it("says why", async () => {
            const error = await failure(forwardAirflow(cluster, "airflow"));
            expect(error).to.be.instanceOf(UserError);
            expect(error.message).to.equal(
                'kubectl port-forward ended: error: services "airflow-api-server" not found',
            );
        });
    });

    describe("with a kubectl that never comes to it", () => {
        programsOnPath({ kubectl: "echo waiting >&2; exec sleep 60" });

        it("gives up in time and leaves nothing running", async () => {
            const error = await failure(forwardAirflow(cluster, "airflow", { within: 300 }));
            expect(error.message).to.match(/^waited 0\.3 s for kubectl to open a port/);
        });

        it("gives up when it is told to", async () => {
            const controller = new AbortController();
            const forward = failure(forwardAirflow(cluster, "airflow", { signal: controller.signal }));
            controller.abort();
            expect(await forward).to.be.instanceOf(Interrupted);
        });
    });

    describe("kept open", () => {
        const forward = (): PortForward & { cut: () => void; stopped: () => boolean } => {
            let cut = (): void => undefined;
            let stopped = false;
            const ended = new Promise<void>((resolve) => {
                cut = resolve;
            });
            const stop = async (): Promise<void> => {
                stopped = true;
                cut();
            };
            return { url: "", pid: 0, ended, stop, cut: () => cut(), stopped: () => stopped };
        };

        it("is opened again when it is cut, and stopped when that is asked for", async () => {
            const controller = new AbortController();
            const [first, second] = [forward(), forward()];
            first.cut();
            const kept = keepOpen(
                first,
                async () => {
                    controller.abort();
                    return second;
                },
                controller.signal,
            );
            await kept;
            expect(second.stopped()).to.equal(true);
        });

        it("ends at the first interruption, also while it is being opened again", async () => {
            const controller = new AbortController();
            const first = forward();
            first.cut();
            const opening = async (): Promise<PortForward> => {
                controller.abort();
                throw new Interrupted();
            };
            expect(await failure(keepOpen(first, opening, controller.signal))).to.be.instanceOf(Interrupted);
        });
    });

    it("tells a free port from a taken one", async () => {
        const server = await new Promise<Server>((resolve) => {
            const made = createServer().listen(0, "127.0.0.1", () => resolve(made));
        });
        const { port } = server.address() as { port: number };
        expect(await isFree(port)).to.equal(false);
        await new Promise((resolve) => server.close(resolve));
        expect(await isFree(port)).to.equal(true);
    });
});
