import { stripVTControlCharacters } from "node:util";
import type { handleUnaryCall, ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import * as messages from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "./protobuf";

/** How a message of a program is meant. */
export type Severity = "debug" | "info" | "warning" | "error";

/** One message of a program. */
export interface ProgramMessage {
    readonly severity: Severity;
    readonly text: string;
    readonly urn: string;
}

/** The service that takes what a running program logs. */
export function logMethods(log: (message: ProgramMessage) => void): {
    [method: string]: handleUnaryCall<never, unknown>;
} {
    let root = "";
    return {
        log: method((request: messages.LogRequest) => {
            const severities: Severity[] = ["debug", "info", "warning", "error"];
            log({
                severity: severities[request.getSeverity()] ?? "info",
                text: request.getMessage(),
                urn: request.getUrn(),
            });
            return new Empty();
        }),
        getRootResource: method(() => {
            const response = new messages.GetRootResourceResponse();
            response.setUrn(root);
            return response;
        }),
        setRootResource: method((request: messages.SetRootResourceRequest) => {
            root = request.getUrn();
            return new messages.SetRootResourceResponse();
        }),
        startDebugging: method(() => new Empty()),
        requirePulumiVersion: method(() => new messages.RequirePulumiVersionResponse()),
    };
}

/**
 * What to show of an unhandled exception that the SDK reports. An `Error` that the program threw itself is a message to
 * the user, so its stack is left out; a fault in the code keeps it.
 */
export function readableFailure(text: string): string {
    const body = stripVTControlCharacters(text).replace(
        /^Running program '.*' failed with an unhandled exception:\n/,
        "",
    );
    if (body === text) {
        return text;
    }
    const thrown = /^(?:<ref \*\d+> )?Error: /.exec(body);
    if (!thrown) {
        return body;
    }
    return body.slice(thrown[0].length).replace(/\n\s+at [\s\S]*$/, "");
}

function method<Request>(respond: (request: Request) => unknown): handleUnaryCall<never, unknown> {
    return ((call: ServerUnaryCall<Request, unknown>, callback: sendUnaryData<unknown>): void => {
        callback(null, respond(call.request));
    }) as unknown as handleUnaryCall<never, unknown>;
}
