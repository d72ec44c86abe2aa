package main

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// git runs git with settings of its own: neither the machine's nor the user's apply, and it never asks anybody.
type git struct {
	environment []string
	log         *logger
	directory   string
}

func newGit(options options, log *logger) (*git, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, err
	}
	if options.addUser {
		if err := addUser(); err != nil {
			return nil, fmt.Errorf("can't add user: %w", err)
		}
	}
	directory, err := os.MkdirTemp("", "git-sync.")
	if err != nil {
		return nil, fmt.Errorf("can't create gitconfig file: %w", err)
	}
	configuration := directory + "/gitconfig"
	if err := os.WriteFile(configuration, nil, 0o600); err != nil {
		return nil, err
	}
	git := &git{log: log, directory: directory}
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "GIT_CONFIG_") && !strings.HasPrefix(variable, prefix+"PASSWORD=") {
			git.environment = append(git.environment, variable)
		}
	}
	git.environment = append(git.environment,
		"GIT_CONFIG_GLOBAL="+configuration, "GIT_CONFIG_NOSYSTEM=true", "GIT_TERMINAL_PROMPT=0",
		"GIT_SSH_COMMAND="+sshCommand(options), "LC_ALL=C",
		credentialUsername+"="+options.username, credentialPassword+"="+options.password,
		credentialFile+"="+options.passwordFile)
	return git, git.configure(options)
}

func sshCommand(options options) string {
	command := "ssh"
	for _, file := range options.sshKeyFiles {
		command += " -i " + file
	}
	if options.sshKnownHosts {
		return command + " -o StrictHostKeyChecking=yes -o UserKnownHostsFile=" + options.sshKnownHostsFile
	}
	return command + " -o StrictHostKeyChecking=no"
}

func (git *git) configure(options options) error {
	pairs := [][2]string{{"gc.autoDetach", "false"}, {"gc.pruneExpire", "now"}, {"core.askPass", "true"},
		{"safe.directory", "*"}}
	if options.username != "" {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		// For the repository's own server only: a submodule elsewhere must not see the login.
		address, err := url.Parse(options.repo)
		if err != nil || address.Host == "" {
			return fmt.Errorf("--username needs a --repo with a server, such as https://example.com/repo")
		}
		pairs = append(pairs, [2]string{
			fmt.Sprintf("credential.%s://%s.helper", address.Scheme, address.Host), self + " " + credentialCommand})
	}
	extra, err := parseGitConfig(options.gitConfig)
	if err != nil {
		return fmt.Errorf("can't parse --git-config flag: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for _, pair := range append(pairs, extra...) {
		if _, err := git.run(ctx, "/", "config", "--global", pair[0], pair[1]); err != nil {
			return fmt.Errorf("error configuring git %q: %w", pair[0], err)
		}
	}
	return nil
}

// run hands back what git prints. Its error has all that git said. When time is up, git ends with all that it has started.
func (git *git) run(ctx context.Context, directory string, arguments ...string) (string, error) {
	git.log.info(5, "running command", "cwd", directory, "cmd", "git "+strings.Join(arguments, " "))
	command := exec.CommandContext(ctx, "git", arguments...)
	command.Dir = directory
	command.Env = git.environment
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	command.WaitDelay = 5 * time.Second
	var output, messages bytes.Buffer
	command.Stdout, command.Stderr = &output, &messages
	err := command.Run()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	stdout, stderr := strings.TrimSpace(output.String()), strings.TrimSpace(messages.String())
	if err != nil {
		return stdout, fmt.Errorf("Run(git %s): %w: { stdout: %q, stderr: %q }",
			redacted(strings.Join(arguments, " ")), err, stdout, stderr)
	}
	git.log.info(6, "command result", "stdout", stdout, "stderr", stderr)
	return stdout, nil
}

// addUser gives the current uid a name, which ssh insists on.
func addUser() error {
	if _, err := user.LookupId(strconv.Itoa(os.Getuid())); err == nil {
		return nil
	}
	file, err := os.OpenFile("/etc/passwd", os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = fmt.Fprintf(file, "git-sync:x:%d:%d::%s:/sbin/nologin\n", os.Getuid(), os.Getgid(), os.Getenv("HOME"))
	return err
}
