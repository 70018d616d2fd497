"""Build .venv from requirements.lock and install the project into it, once: with uv where present, else with pip.

Runs on any Python; only the standard library. A second run does nothing until the lock or pyproject.toml changes.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / ".built-from"
INPUTS = ("requirements.lock", "pyproject.toml")


def main():
    """Make sure that .venv is the one that the lock describes; exit with a message where that cannot be."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whichever Python is on PATH runs this file
        found = f"{sys.version.split()[0]} at {sys.executable}"
        sys.exit(f"shopscore: expected Python 3.11 or later, found {found}; install one, then run this file with it")
    digest = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in INPUTS)).hexdigest()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text(encoding="ascii") == digest:
        return
    said = "Building .venv from requirements.lock (once; a minute with uv, up to five with pip)"
    print(said, file=sys.stderr, flush=True)
    for command in with_uv() if shutil.which("uv") else with_pip():
        run(command)
    STAMP.write_text(digest, encoding="ascii")


def with_uv():
    """The commands that build .venv with uv."""
    if not PYTHON.exists():
        yield ["uv", "venv", "--quiet", "--python", sys.executable, str(VENV)]
    uv = ["uv", "pip"]
    target = ["--quiet", "--python", str(PYTHON)]
    # Byte-compiled here, so that the first notebook neither waits for it nor shows warnings of old packages.
    yield [*uv, "sync", *target, "--require-hashes", "--compile-bytecode", "requirements.lock"]
    yield [*uv, "install", *target, "--no-deps", "--no-build-isolation", "--editable", "."]


def with_pip():
    """The commands that build .venv with what Python brings."""
    yield [sys.executable, "-m", "venv", str(VENV)]
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    yield [*pip, "--require-hashes", "--requirement", "requirements.lock"]
    yield [*pip, "--no-deps", "--no-build-isolation", "--editable", "."]


def run(command):
    """Run one command in the project's folder; exit with its code and say what to do where it fails."""
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code:
        sys.exit(
            f"shopscore: failed with exit code {code}: {' '.join(command)}\n"
            "It needs the network and a package index; mend what the lines above say, then run this again."
        )


if __name__ == "__main__":
    main()
