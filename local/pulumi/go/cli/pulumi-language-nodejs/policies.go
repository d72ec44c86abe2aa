package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// The SDK's own program that loads a policy pack, which serves the engine.
const policyRunner = "@pulumi/pulumi/cmd/run-policy-pack"

// RunPlugin runs policy packs, the one kind of plugins that this project has in Node.js. What the pack prints first is the port
// that it serves on.
func (h *host) RunPlugin(
	request *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer,
) error {
	if request.Kind != "analyzer" {
		return refused("running a plugin that is written in Node.js, and no policy pack")
	}
	pack := request.GetInfo().GetProgramDirectory()
	node, err := exec.LookPath("node")
	if err != nil {
		return errors.New("node is not on the PATH")
	}
	script, err := findModule(pack, policyRunner)
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	defer closer.Close()

	// Address of the engine, then the pack.
	arguments := append([]string{script}, request.Args...)
	command := exec.CommandContext(server.Context(), node, append(arguments, pack)...)
	command.Dir = request.Pwd
	command.Env = request.Env
	command.Stdout, command.Stderr = stdout, stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = patience
	exit := 0
	var failure *exec.ExitError
	if err := command.Run(); errors.As(err, &failure) {
		exit = failure.ExitCode()
	} else if err != nil {
		return fmt.Errorf("the policy pack in %s cannot be run: %w", pack, err)
	}
	if err := closer.Close(); err != nil {
		return err
	}
	return server.Send(&pulumirpc.RunPluginResponse{
		Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(exit)},
	})
}
