// A stand-in for Pulumi's language host for Node.js, which is not to be had as a Go module. It runs programs and policy
// packs; what only other commands than those of this project need, it refuses by name.
package main

import (
	"context"

	"airflow-kubernetes/local/pulumi/cli/serving"

	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

func main() {
	serving.Main(serving.Plugin{
		Description: "A stand-in for Pulumi's language host for Node.js (pulumi-language-nodejs).",
		Version:     version.Version,
		Register: func(ctx context.Context, server *grpc.Server, engine string) {
			pulumirpc.RegisterLanguageRuntimeServer(server, newHost(ctx, engine))
		},
	})
}
