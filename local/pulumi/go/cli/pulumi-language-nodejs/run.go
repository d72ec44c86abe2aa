package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const (
	// The SDK's own program that connects to the engine and loads the user's.
	runner = "@pulumi/pulumi/cmd/run"
	// The runner's exit code when it has told the user what is wrong.
	exitAfterMessage = 32
	// How long a program may take to end when it is interrupted.
	patience = 5 * time.Second
)

func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	engine := h.engineAddress()
	if engine == "" {
		return nil, errors.New("the engine's address is not known: Handshake comes before Run")
	}
	program := request.GetInfo().GetProgramDirectory()
	node, err := exec.LookPath("node")
	if err != nil {
		return failed(errors.New("node is not on the PATH")), nil
	}
	script, err := findModule(program, runner)
	if err != nil {
		return failed(err), nil
	}
	environment, err := programEnvironment(request)
	if err != nil {
		return failed(err), nil
	}

	// Both what stops the host and what ends the request end the program.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()

	command := exec.CommandContext(ctx, node, programArguments(request, script, engine)...)
	command.Env = append(os.Environ(), environment...)
	// Node.js may set its output to non-blocking, and would do so for ours if it were the same file; with another writer
	// than a file Go makes a pipe.
	command.Stdout = struct{ io.Writer }{os.Stdout}
	command.Stderr = struct{ io.Writer }{os.Stderr}
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = patience
	return outcome(command.Run()), nil
}

func outcome(err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case !errors.As(err, &exit):
		return failed(fmt.Errorf("the program cannot be run: %w", err))
	case exit.ExitCode() == exitAfterMessage:
		return &pulumirpc.RunResponse{Bail: true}
	case exit.ExitCode() == -1:
		return failed(fmt.Errorf("Program was ended by a signal: %w", exit))
	default:
		return failed(fmt.Errorf("Program exited with non-zero exit code: %d", exit.ExitCode()))
	}
}

func failed(err error) *pulumirpc.RunResponse {
	return &pulumirpc.RunResponse{Error: err.Error()}
}

func programArguments(request *pulumirpc.RunRequest, script, engine string) []string {
	info := request.GetInfo()
	arguments := strings.Fields(textOption(request, "nodeargs"))
	arguments = append(arguments, script)
	for _, option := range [][2]string{
		{"monitor", request.MonitorAddress},
		{"engine", engine},
		{"organization", request.Organization},
		{"project", request.Project},
		{"root-directory", info.GetRootDirectory()},
		{"stack", request.Stack},
		{"pwd", info.GetProgramDirectory()},
		{"parallel", strconv.Itoa(int(request.Parallel))},
	} {
		if option[1] != "" {
			arguments = append(arguments, "--"+option[0], option[1])
		}
	}
	if request.DryRun {
		arguments = append(arguments, "--dry-run")
	}
	arguments = append(arguments, info.GetEntryPoint())
	return append(arguments, request.Args...)
}

// programEnvironment is what the runner reads the configuration from.
func programEnvironment(request *pulumirpc.RunRequest) ([]string, error) {
	values := map[string]string{}
	for key, value := range request.Config {
		parsed, err := config.ParseKey(key)
		if err != nil {
			return nil, err
		}
		values[parsed.Namespace()+":config:"+parsed.Name()] = value
	}
	secretKeys := request.ConfigSecretKeys
	if secretKeys == nil {
		secretKeys = []string{}
	}
	configuration, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(secretKeys)
	if err != nil {
		return nil, err
	}
	environment := []string{
		"PULUMI_CONFIG=" + string(configuration),
		"PULUMI_CONFIG_SECRET_KEYS=" + string(secrets),
	}
	options := request.GetInfo().GetOptions().AsMap()
	if typescript, given := options["typescript"]; !given || typescript == true {
		environment = append(environment, "PULUMI_NODEJS_TYPESCRIPT=true")
	}
	if settings := textOption(request, "tsconfig"); settings != "" {
		environment = append(environment, "PULUMI_NODEJS_TSCONFIG_PATH="+settings)
	}
	return environment, nil
}

func textOption(request *pulumirpc.RunRequest, name string) string {
	text, _ := request.GetInfo().GetOptions().AsMap()[name].(string)
	return text
}
