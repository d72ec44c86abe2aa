"""Installs Python packages beside the shared DAGs, for all pods at once.

What the image holds counts as installed, and in its version: Airflow itself cannot be changed. The packages appear in one
step under their final name; the set before stays, for pods that still use it, and so does what was in use in the last day;
older ones go.

Exit code 65: nothing that another try could mend.
"""

import compileall
import importlib.metadata
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse

NO_RETRY = 65
DAY = 86400
requirements, directory = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
index = sys.argv[3] if len(sys.argv) > 3 else None
unfinished = directory.with_name(f"{directory.name}.unfinished")

# What pip says when the index or the network is at fault, and not the file.
temporary = re.compile(
    r"Temporary failure in name resolution|Name or service not known|Connection refused|Connection reset|timed out|"
    r"Network is unreachable|No route to host|Max retries exceeded|HTTP error 5\d\d|502 |503 |504 "
)


def fail(message, code=NO_RETRY):
    print(f"\nPACKAGES REFUSED\n{message}", file=sys.stderr, flush=True)
    sys.exit(code)


def constraints():
    """The versions that the image holds."""
    found = {(dist.metadata["Name"], dist.version) for dist in importlib.metadata.distributions() if dist.metadata["Name"]}
    return "".join(f"{name}=={version}\n" for name, version in sorted(found))


def install():
    with tempfile.TemporaryDirectory() as scratch:
        held = pathlib.Path(scratch, "constraints.txt")
        held.write_text(constraints())
        command = [
            *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-input", "--no-cache-dir"),
            *("--no-compile", "--progress-bar=off", "--no-warn-script-location", "--timeout=15", "--retries=2"),
            *("--prefix", str(unfinished), "--constraint", str(held), "--requirement", str(requirements)),
        ]
        if index is not None:
            command += ["--index-url", index]
            if index.startswith("http:"):
                command += ["--trusted-host", urllib.parse.urlsplit(index).hostname]
        lines = []
        with subprocess.Popen(
            command, text=True, errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, "PIP_USER": "false"},
        ) as pip:
            for line in pip.stdout:
                print(line, end="", flush=True)
                lines.append(line.rstrip())
        if pip.returncode != 0:
            # Its first error and what it explains; advice comes last.
            begin = next((number for number, line in enumerate(lines) if line.startswith("ERROR")), max(0, len(lines) - 8))
            said = [line for line in lines[begin:] if line.strip()][:8]
            unreachable = temporary.search("\n".join(lines))
            what = "pythonPackages.indexUrl" if index is not None else "the package index"
            cause = f" {what} cannot be reached." if unreachable else ""
            fail(
                f"pythonPackages.requirements: the packages cannot be installed.{cause} pip says:\n"
                + "\n".join(said)
                + "\nWhat the Airflow image holds stays in its version; for another one, build an image of your own."
            )


def finish():
    """Bytecode, since nobody can write it later; one path for every Python; one step to the final name."""
    found = sorted(unfinished.glob("lib/python*/site-packages"))
    packages = found[0] if found else unfinished / "lib" / "site-packages"
    packages.mkdir(parents=True, exist_ok=True)
    compileall.compile_dir(packages, quiet=2, stripdir=str(unfinished), prependdir=str(directory))
    (unfinished / "site-packages").symlink_to(packages.relative_to(unfinished))
    unfinished.rename(directory)


def remove_older():
    """A set is as old as its last use: this one or the one after it was installed."""
    os.utime(directory)
    others = [entry for entry in directory.parent.iterdir() if entry.is_dir() and entry != directory]
    used = {entry: entry.stat().st_mtime for entry in others if entry.suffix == ""}
    before = max(used, key=used.get, default=None)
    if before is not None:
        os.utime(before)
    for entry in others:
        if entry == before or time.time() - used.get(entry, 0) < DAY:
            continue
        # A file that a task has open on NFS cannot be removed before that task ends. The next installation tries again.
        shutil.rmtree(entry, ignore_errors=True)
        if entry.exists():
            print(f"{entry} is in use in part; the next installation removes it")


if directory.exists():
    print(f"{directory.name} is installed already")
else:
    directory.parent.mkdir(exist_ok=True)
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    install()
    finish()
remove_older()
installed = sorted(path.name.removesuffix(".dist-info") for path in directory.glob("site-packages/*.dist-info"))
print(f"{len(installed)} packages in {directory}: {', '.join(installed)}")
