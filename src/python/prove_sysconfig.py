"""What the installed configuration says about places: nothing of the machine and directory that built it."""

import glob
import os
import re
import sysconfig

from prove_common import Finding, INTERPRETER, PREFIX, place, program

# An absolute path of two parts or more that does not continue a variable, a relative path or a URL.
ABSOLUTE_PATH = re.compile(r"(?<![\w.$)}\]/%*@:~+\\-])/[\w.+@-]+(?:/[\w.+@-]+)+", re.ASCII)
# Directories of the system and macOS's constants in CPython's own files; /nonexistent is no place at all.
SYSTEM = ["usr", "bin", "sbin", "lib", "lib64", "etc", "dev", "proc", "Library", "Applications", "nonexistent"]


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


def emulator_script():
    """The script that stands in the interpreter's place while another machine's runs in an emulator; else nothing."""
    script = os.path.realpath(INTERPRETER)
    return script if script != os.path.realpath(program()) else None


def recorded_prefix():
    """The prefix that was configured; sysconfig itself answers with the one that runs."""
    with open(sysconfig.get_makefile_filename(), encoding="utf-8") as file:
        return re.search(r"^prefix=\s*(\S+)$", file.read(), re.MULTILINE).group(1)


def find_paths():
    prefix = recorded_prefix()
    foreign = {}
    for path in configuration_files():
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        for match in ABSOLUTE_PATH.findall(text):
            if match.split("/")[1] not in SYSTEM and not (match + "/").startswith(prefix + "/"):
                foreign.setdefault(place(path), set()).add(match)
    return {"prefix": prefix, "foreign": {path: sorted(matches) for path, matches in sorted(foreign.items())}}


FINDINGS = [
    Finding(
        "sysconfig-paths",
        "The installed configuration and scripts name no directory of the build",
        "absolute paths in Makefile, sysconfig data, build-details.json, pkg-config files and the scripts in bin",
        find_paths,
    ),
]
