package main

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const prefix = "GITSYNC_"

type options struct {
	repo, ref, root, link                         string
	submodules, gitGC                             string
	username, password, passwordFile              string
	sshKeyFiles                                   []string
	sshKnownHostsFile, gitConfig                  string
	httpBind, errorFile, touchFile                string
	depth, maxFailures, verbose                   int
	initMaxFailures                               *int
	period, initPeriod, syncTimeout, staleTimeout time.Duration
	oneTime, groupWrite, addUser, sshKnownHosts   bool
	httpMetrics, printVersion                     bool
}

// Settings of the real program that change what it does and that this one does not do.
var notHere = []string{
	"ASKPASS_URL", "COOKIE_FILE", "CREDENTIAL", "EXECHOOK_COMMAND", "FILTER", "GITHUB_APP_APPLICATION_ID",
	"GITHUB_APP_CLIENT_ID", "GITHUB_APP_INSTALLATION_ID", "GITHUB_APP_PRIVATE_KEY", "GITHUB_APP_PRIVATE_KEY_FILE",
	"HTTP_PPROF", "SPARSE_CHECKOUT_FILE", "SYNC_ON_SIGNAL", "WEBHOOK_URL",
}

var booleans = []string{"ADD_USER", "GROUP_WRITE", "HTTP_METRICS", "ONE_TIME", "SSH_KNOWN_HOSTS"}

// readOptions takes settings from flags and, below them, from the environment. Other variables are not looked at, as the real
// program does not either; an unknown flag is an error.
func readOptions(arguments, environment []string) (options, error) {
	given := map[string]string{}
	for _, variable := range environment {
		if name, value, found := strings.Cut(variable, "="); found && strings.HasPrefix(name, prefix) {
			given[strings.TrimPrefix(name, prefix)] = value
		}
	}
	read := options{}
	if err := readFlags(arguments, given); err != nil {
		return read, err
	}
	reader := &settings{given: given}
	_, read.printVersion = given["VERSION"]
	read.root = reader.text("ROOT", "")
	read.repo = reader.text("REPO", "")
	read.ref = reader.text("REF", "HEAD")
	read.link = reader.text("LINK", lastPart(read.repo))
	read.depth = reader.integer("DEPTH", 1)
	read.submodules = reader.text("SUBMODULES", "recursive")
	read.gitGC = reader.text("GIT_GC", "always")
	read.period = reader.duration("PERIOD", 10*time.Second)
	read.initPeriod = reader.duration("INIT_PERIOD", 0)
	read.syncTimeout = reader.duration("SYNC_TIMEOUT", 120*time.Second)
	read.staleTimeout = reader.duration("STALE_WORKTREE_TIMEOUT", 0)
	read.maxFailures = reader.integer("MAX_FAILURES", 0)
	if _, set := given["INIT_MAX_FAILURES"]; set {
		limit := reader.integer("INIT_MAX_FAILURES", 0)
		read.initMaxFailures = &limit
	}
	read.oneTime = reader.boolean("ONE_TIME", false)
	read.groupWrite = reader.boolean("GROUP_WRITE", false)
	read.addUser = reader.boolean("ADD_USER", false)
	read.username = reader.text("USERNAME", "")
	read.password = reader.text("PASSWORD", "")
	read.passwordFile = reader.text("PASSWORD_FILE", "")
	read.sshKeyFiles = strings.Split(reader.text("SSH_KEY_FILE", "/etc/git-secret/ssh"), ":")
	read.sshKnownHosts = reader.boolean("SSH_KNOWN_HOSTS", true)
	read.sshKnownHostsFile = reader.text("SSH_KNOWN_HOSTS_FILE", "/etc/git-secret/known_hosts")
	read.gitConfig = reader.text("GIT_CONFIG", "")
	read.httpBind = reader.text("HTTP_BIND", "")
	read.httpMetrics = reader.boolean("HTTP_METRICS", false)
	read.verbose = reader.integer("VERBOSE", 0)
	read.errorFile = below(read.root, reader.text("ERROR_FILE", ""))
	read.touchFile = below(read.root, reader.text("TOUCH_FILE", ""))
	if read.printVersion {
		return read, nil
	}
	return read, errors.Join(append(reader.errors, read.check(given)...)...)
}

// readFlags adds what flags say: --one-time, --repo=URL and --repo URL are ONE_TIME and REPO.
func readFlags(arguments []string, given map[string]string) error {
	for index := 0; index < len(arguments); index++ {
		flag, value, hasValue := strings.Cut(arguments[index], "=")
		name := strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(flag, "--"), "-", "_"))
		switch {
		case !strings.HasPrefix(flag, "--") || !isKnown(name):
			return fmt.Errorf("unknown flag: %s", arguments[index])
		case hasValue:
		case name == "VERSION" || slices.Contains(booleans, name):
			value = "true"
		case index+1 < len(arguments):
			index++
			value = arguments[index]
		default:
			return fmt.Errorf("flag needs an argument: %s", flag)
		}
		given[name] = value
	}
	return nil
}

func isKnown(name string) bool {
	return slices.Contains(booleans, name) || slices.Contains(notHere, name) || slices.Contains([]string{
		"REPO", "REF", "ROOT", "LINK", "DEPTH", "SUBMODULES", "GIT_GC", "PERIOD", "INIT_PERIOD", "SYNC_TIMEOUT",
		"STALE_WORKTREE_TIMEOUT", "MAX_FAILURES", "INIT_MAX_FAILURES", "USERNAME", "PASSWORD_FILE", "SSH_KEY_FILE",
		"SSH_KNOWN_HOSTS_FILE", "GIT_CONFIG", "HTTP_BIND", "VERBOSE", "ERROR_FILE", "TOUCH_FILE", "VERSION",
	}, name)
}

func (read *options) check(given map[string]string) []error {
	var errs []error
	wrong := func(format string, values ...any) { errs = append(errs, fmt.Errorf(format, values...)) }
	for _, name := range notHere {
		if value := given[name]; value != "" && value != "false" && value != "0" {
			wrong("this stand-in of git-sync does not do %s%s; the real program does", prefix, name)
		}
	}
	if read.repo == "" {
		wrong("required flag: --repo must be specified")
	}
	if read.root == "" {
		wrong("required flag: --root must be specified")
	} else if !filepath.IsAbs(read.root) {
		wrong("invalid flag: --root must be an absolute path here")
	}
	if read.ref == "" {
		wrong("required flag: --ref must be specified")
	}
	if read.depth < 0 {
		wrong("invalid flag: --depth must be greater than or equal to 0")
	}
	if !slices.Contains([]string{"recursive", "shallow", "off"}, read.submodules) {
		wrong("invalid flag: --submodules must be one of recursive, shallow or off")
	}
	if !slices.Contains([]string{"auto", "always", "aggressive", "off"}, read.gitGC) {
		wrong("invalid flag: --git-gc must be one of auto, always, aggressive or off")
	}
	if read.period < 10*time.Millisecond || read.syncTimeout < 10*time.Millisecond {
		wrong("invalid flag: --period and --sync-timeout must be at least 10ms")
	}
	if read.httpMetrics && read.httpBind == "" {
		wrong("required flag: --http-bind must be specified when --http-metrics is set")
	}
	return append(errs, read.checkCredentials()...)
}

func (read *options) checkCredentials() []error {
	passwords := 0
	for _, value := range []string{read.password, read.passwordFile} {
		if value != "" {
			passwords++
		}
	}
	switch {
	case read.username == "" && passwords > 0:
		return []error{errors.New("invalid flag: a password may only be specified when --username is specified")}
	case read.username != "" && passwords != 1:
		return []error{errors.New(
			"required flag: $GITSYNC_PASSWORD or --password-file, and one of them only, goes with --username")}
	}
	address, err := url.Parse(read.repo)
	if err != nil || address.User == nil || (address.Scheme != "http" && address.Scheme != "https") {
		return nil
	}
	if read.username != "" {
		return []error{errors.New("invalid flag: credentials may not be specified in --repo when --username is specified")}
	}
	// Out of the URL, so that no log and no file of git's shows them.
	read.username = address.User.Username()
	read.password, _ = address.User.Password()
	address.User = nil
	read.repo = address.String()
	return nil
}

func lastPart(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	return parts[len(parts)-1]
}

func below(root, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(root, path)
}

// settings reads values and collects what is wrong with them.
type settings struct {
	given  map[string]string
	errors []error
}

func (from *settings) text(name, absent string) string {
	if value, set := from.given[name]; set {
		return value
	}
	return absent
}

func parsed[Value any](from *settings, name string, absent Value, parse func(string) (Value, error)) Value {
	value, set := from.given[name]
	if !set || value == "" {
		return absent
	}
	result, err := parse(value)
	if err != nil {
		from.errors = append(from.errors, fmt.Errorf("invalid value %q for $%s%s", value, prefix, name))
	}
	return result
}

func (from *settings) integer(name string, absent int) int {
	return parsed(from, name, absent, strconv.Atoi)
}

func (from *settings) boolean(name string, absent bool) bool {
	return parsed(from, name, absent, strconv.ParseBool)
}

func (from *settings) duration(name string, absent time.Duration) time.Duration {
	return parsed(from, name, absent, time.ParseDuration)
}
