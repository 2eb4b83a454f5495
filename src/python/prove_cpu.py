"""What AWS-LC found out about this CPU, and which machine-specific code lies in the files that its code lies in.

From these two, and from AWS-LC's rules (recipes/knowledge/cpu-paths.json), follows which implementation each primitive
takes; cpython-awslc derives it, so that the proof holds nothing but what was found here.
"""

import os

from prove_common import Finding, place
from prove_elf import Elf
import prove_identity

# `$cpu`: `variable` is the name of AWS-LC's words, `words` how many there are, `symbols` names to look for.
SETTINGS = {}


def crypto_files():
    prove_identity.SETTINGS = SETTINGS
    return prove_identity.crypto_files()


def load_address(path):
    """Where the file's first byte is mapped to in this process."""
    real = os.path.realpath(path)
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        for line in maps:
            fields = line.rstrip("\n").split(None, 5)
            if len(fields) == 6 and fields[5] == real and int(fields[2], 16) == 0:
                return int(fields[0].split("-")[0], 16)
    raise LookupError("%s is not in this process" % place(path))


def read_variable(path, variable, count):
    """The variable as it is in this process, found by its name in the file's own table of symbols; None without the name."""
    import ctypes

    address = Elf(path).addresses().get(variable)
    if address is None:
        return None
    return list((ctypes.c_uint32 * count).from_address(load_address(path) + address))


def read_words():
    """AWS-LC's words, and who told."""
    import _awslc_fips

    told = _awslc_fips.cpu_words()
    if told is not None:
        return list(told), "told by the object"
    for path in crypto_files():
        words = read_variable(path, SETTINGS["$cpu"]["variable"], SETTINGS["$cpu"]["words"])
        if words is not None:
            return words, "read in %s" % os.path.basename(path)
    return None, "neither told by the object nor named in a table of symbols"


def as_text(words):
    return ["0x%08x" % word for word in words]


def find_words():
    words, _ = read_words()
    return None if words is None else as_text(words)


def find_source():
    return read_words()[1]


def find_symbols():
    present = set()
    for path in crypto_files():
        present.update(Elf(path).names())
    return [name for name in SETTINGS["$cpu"]["symbols"] if name in present]


FINDINGS = [
    Finding(
        "cpu-words-source",
        "AWS-LC's words about the CPU can be read",
        "a function of the object returns the variable; in a shared library it is found by its name in the table of symbols",
        find_source,
    ),
    Finding("cpu-words", "AWS-LC's words about this CPU", "the same variable, in this process", find_words),
    Finding(
        "cpu-symbols",
        "Machine-specific code in the files of AWS-LC's code",
        "names that AWS-LC's rules choose among, looked up in the whole table of symbols",
        find_symbols,
    ),
]
