import { createServer, type Server, type Socket } from "node:net";

const nullProcedure = 0;
const nfs = 100_003;
const mount = 100_005;

/** How the server answers: to a client's first call, and to what it asks to mount. */
export interface Behaviour {
    /** Whether it offers version 3. */
    readonly hasVersion3: boolean;
    /** The status of a mount, as in RFC 1813. */
    readonly mountStatus?: number;
}

/** The start of an NFS server, on loopback: enough of one to be refused by. */
export class FakeServer {
    /** What was asked to be mounted. */
    public readonly paths: string[] = [];

    private constructor(
        private readonly server: Server,
        private readonly behaviour: Behaviour,
    ) {}

    /** Starts it on a port of its own. */
    public static async start(behaviour: Behaviour): Promise<FakeServer> {
        const server = createServer();
        const fake = new FakeServer(server, behaviour);
        server.on("connection", (socket) => fake.serve(socket));
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        return fake;
    }

    /** The port it listens on. */
    public get port(): number {
        const address = this.server.address();
        return typeof address === "object" && address !== null ? address.port : 0;
    }

    /** Stops it. */
    public async stop(): Promise<void> {
        await new Promise((resolve) => this.server.close(resolve));
    }

    private serve(socket: Socket): void {
        let received = Buffer.alloc(0);
        socket.on("error", () => socket.destroy());
        socket.on("data", (bytes: Buffer) => {
            received = Buffer.concat([received, bytes]);
            while (received.length >= 4 && received.length >= 4 + (received.readUInt32BE(0) & 0x7fffffff)) {
                const length = received.readUInt32BE(0) & 0x7fffffff;
                const answer = this.answer(received.subarray(4, 4 + length));
                const mark = Buffer.alloc(4);
                mark.writeUInt32BE(0x80000000 + answer.length);
                // In two pieces, as a network may deliver them.
                socket.write(Buffer.concat([mark, answer.subarray(0, 5)]));
                socket.write(answer.subarray(5));
                received = received.subarray(4 + length);
            }
        });
    }

    private answer(call: Buffer): Buffer {
        const [transaction = 0, , , program, , procedure] = Array.from({ length: 6 }, (_, index) =>
            call.readUInt32BE(4 * index),
        );
        const head = [transaction, 1, 0, 0, 0];
        if (program === nfs && !this.behaviour.hasVersion3) {
            return words(...head, 2, 4, 4);
        }
        if (program === mount && procedure !== nullProcedure) {
            const credentials = call.readUInt32BE(28);
            const path = 32 + credentials + 8;
            this.paths.push(call.subarray(path + 4, path + 4 + call.readUInt32BE(path)).toString());
            return words(...head, 0, this.behaviour.mountStatus ?? 0);
        }
        return words(...head, 0);
    }
}

function words(...values: number[]): Buffer {
    const bytes = Buffer.alloc(4 * values.length);
    for (const [index, value] of values.entries()) {
        bytes.writeUInt32BE(value, 4 * index);
    }
    return bytes;
}
