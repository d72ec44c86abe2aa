// A stand-in for Pulumi's provider of random values, which is not to be had as a Go module. It makes the passwords, strings,
// bytes, ids and UUIDs of @pulumi/random, with the real provider's inputs, outputs and secrets, so that either can go on with
// what the other has made.
package main

import (
	"context"

	"airflow-kubernetes/local/pulumi/cli/serving"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// The version of @pulumi/random that the provider belongs to; set when it is linked.
var version = "0.0.0"

func main() {
	serving.Main(serving.Plugin{
		Description: "A stand-in for Pulumi's provider of random values (pulumi-resource-random).",
		Version:     version,
		Register: func(_ context.Context, server *grpc.Server, _ string) {
			pulumirpc.RegisterResourceProviderServer(server, plugin.NewProviderServer(&provider{}))
		},
	})
}
