"""What the installed configuration says about places and machines: nothing of the machine and directory that built it."""

import glob
import os
import re
import sysconfig

from prove_common import Finding, PREFIX, emulator_script, place

# An absolute path of two parts or more that does not continue a variable, a relative path or a URL.
ABSOLUTE_PATH = re.compile(r"(?<![\w.$)}\]/%*@:~+\\-])/[\w.+@-]+(?:/[\w.+@-]+)+", re.ASCII)
# Directories of the system and macOS's constants in CPython's own files; /nonexistent is no place at all.
SYSTEM = ["usr", "bin", "sbin", "lib", "lib64", "etc", "dev", "proc", "Library", "Applications", "nonexistent"]

# A machine's GNU name, as --build=, BUILD_GNU_TYPE or the suffix of an extension has it.
MACHINE = re.compile(r"(?<![A-Za-z0-9_])(x86_64|aarch64|armv7l|i[3-6]86|powerpc64le|riscv64|s390x)-(?:\w+-)?linux-(?:gnu|musl)")


def configuration_files():
    library = os.path.join(PREFIX, "lib")
    names = [
        sysconfig.get_makefile_filename(),
        os.path.join(library, "python*", "_sysconfig*.py"),
        os.path.join(library, "python*", "_sysconfig*.json"),
        os.path.join(library, "python*", "build-details.json"),
        os.path.join(library, "python*", "config-*", "python-config.py"),
        os.path.join(library, "pkgconfig", "*.pc"),
    ]
    return sorted({os.path.realpath(path) for name in names for path in glob.glob(name)} | set(scripts()))


def scripts():
    """Programs in bin that are text: their first line names the interpreter."""
    for path in glob.glob(os.path.join(PREFIX, "bin", "*")):
        with open(path, "rb") as file:
            # What starts an emulator is no part of what was built.
            if file.read(2) == b"#!" and os.path.realpath(path) != emulator_script():
                yield os.path.realpath(path)


def recorded_prefix():
    """The prefix that was configured; sysconfig itself answers with the one that runs."""
    with open(sysconfig.get_makefile_filename(), encoding="utf-8") as file:
        return re.search(r"^prefix=\s*(\S+)$", file.read(), re.MULTILINE).group(1)


def foreign_names(text, prefix, machine):
    """Directories outside of the system and the prefix, and machines of another architecture, that a text names."""
    paths = {
        path
        for path in ABSOLUTE_PATH.findall(text)
        if path.split("/")[1] not in SYSTEM and not (path + "/").startswith(prefix + "/")
    }
    machines = {match.group() for match in MACHINE.finditer(text) if match.group(1) != machine}
    return sorted(paths | machines)


def find_paths():
    prefix = recorded_prefix()
    foreign = {}
    for path in configuration_files():
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        names = foreign_names(text, prefix, os.uname().machine)
        if names:
            foreign[place(path)] = names
    return {"prefix": prefix, "foreign": dict(sorted(foreign.items()))}


FINDINGS = [
    Finding(
        "sysconfig-paths",
        "The installed configuration and scripts name no directory of the build, and no other machine",
        "absolute paths and GNU names in Makefile, sysconfig data, build-details.json, pkg-config files, and the scripts in bin",
        find_paths,
    ),
]
