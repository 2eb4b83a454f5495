"""What a FIPS module says when a byte of it was changed: tried on copies, each in a child of its own."""

import os
import re
import shutil
import subprocess
import sys

from prove_common import PATIENCE, PREFIX, TOOL, child_environment, describe_end, make_directory
from prove_elf import Elf

TRIAL_TIMEOUT_SECONDS = 60
# Of the functions and tables that the module's own code asserts to lie inside of it; none is used before the integrity
# test, so that it is this test that must notice, and not a crash.
PLACES = [
    ("code of AES_encrypt", "AES_encrypt"),
    ("code of ECDSA_do_verify", "ECDSA_do_verify"),
    ("code of RSA_sign", "RSA_sign"),
    ("the table kPrimes", "kPrimes"),
    ("the stored hash", "BORINGSSL_bcm_text_hash"),
]


class NoModule(Exception):
    """A file that tells no place of a FIPS module."""


def hashed_ranges(symbols):
    """Parts of a file over which the integrity test goes, as offsets: code, and read-only data where that lies elsewhere."""
    ranges = [
        (symbols["BORINGSSL_bcm_%s_start" % part], symbols["BORINGSSL_bcm_%s_end" % part])
        for part in ("text", "rodata")
        if "BORINGSSL_bcm_%s_start" % part in symbols and "BORINGSSL_bcm_%s_end" % part in symbols
    ]
    if not ranges:
        raise NoModule("no BORINGSSL_bcm_text_start and _end among the symbols: was the file stripped?")
    return ranges


def find_places(path):
    """Each place that is tried to its offset in the file; all but the stored hash must be what the hash goes over."""
    symbols = Elf(path).defined()
    ranges = hashed_ranges(symbols)
    places = {}
    for title, name in PLACES:
        # A compiler may number what is local to a file.
        offsets = [at for symbol, at in symbols.items() if symbol == name or re.match(re.escape(name) + r"\.\d+$", symbol)]
        hashed = [at for at in offsets if any(start <= at < end for start, end in ranges)]
        chosen = offsets if title == "the stored hash" else hashed
        if len(chosen) != 1:
            raise NoModule("%s: %d places of this name in the module" % (name, len(chosen)))
        places[title] = chosen[0]
    return places


def copy_files(files, directory):
    """Copies files of this prefix so that they lie to one another as they do here; gives each one's new path."""
    copies = {}
    for path in files:
        copies[path] = os.path.join(directory, os.path.relpath(path, PREFIX))
        os.makedirs(os.path.dirname(copies[path]), exist_ok=True)
        shutil.copyfile(path, copies[path])
    return copies


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 1]))


def load(path):
    """How a child ends that loads this copy, and the line in which the module says why."""
    done = subprocess.run(
        [sys.executable, "-I", "-B", os.path.join(TOOL, "prove_load.py"), path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=child_environment(),
        timeout=TRIAL_TIMEOUT_SECONDS * PATIENCE,
    )
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "replace").strip()
    return describe_end(done)


def try_changes(object_file, module_file, others=()):
    """Loads a copy of the object as it is, and one per place with one bit changed in the module.

    `module_file` is where the module lies: the object itself, or a shared library of the prefix that it is linked with;
    `others` are further libraries of the prefix that it needs.
    """
    found = {}
    places = find_places(module_file)
    for title, offset in [("nothing", None)] + sorted(places.items()):
        directory = make_directory("tamper-")
        try:
            copies = copy_files(sorted({object_file, module_file, *others}), directory)
            if offset is not None:
                flip(copies[module_file], offset)
            found[title] = load(copies[object_file])
        finally:
            shutil.rmtree(directory, ignore_errors=True)
    return found
