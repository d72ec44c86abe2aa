import { createServer, type Server } from "node:net";

/** A port of loopback that something listens on. */
export async function takenPort(): Promise<{ port: number; server: Server }> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    return { port: typeof address === "object" && address !== null ? address.port : 0, server };
}

/** A port of loopback that nothing listens on. */
export async function freePort(): Promise<number> {
    const { port, server } = await takenPort();
    await new Promise((resolve) => server.close(resolve));
    return port;
}
