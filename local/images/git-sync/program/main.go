// A stand-in for git-sync v4, for machines that cannot pull its image. It understands the settings that this project uses and
// keeps their meaning, the layout on disk, the health endpoint and the exit codes of the real program; it shares no code with it.
// A setting of the real program that it does not know is refused, so that nothing only seems to work.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// The release whose behaviour this follows.
const version = "v4.7.1"

func main() {
	if len(os.Args) == 3 && os.Args[1] == credentialCommand {
		os.Exit(answerCredential(os.Args[2], os.Stdin, os.Stdout))
	}
	if os.Getpid() == 1 {
		// git leaves helpers behind when it is stopped halfway, and they become children of process 1.
		os.Exit(runAndReap())
	}
	options, err := readOptions(os.Args[1:], os.Environ())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		writeErrorFile(options.errorFile, err.Error())
		os.Exit(1)
	}
	if options.printVersion {
		fmt.Println(version)
		return
	}
	os.Exit(run(options))
}

func run(options options) int {
	log := &logger{verbosity: options.verbose, errorFile: options.errorFile}
	log.info(0, "starting up", "version", version, "standIn", true, "repo", redacted(options.repo), "ref", options.ref,
		"uid", os.Getuid(), "gid", os.Getgid(), "period", options.period.String())
	if options.groupWrite {
		syscall.Umask(0o002)
	} else {
		syscall.Umask(0o022)
	}
	repository, err := openRepository(options, log)
	if err != nil {
		log.error(err, "can't start")
		return 1
	}
	defer repository.close()
	status := &status{}
	if options.httpBind != "" {
		if err := status.serve(options.httpBind, options.httpMetrics, log); err != nil {
			log.error(err, "can't bind HTTP endpoint", "endpoint", options.httpBind)
			return 1
		}
	}
	stopped, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	return loop(stopped, options, repository, status, log)
}

// loop syncs until it is told to stop, has nothing more to do, or has failed too often.
func loop(stopped context.Context, options options, repository *repository, status *status, log *logger) int {
	failures, synced := 0, false
	for {
		started := time.Now()
		ctx, cancel := context.WithTimeout(stopped, options.syncTimeout)
		changed, hash, err := repository.sync(ctx)
		if err == nil {
			repository.removeStaleWorktrees(ctx)
		}
		cancel()
		if stopped.Err() != nil {
			return 0
		}
		status.count(changed, err, time.Since(started))
		if err != nil {
			failures++
			limit := options.maxFailures
			if !synced && options.initMaxFailures != nil {
				limit = *options.initMaxFailures
			}
			if limit >= 0 && failures >= limit {
				log.error(err, "too many failures, aborting", "failCount", failures, "maxFailures", limit)
				return 1
			}
			log.error(err, "error syncing repo, will retry", "failCount", failures)
		} else {
			failures, synced = 0, true
			status.setReady()
			log.removeErrorFile()
			if options.touchFile != "" && changed {
				if err := touch(options.touchFile); err != nil {
					log.error(err, "failed to touch touch-file", "path", options.touchFile)
				}
			}
			if options.oneTime {
				log.info(0, "exiting after one sync", "status", 0)
				return 0
			}
			if hash == options.ref {
				log.info(0, "ref appears to be a git hash, no further sync needed", "ref", hash)
				<-stopped.Done()
				return 0
			}
		}
		wait := options.period
		if !synced && options.initPeriod > 0 {
			wait = options.initPeriod
		}
		select {
		case <-time.After(wait):
		case <-stopped.Done():
			return 0
		}
	}
}
