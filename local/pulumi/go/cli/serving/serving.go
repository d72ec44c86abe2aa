// Package serving starts the two stand-ins the way Pulumi starts any plugin.
package serving

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"google.golang.org/grpc"
)

// How often a plugin looks whether the engine that started it is still there.
const engineCheckInterval = 2 * time.Second

// Plugin is a program that Pulumi starts and talks to over gRPC.
type Plugin struct {
	// What it is, for people who start it by hand.
	Description string
	// What "-version" prints.
	Version string
	// Registers its services. The context ends when the plugin is to stop; the engine's address is empty when Pulumi tells
	// it later, by Handshake.
	Register func(ctx context.Context, server *grpc.Server, engine string)
}

// Main parses the arguments that Pulumi gives, prints the port and serves until Pulumi is gone or a signal comes.
func Main(plugin Plugin) {
	flag.String("tracing", "", "accepted, not used")
	printVersion := flag.Bool("version", false, "print the version and exit")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "%s\nIt is started by Pulumi.\n\n", plugin.Description)
		flag.PrintDefaults()
	}
	flag.Parse()
	if *printVersion {
		fmt.Println(plugin.Version)
		return
	}
	logging.InitLogging(false, 0, false)
	if err := serve(plugin, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(plugin Plugin, engine string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if engine != "" {
		if err := rpcutil.Healthcheck(ctx, engine, engineCheckInterval, stop); err != nil {
			return fmt.Errorf("Pulumi's engine cannot be reached at %s: %w", engine, err)
		}
	}
	cancel := make(chan bool)
	context.AfterFunc(ctx, func() { close(cancel) })
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			plugin.Register(ctx, server, engine)
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Printf("%d\n", handle.Port)
	return <-handle.Done
}
