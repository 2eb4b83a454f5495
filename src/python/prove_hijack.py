"""The hijack probe: with this machine's other crypto libraries in front, it must still be AWS-LC that answers."""

import glob
import json
import os
import re
import sys

from prove_common import ChildFailed, Finding, make_directory, not_checked, program, run_python
from prove_elf import Elf, NotElf

DIRECTORIES = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64", "/lib/*-linux-*", "/usr/lib/*-linux-*"]


def rivals():
    """This machine's libcrypto and libssl for this processor, one per soname, each libcrypto before its libssl."""
    own = Elf(program()).machine
    found = {}
    for directory in DIRECTORIES:
        for path in sorted(glob.glob(os.path.join(directory, "lib*.so.*"))):
            if not re.match(r"lib(crypto|ssl)\.so\.", os.path.basename(path)):
                continue
            try:
                elf = Elf(os.path.realpath(path))
            except (NotElf, OSError):
                continue
            if elf.machine == own and elf.soname:
                found.setdefault(elf.soname, os.path.realpath(path))
    order = sorted(found, key=lambda soname: (soname.split(".so")[1], soname))
    return [(soname, found[soname]) for soname in order]


def ask(libraries=(), preload=()):
    paths = list(libraries) + list(preload)
    extra = {"LD_PRELOAD": ":".join(preload)} if preload else None
    return json.loads(run_python("prove_rival.py", [":".join(paths)] + list(libraries), timeout=60, extra=extra))


def ask_or_refused(**how):
    """The answers, or that the FIPS module noticed the rivals and ended the process, as a shared one must."""
    try:
        return ask(**how)
    except ChildFailed as failed:
        # The rest of the message is addresses.
        noticed = re.search(r"ended by SIGABRT: (FIPS module doesn't span expected symbol)", str(failed))
        if noticed is None:
            raise
        return "the process ends: " + noticed.group(1)


def find_in_search_path():
    """A rival under the names of AWS-LC's own shared libraries, where LD_LIBRARY_PATH leads."""
    found = [path for soname, path in rivals() if soname.startswith("libcrypto")]
    if not found:
        return ask()
    directory = make_directory("rival-")
    for name in ("libcrypto.so", "libssl.so"):
        os.symlink(found[0], os.path.join(directory, name))
    return json.loads(run_python("prove_rival.py", [""], timeout=60, extra={"LD_LIBRARY_PATH": directory}))


def find_rivals():
    found = [soname for soname, _ in rivals()]
    if not found:
        not_checked(
            "What another libcrypto in the process would do: this machine has none, so the hijack probe had nothing to "
            "put in front. The claims on exported and undefined symbols hold without it."
        )
    return found


def find_preloaded():
    return ask_or_refused(preload=[path for _, path in rivals()])


def find_loaded_first():
    try:
        import ctypes  # noqa: F401
    except ImportError:
        not_checked("Another libcrypto loaded with RTLD_GLOBAL before the import: this Python has no ctypes to load it with.")
        return ask()
    return ask_or_refused(libraries=[path for _, path in rivals()])


FINDINGS = [
    Finding(
        "hijack-preload",
        "No other libcrypto and libssl of the machine takes AWS-LC's place by being preloaded",
        "LD_PRELOAD in a child (fact hijack-rivals lists the libraries): version, digest, HMAC, providers, a handshake",
        find_preloaded,
    ),
    Finding(
        "hijack-global",
        "None takes its place by being loaded for everyone before the import",
        "ctypes.CDLL with RTLD_GLOBAL in a child before importing ssl: the same questions",
        find_loaded_first,
    ),
    Finding(
        "hijack-search-path",
        "None takes its place by bearing its libraries' names first on LD_LIBRARY_PATH",
        "LD_LIBRARY_PATH in a child, with this machine's libcrypto as libcrypto.so and libssl.so: the same questions",
        find_in_search_path,
    ),
    Finding(
        "hijack-rivals",
        "Other crypto libraries of this machine that were put in front",
        "libcrypto and libssl of this processor in the system's library directories",
        find_rivals,
    ),
]
