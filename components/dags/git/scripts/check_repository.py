"""Reads a repository of DAGs once, as git-sync or a bundle will, and says in one sentence what is wrong with it.

Exit code 65: nothing that another try could mend.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

NO_RETRY = 65
# A server that restarts, or a network that is being set up, gets this long.
WAIT_SECONDS = int(os.environ["WAIT_SECONDS"])
# How long one command of git may take. Only the files' names are fetched, not their contents nor their history.
ASK_SECONDS, FETCH_SECONDS = 25, 240

repository = os.environ["REPOSITORY"]
ref = os.environ["REF"]
sub_path = os.environ["SUB_PATH"]
full_clone = os.environ["FULL_CLONE"] == "yes"
secret = pathlib.Path(os.environ["SECRET_DIRECTORY"])
files = pathlib.Path(os.environ["FILES_DIRECTORY"])
token, key = secret / "token", secret / "ssh"
known_hosts, authority = files / "known_hosts", files / "ca.crt"

# Where the repository stands in the arguments.
ARGUMENT = os.environ["ARGUMENT"]

TOKEN = f"{ARGUMENT}.token"
KEY = f"{ARGUMENT}.sshKey"
given = "wrong, or may not read this repository" if token.exists() else "not set, and the repository is not public"

# What git, ssh and curl say, and what it means. The first that fits counts.
faults = [
    (r"Host key verification failed|HOST IDENTIFICATION HAS CHANGED|No \S+ host key is known", f"{ARGUMENT}.knownHosts: "
     "the key that the server shows is not one of the host's known keys. Nothing was read from it."),
    (r"Load key .*(invalid format|error in libcrypto)|incorrect passphrase", f"{KEY} is no private key that ssh can use."),
    (r"Permission denied|Too many authentication failures", f"{KEY}: the server refuses the key."),
    (r"Authentication failed|could not read (Username|Password)|returned error: 40[13]|HTTP Basic: Access denied",
     f"{TOKEN} is {given}."),
    (r"SSL certificate problem|certificate verif|unable to get local issuer|server certificate", f"{ARGUMENT}.caCertificate: "
     "the server's certificate is not signed by an authority that is trusted."),
    (r"error setting certificate", f"{ARGUMENT}.caCertificate is not a certificate."),
    (r"repository .*not found|returned error: 404|does not appear to be a git repository|not found|does not exist|"
     r"could not be found|Could not read from remote repository.*correct access|not valid: is this a git repository",
     f"{ARGUMENT}.repository: the server has no such repository, or does not show it "
     + ("to this key." if key.exists() else "to this token." if token.exists() else "without a token.")),
]
unreachable = re.compile(
    r"Could not resolve|Name or service not known|Temporary failure in name resolution|[Cc]onnection (refused|timed out|reset|"
    r"closed)|Failed to connect|Couldn't connect|No route to host|Network is unreachable|Operation timed out|"
    r"timed out|Empty reply|returned error: (429|5\d\d)|early EOF|unexpected disconnect|kex_exchange_identification"
)


def fail(message):
    print(f"\nDAGS REFUSED\n{message}\n(repository {repository})", file=sys.stderr, flush=True)
    sys.exit(NO_RETRY)


def environment(home):
    """What git needs to get in. Secrets are read from their files by whoever needs them, and are in no variable."""
    variables = {
        **os.environ,
        "HOME": home,
        "LC_ALL": "C",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_SSH_COMMAND": " ".join(
            [
                "ssh -F /dev/null",
                "-o BatchMode=yes -o ConnectTimeout=10 -o StrictHostKeyChecking=yes -o GlobalKnownHostsFile=/dev/null",
                f"-o UserKnownHostsFile={known_hosts}",
                *([f"-o IdentitiesOnly=yes -i {key}"] if key.exists() else []),
            ]
        ),
    }
    if token.exists():
        helper = pathlib.Path(home, "askpass")
        helper.write_text('#!/bin/sh\ncase "$1" in Username*) echo "$GIT_USER";; *) cat "$GIT_TOKEN_FILE";; esac\n')
        helper.chmod(0o700)
        variables |= {"GIT_ASKPASS": str(helper), "GIT_USER": os.environ["USERNAME"], "GIT_TOKEN_FILE": str(token)}
    if authority.exists():
        variables["GIT_SSL_CAINFO"] = str(authority)
    return variables


def git(*arguments, cwd, remote=False):
    """Output of a command. One that speaks to the server is tried again while the server cannot be reached."""
    deadline = time.monotonic() + WAIT_SECONDS
    seconds = FETCH_SECONDS if "fetch" in arguments else ASK_SECONDS
    waited_for = None
    while True:
        try:
            done = subprocess.run(
                ["git", *arguments], cwd=cwd, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                errors="replace", timeout=seconds,
            )
            code, said = done.returncode, done.stderr.strip()
        except subprocess.TimeoutExpired:
            code, said = -1, f"timed out: no answer within {seconds} s"
        if code == 0:
            return done.stdout
        if not remote:
            fail(f"git {arguments[0]} failed: {said}")
        if not unreachable.search(said):
            for pattern, message in faults:
                if re.search(pattern, said, re.DOTALL):
                    fail(message)
            return None if "fetch" in arguments else fail(f"{ARGUMENT}.repository: git cannot read it. It says:\n{said}")
        line = next(line for line in said.splitlines() if unreachable.search(line))
        # Without the times, which differ at each try.
        reason = re.sub(r" after \d+ ms|: Couldn't connect to server$", "", re.sub(r"^(fatal|error|ssh): ", "", line))
        if time.monotonic() > deadline:
            fail(f"{ARGUMENT}.repository: the server cannot be reached. {reason}")
        if reason != waited_for:
            print(f"Waiting for the server: {reason}", flush=True)
        waited_for = reason
        time.sleep(3)


def advertised(cwd):
    """Commits by branch and tag, as the server tells them."""
    lines = git("ls-remote", "--heads", "--tags", "--", repository, cwd=cwd, remote=True).splitlines()
    return {name: sha for sha, name in (line.split("\t") for line in lines)}


def wanted(refs):
    """What to fetch for the ref, or a message that says which there are."""
    for name in (f"refs/heads/{ref}", f"refs/tags/{ref}", ref):
        if name in refs:
            return name
    if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", ref):
        return ref
    if not refs:
        fail(f"{ARGUMENT}.ref: the repository is empty.")
    branches = sorted(name.removeprefix("refs/heads/") for name in refs if name.startswith("refs/heads/"))
    shown = ", ".join(branches[:10]) + (f" and {len(branches) - 10} more" if len(branches) > 10 else "")
    hint = " A commit is given in full, 40 digits." if re.fullmatch(r"[0-9a-f]{7,39}", ref) else ""
    fail(f'{ARGUMENT}.ref: there is no branch or tag "{ref}". Branches are: {shown}.{hint}')


def fetch(cwd, name, refs):
    """The commit that the ref stands for, with its directories but without the contents of its files."""
    git("init", "--quiet", "--bare", ".", cwd=cwd)
    git("remote", "add", "origin", repository, cwd=cwd)
    git("config", "remote.origin.promisor", "true", cwd=cwd)
    git("config", "remote.origin.partialclonefilter", "blob:none", cwd=cwd)
    partial = ("fetch", "--quiet", "--filter=blob:none")
    if git(*partial, "--depth=1", "origin", name, cwd=cwd, remote=True) is not None:
        return git("rev-parse", "FETCH_HEAD^{commit}", cwd=cwd).strip()
    if name in refs:
        fail(f'{ARGUMENT}.ref: the server does not hand out "{ref}".')
    # Some servers hand out what a branch or tag points to, and no other commit by its name. A bundle fetches all of them.
    if full_clone and git(*partial, "origin", "+refs/*:refs/*", cwd=cwd, remote=True) is not None:
        found = subprocess.run(["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"], cwd=cwd, env=variables,
                               capture_output=True, text=True)
        if found.returncode == 0:
            return found.stdout.strip()
    fail(f"{ARGUMENT}.ref: the server hands out no commit {ref}.")


def check_files(cwd, commit):
    """There has to be a folder with Python in it. What lies in a submodule cannot be seen from here."""
    lines = [line.split("\t", 1) for line in git("ls-tree", "-r", "-t", "-z", commit, cwd=cwd).split("\0") if line]
    entries = [(about.split()[1], path) for about, path in lines]
    submodules = [path for kind, path in entries if kind == "commit"]
    if any(sub_path == path or sub_path.startswith(f"{path}/") for path in submodules):
        return "a submodule, which is not looked into"
    if sub_path and ("tree", sub_path) not in entries:
        folders = sorted(path for kind, path in entries if kind == "tree" and "/" not in path)
        shown = ", ".join(folders[:10]) or "none"
        fail(f'{ARGUMENT}.subPath: there is no folder "{sub_path}" at "{ref}". Folders at the top are: {shown}.')
    below = f"{sub_path}/" if sub_path else ""
    count = sum(1 for kind, path in entries if kind == "blob" and path.startswith(below) and path.endswith(".py"))
    if count == 0 and not any(path.startswith(below) for path in submodules):
        place = f'the folder "{sub_path}"' if sub_path else "the repository"
        fail(f'{ARGUMENT}.subPath: there is no Python file in {place} at "{ref}".')
    return f"{count} Python files"


with tempfile.TemporaryDirectory() as home:
    variables = environment(home)
    bare = pathlib.Path(home, "repository")
    bare.mkdir()
    refs = advertised(bare)
    commit = fetch(bare, wanted(refs), refs)
    print(f"{repository} at {ref}, commit {commit}: {check_files(bare, commit)}")
