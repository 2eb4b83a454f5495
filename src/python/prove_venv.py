"""pip runs, and a virtual environment made from this Python has the same ssl."""

import os
import re
import shutil
import sys

from prove_common import Finding, make_directory, place, run

_pip = []


def pip_facts(python):
    """Version and directory of the pip that an interpreter runs."""
    output = run([python, "-m", "pip", "--version"], timeout=60)
    return re.match(r"pip (\S+) from (.*) \(python", output).groups()


def find_pip():
    version, directory = pip_facts(sys.executable)
    _pip.append(version)
    return place(directory)


def find_pip_version():
    return _pip[0] if _pip else "pip does not run"


def fast_directory():
    """In memory where there is room, since pip is a thousand small files; else where temporary files go."""
    try:
        space = os.statvfs("/dev/shm")
        roomy = space.f_bavail * space.f_frsize >= 256 * 1024 * 1024
    except OSError:
        return None
    return "/dev/shm" if roomy and os.access("/dev/shm", os.W_OK | os.X_OK) else None


def find_venv():
    directory = make_directory("prove-venv-", fast_directory())
    try:
        run([sys.executable, "-m", "venv", directory], timeout=240)
        python = os.path.join(directory, "bin", "python")
        _, pip_directory = pip_facts(python)
        program = "import _ssl, ssl, sys; print(_ssl.__file__, ssl.OPENSSL_VERSION, sys.prefix, sep='\\n')"
        module, version, prefix = run([python, "-I", "-c", program], timeout=60).splitlines()
        inside = os.path.realpath(pip_directory).startswith(os.path.realpath(directory) + os.sep)
        return {
            "own prefix": os.path.realpath(prefix) == os.path.realpath(directory),
            "pip": "runs from inside" if inside else "runs from outside",
            "_ssl": place(module),
            "openssl version": version,
        }
    finally:
        shutil.rmtree(directory, ignore_errors=True)


FINDINGS = [
    Finding("pip", "pip runs and is this Python's own", "python -m pip --version", find_pip),
    Finding(
        "venv",
        "A virtual environment works, with a pip of its own and this same ssl",
        "python -m venv in a temporary directory; pip and ssl there",
        find_venv,
    ),
    Finding("pip-version", "pip's version", "python -m pip --version", find_pip_version),
]
