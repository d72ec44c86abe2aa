package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const worktrees = ".worktrees"

// repository is the local copy: ROOT/.git with the objects, ROOT/.worktrees/<hash> with a checkout each, and the link to the
// current one.
type repository struct {
	options options
	git     *git
	log     *logger
	root    string
	link    string
	fetched bool
}

func openRepository(options options, log *logger) (*repository, error) {
	if err := os.MkdirAll(options.root, 0o775); err != nil {
		return nil, fmt.Errorf("can't make root dir: %w", err)
	}
	root, err := filepath.EvalSymlinks(options.root)
	if err != nil {
		return nil, fmt.Errorf("can't normalize root path: %w", err)
	}
	git, err := newGit(options, log)
	if err != nil {
		return nil, err
	}
	return &repository{options: options, git: git, log: log, root: root, link: below(root, options.link)}, nil
}

func (repository *repository) close() {
	_ = os.RemoveAll(repository.git.directory)
}

// sync brings the link to what the ref is at the remote now; tells whether that was a change, and which commit it is.
func (repository *repository) sync(ctx context.Context) (changed bool, hash string, err error) {
	options := repository.options
	if options.passwordFile != "" {
		// git's message would only be that the server wants a login.
		if _, err := os.ReadFile(options.passwordFile); err != nil {
			return false, "", fmt.Errorf("credential refresh failed: can't read password file %q: %w", options.passwordFile, err)
		}
	}
	if err := repository.initialise(ctx); err != nil {
		return false, "", err
	}
	current := repository.current()
	if err := repository.fetch(ctx); err != nil {
		return false, "", err
	}
	// Peels an annotated tag.
	remote, err := repository.git.run(ctx, repository.root, "rev-parse", "FETCH_HEAD^{}")
	if err != nil {
		return false, "", err
	}
	if current == remote && !repository.isWhole(ctx, current) {
		repository.log.info(0, "worktree failed checks or was empty", "path", repository.worktree(current))
		current = ""
	}
	if current == remote && repository.fetched {
		repository.log.info(2, "update not required", "ref", options.ref, "remote", remote)
		return false, remote, nil
	}
	repository.log.info(0, "update required", "ref", options.ref, "local", current, "remote", remote)
	if _, err := repository.git.run(ctx, repository.root, "reset", "--soft", remote, "--"); err != nil {
		return false, "", err
	}
	changed = current != remote
	if changed {
		if err := repository.addWorktree(ctx, remote); err != nil {
			return false, "", err
		}
	}
	if err := repository.checkOut(ctx, remote); err != nil {
		return false, "", err
	}
	if changed {
		if err := repository.publish(remote); err != nil {
			return false, "", err
		}
		if current != "" {
			// Its time to live begins now.
			_ = touch(repository.worktree(current))
		}
	}
	repository.fetched = true
	repository.log.info(0, "updated successfully", "ref", options.ref, "remote", remote)
	return changed, remote, nil
}

// initialise makes the repository, anew when what is there is none or is broken. Emptying the root, not removing it, since it
// often is a volume.
func (repository *repository) initialise(ctx context.Context) error {
	if problem := repository.problem(ctx); problem != nil {
		repository.log.info(0, "repo directory was empty or failed checks", "path", repository.root, "reason", problem.Error())
		entries, err := os.ReadDir(repository.root)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			if err := os.RemoveAll(filepath.Join(repository.root, entry.Name())); err != nil {
				return fmt.Errorf("can't wipe unusable root directory: %w", err)
			}
		}
		repository.log.info(0, "initializing repo directory", "path", repository.root)
		if _, err := repository.git.run(ctx, repository.root, "init", "--quiet", "--initial-branch=git-sync"); err != nil {
			return err
		}
		repository.fetched = false
	}
	// Submodules with relative addresses start from it.
	origin, err := repository.git.run(ctx, repository.root, "config", "--default", "", "--get", "remote.origin.url")
	if err == nil && origin != repository.options.repo {
		_, err = repository.git.run(ctx, repository.root, "config", "remote.origin.url", repository.options.repo)
	}
	return err
}

// problem is why the root cannot be used as it is.
func (repository *repository) problem(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(repository.root, ".git")); err != nil {
		return err
	}
	top, err := repository.git.run(ctx, repository.root, "rev-parse", "--show-toplevel")
	if err != nil {
		return err
	}
	if top != repository.root {
		return fmt.Errorf("it is under another repo: %s", top)
	}
	// What a git that was killed leaves, and what no later git gets past.
	for _, lock := range []string{"shallow.lock", "index.lock", "config.lock", "HEAD.lock"} {
		if _, err := os.Stat(filepath.Join(repository.root, ".git", lock)); err == nil {
			return fmt.Errorf("it contains the lock file %s", lock)
		}
	}
	_, err = repository.git.run(ctx, repository.root, "fsck", "--no-progress", "--connectivity-only")
	return err
}

func (repository *repository) fetch(ctx context.Context) error {
	options := repository.options
	arguments := []string{"fetch", options.repo, options.ref, "--verbose", "--no-progress", "--prune", "--no-auto-gc"}
	if options.depth > 0 {
		arguments = append(arguments, "--depth", strconv.Itoa(options.depth))
	} else {
		shallow, err := repository.git.run(ctx, repository.root, "rev-parse", "--is-shallow-repository")
		if err != nil {
			return err
		}
		if shallow == "true" {
			arguments = append(arguments, "--unshallow")
		}
	}
	_, err := repository.git.run(ctx, repository.root, arguments...)
	return err
}

func (repository *repository) worktree(hash string) string {
	return filepath.Join(repository.root, worktrees, hash)
}

// current is the commit that the link shows; empty when there is none.
func (repository *repository) current() string {
	target, err := os.Readlink(repository.link)
	if err != nil {
		return ""
	}
	return filepath.Base(target)
}

func (repository *repository) isWhole(ctx context.Context, hash string) bool {
	directory := repository.worktree(hash)
	entries, err := os.ReadDir(directory)
	if err != nil || len(entries) == 0 {
		return false
	}
	head, err := repository.git.run(ctx, directory, "rev-parse", "HEAD")
	return err == nil && head == hash
}

func (repository *repository) addWorktree(ctx context.Context, hash string) error {
	directory := repository.worktree(hash)
	// A sync that was stopped may have left half of it.
	if err := os.RemoveAll(directory); err != nil {
		return err
	}
	if _, err := repository.git.run(ctx, repository.root, "worktree", "prune"); err != nil {
		return err
	}
	_, err := repository.git.run(ctx, repository.root, "worktree", "add", "--force", "--detach", "--no-checkout", directory, hash)
	return err
}

func (repository *repository) checkOut(ctx context.Context, hash string) error {
	directory := repository.worktree(hash)
	// Relative, so that it holds wherever the volume is mounted.
	reference := "gitdir: " + filepath.Join("../..", ".git", "worktrees", hash) + "\n"
	if err := os.WriteFile(filepath.Join(directory, ".git"), []byte(reference), 0o644); err != nil {
		return err
	}
	if _, err := repository.git.run(ctx, directory, "reset", "--hard", hash, "--"); err != nil {
		return err
	}
	if repository.options.submodules == "off" {
		return nil
	}
	arguments := []string{"submodule", "update", "--init"}
	if repository.options.submodules == "recursive" {
		arguments = append(arguments, "--recursive")
	}
	if repository.options.depth > 0 {
		arguments = append(arguments, "--depth", strconv.Itoa(repository.options.depth))
	}
	_, err := repository.git.run(ctx, directory, arguments...)
	return err
}

// publish lets the link show a commit, in one step.
func (repository *repository) publish(hash string) error {
	directory := filepath.Dir(repository.link)
	if err := os.MkdirAll(directory, 0o775); err != nil {
		return err
	}
	target, err := filepath.Rel(directory, repository.worktree(hash))
	if err != nil {
		return err
	}
	temporary := filepath.Join(directory, "tmp-link")
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(target, temporary); err != nil {
		return err
	}
	return os.Rename(temporary, repository.link)
}

// removeStaleWorktrees removes checkouts that the link has left long enough ago, and then what only they needed. A failure is
// for the log: the next sync tries again.
func (repository *repository) removeStaleWorktrees(ctx context.Context) {
	current := repository.current()
	entries, err := os.ReadDir(filepath.Join(repository.root, worktrees))
	if err != nil || current == "" {
		return
	}
	removed := 0
	for _, entry := range entries {
		information, err := entry.Info()
		if entry.Name() == current || err != nil || time.Since(information.ModTime()) <= repository.options.staleTimeout {
			continue
		}
		repository.log.info(1, "removing worktree", "path", repository.worktree(entry.Name()))
		if err := os.RemoveAll(repository.worktree(entry.Name())); err != nil {
			repository.log.info(0, "git cleanup failed", "error", err.Error())
			continue
		}
		removed++
	}
	if removed == 0 {
		return
	}
	steps := [][]string{{"worktree", "prune"}, {"reflog", "expire", "--expire-unreachable=all", "--all"}}
	switch repository.options.gitGC {
	case "always":
		steps = append(steps, []string{"gc"})
	case "auto", "aggressive":
		steps = append(steps, []string{"gc", "--" + repository.options.gitGC})
	}
	for _, step := range steps {
		if _, err := repository.git.run(ctx, repository.root, step...); err != nil {
			repository.log.info(0, "git cleanup failed", "step", strings.Join(step, " "), "error", err.Error())
		}
	}
}

// touch gives a file or a directory the time of now; a file that is missing is made.
func touch(path string) error {
	err := os.Chtimes(path, time.Now(), time.Now())
	if errors.Is(err, fs.ErrNotExist) {
		return os.WriteFile(path, nil, 0o644)
	}
	return err
}
