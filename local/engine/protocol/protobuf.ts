import { createRequire } from "node:module";
import type * as empty from "google-protobuf/google/protobuf/empty_pb";
import type * as struct from "google-protobuf/google/protobuf/struct_pb";

// The messages must be of the very library that the SDK's own generated code uses, wherever npm has put it.
const sdkRequire = createRequire(require.resolve("@pulumi/pulumi/package.json"));

/** `google.protobuf.Struct` of the SDK. */
export const Struct: typeof struct.Struct = sdkRequire("google-protobuf/google/protobuf/struct_pb.js").Struct;
/** `google.protobuf.Empty` of the SDK. */
export const Empty: typeof empty.Empty = sdkRequire("google-protobuf/google/protobuf/empty_pb.js").Empty;
