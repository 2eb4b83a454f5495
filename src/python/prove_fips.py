"""The FIPS module: that it is the one that was asked and the only one, that it tests itself, and what lies outside of it.

Asked of FIPS builds only (setting `$fips`): elsewhere there is nothing to find.
"""

import json
import os
import re
import sys

from prove_common import Finding, PREFIX, brought, not_checked, place, run_python
from prove_elf import Elf
from prove_identity import object_path
import prove_hash
import prove_tamper

# Filled in by prove_child.py from the expectations: `$sharedLibraries` are AWS-LC's in the prefix, of link mode shared.
SETTINGS = {}
# What only the code of a FIPS module has in it: AWS-LC's and BoringSSL's integrity test, OpenSSL's provider.
MODULE_TEXTS = [b"FIPS integrity test", b"OpenSSL FIPS Provider"]
MESSAGE = b"message"
# crypto/ube/snapsafe_detect.h of AWS-LC.
SNAPSHOT_COUNTER = "/dev/sysgenid"
# Shared objects, with a version behind the ending or without, archives and object files.
COMPILED = re.compile(r"\.(so(\.\d+)*|a|o)$", re.ASCII)

NOT_CHECKED = [
    "A proof is no validation. Whether a certificate speaks for this build is judged by its conditions, of which a proof "
    "sees few: the operating environment, the processor and the build are those of the machine, not of a laboratory.",
    "How much entropy the module's source yields on this machine is not measured.",
    "Whether an application calls approved services only, with keys and parameters that its policy allows, is its own "
    "affair: AWS-LC refuses nothing in FIPS mode. The module awslc_fips counts approved services around a call.",
    "The operator's duties under the security policy (who may use the machine, no debugger or tracer on the process, "
    "keys that are erased by whoever held them, Python's own copies of them included) are outside of any proof.",
    "Side channels are not looked at, nor whether the code that was chosen for this processor is what was tested.",
    "The integrity test goes over the module's code and constants. AWS-LC's code around it, CPython's, and what the "
    "module writes to memory are not under its hash.",
]


def mapped_modules():
    """Files in this process that hold a FIPS module, by path, to how often each is mapped from its beginning; and files
    that cannot be read, which may hold one, to why.
    """
    counts = {}
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        for line in maps:
            fields = line.rstrip("\n").split(None, 5)
            if len(fields) == 6 and fields[5].startswith("/"):
                counts[fields[5]] = counts.get(fields[5], 0) + (int(fields[2], 16) == 0)
    found = {}
    for path, count in counts.items():
        if path in brought:
            continue
        try:
            if holds_module(path):
                found[path] = count
        except OSError as failed:
            found[path] = "cannot be read: %s" % failed.strerror
    return found


def holds_module(path):
    with open(path, "rb") as file:
        data = file.read()
    return any(text in data for text in MODULE_TEXTS)


def module_file():
    """The file that holds this process's one FIPS module."""
    import _awslc_fips  # noqa: F401

    files = sorted(mapped_modules())
    if len(files) != 1:
        raise prove_tamper.NoModule("%d files in this process hold a FIPS module or cannot be read" % len(files))
    return files[0]


def find_version():
    import awslc_fips

    return awslc_fips.library_version()


def find_one_module():
    import awslc_fips  # noqa: F401
    import hashlib  # noqa: F401
    import hmac  # noqa: F401
    import secrets  # noqa: F401
    import ssl  # noqa: F401
    import uuid  # noqa: F401

    return {place(path): count for path, count in sorted(mapped_modules().items())}


def moves(call):
    """Whether the indicator, asked through `_awslc_fips`, counted an approved service while the call ran."""
    import awslc_fips

    with awslc_fips.ApprovedServices() as seen:
        call()
    return seen.count is not None and seen.count > 0


def find_shared_indicator():
    import hashlib
    import hmac
    import ssl

    calls = {
        "hashlib.sha256": lambda: hashlib.sha256(MESSAGE).digest(),
        "hmac.digest": lambda: hmac.digest(b"a key of 32 bytes, as long as md", MESSAGE, "sha256"),
        "ssl.RAND_bytes": lambda: ssl.RAND_bytes(32),
        "nothing": lambda: None,
    }
    return {name: "counted" if moves(call) else "not counted" for name, call in calls.items()}


def find_self_tests():
    import awslc_fips

    return {"integrity test": awslc_fips.integrity_test(), "self-tests": awslc_fips.self_test()}


def find_tampering():
    others = [os.path.join(PREFIX, path) for path in SETTINGS.get("$sharedLibraries", [])]
    return prove_tamper.try_changes(object_path(), module_file(), others)


def find_fork():
    return json.loads(run_python("prove_fork.py", timeout=120))


def find_entropy():
    """What the module says of its entropy source, and which source its code has: each of AWS-LC's has functions of its own."""
    import awslc_fips

    symbols = Elf(module_file()).defined()
    sources = {
        "tree_jitter_get_seed": "CPU jitter, at the root of a tree of generators",
        "RAND_module_entropy_depleted": "passive: RDRAND where the processor has it, else the kernel",
        "rand_state_fips_init": "CPU jitter, for each thread",
    }
    code = next((source for name, source in sources.items() if name in symbols), "unknown")
    if "tree_jitter_get_seed" in symbols and os.path.exists(SNAPSHOT_COUNTER):
        not_checked(
            "This machine has %s: there AWS-LC 4 takes its seeds from the kernel, not from CPU jitter, and "
            "FIPS_is_entropy_cpu_jitter() says 1 all the same." % SNAPSHOT_COUNTER
        )
    return {"CPU jitter, says the module": awslc_fips.entropy_is_cpu_jitter(), "code": code}


def find_outside_hashes():
    import hashlib

    found = {}
    for name in prove_hash.available():
        try:
            provider = type(hashlib.new(name, b"")).__module__
        except ValueError:
            continue
        if provider != "_hashlib":
            found[name] = "outside the module: %s" % provider
    return found


def describe_hmac(make):
    """Who computes an HMAC: the module, hmac.py in Python over hash objects, or nobody."""
    try:
        computed = make()
        computed.digest()
    except (TypeError, ValueError):
        return "refused"
    server = getattr(computed, "_hmac", None)
    if server is not None:
        inside = type(server).__module__ == "_hashlib"
        return "the module" if inside else "outside the module: %s" % type(server).__module__
    return "outside the module: hmac.py, in Python, over %s" % type(computed._inner).__module__


def find_outside_hmacs():
    """Every HMAC that is not the module's, by the name of its hash; and one whose hash is a function of the caller's own."""
    import hashlib
    import hmac

    if sys.version_info < (3, 10):
        not_checked(
            "An object from hmac.new is CPython's own code over two digests of the module in this series: what the "
            "service indicator counts around it are those digests, and a count above 0 is no approved HMAC. Only "
            "hmac.digest may be the module's (hmac-digest-providers)."
        )
    found = {name: describe_hmac(lambda: hmac.new(b"key", MESSAGE, name)) for name in prove_hash.available()}
    found["a function of one's own that gives sha256"] = describe_hmac(
        lambda: hmac.new(b"key", MESSAGE, lambda data=b"": hashlib.sha256(data))
    )
    return {name: answer for name, answer in found.items() if answer != "the module"}


def find_randomness():
    """Which sources of randomness draw on the module's generator: its indicator counts each such draw."""
    import random
    import secrets
    import ssl
    import uuid

    calls = {
        "os.urandom": lambda: os.urandom(32),
        "random.SystemRandom": lambda: random.SystemRandom().random(),
        "random.random": random.random,
        "secrets.token_bytes": lambda: secrets.token_bytes(32),
        "ssl.RAND_bytes": lambda: ssl.RAND_bytes(32),
        "uuid.uuid1": uuid.uuid1,
        "uuid.uuid4": uuid.uuid4,
    }
    return {name: "the module" if moves(call) else "outside the module" for name, call in calls.items()}


def find_packages():
    """Compiled files of the packages that came with this Python (pip): none of them can bring a crypto library."""
    directory = os.path.join(PREFIX, "lib", "python%d.%d" % sys.version_info[:2], "site-packages")
    found = []
    for parent, _, names in os.walk(directory):
        found.extend(place(os.path.join(parent, name)) for name in names if COMPILED.search(name))
    return sorted(found)


def find_crypt():
    """CPython up to 3.12 hands passwords to the C library's crypt()."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            import crypt
        except ImportError:
            return "absent"
    return "outside the module: the C library's %s" % ", ".join(sorted(method.name for method in crypt.methods))


FINDINGS = [
    Finding(
        "fips-version",
        "The FIPS module says that it is the version that was asked",
        "awslc_fips.library_version()",
        find_version,
    ),
    Finding(
        "fips-one-module",
        "Exactly one FIPS module is in the process, once",
        "files in /proc/self/maps with the text of a FIPS module's self-test in their bytes, and how often each is mapped "
        "from its beginning, after importing ssl, hashlib, hmac, awslc_fips, secrets and uuid; a file that cannot be read counts "
        "as one that may hold a module",
        find_one_module,
    ),
    Finding(
        "fips-indicator-shared",
        "ssl and hashlib use that one module: its service indicator counts what either does",
        "awslc_fips.ApprovedServices around one call each",
        find_shared_indicator,
    ),
    Finding(
        "fips-self-tests",
        "The integrity test and the self-tests pass on demand",
        "awslc_fips.integrity_test() and awslc_fips.self_test()",
        find_self_tests,
    ),
    Finding(
        "fips-tampering",
        "A module in which one bit was changed ends the process that loads it",
        "copies of the file, each with one bit flipped in code, constants or the stored hash, loaded in a child without "
        "core dumps; and a copy as it is",
        find_tampering,
    ),
    Finding(
        "fips-fork",
        "No two processes draw the same random bytes after os.fork",
        "ssl.RAND_bytes before and after each os.fork, in children of the main thread, of another thread and of children; "
        "the module's tests in every child of the two threads. Copies of a running virtual machine, and processes that "
        "are made by clone() past the C library, are not tried",
        find_fork,
    ),
    Finding(
        "fips-entropy",
        "The module's entropy source is the one that this version has when nothing else is asked",
        "FIPS_is_entropy_cpu_jitter(), and the functions of each source among the symbols of the module's file",
        find_entropy,
    ),
    Finding(
        "fips-outside-hashes",
        "Hashes outside the module are those that it lacks, and no other",
        "module of the object from hashlib.new(name), for every available and guaranteed name",
        find_outside_hashes,
    ),
    Finding(
        "fips-randomness",
        "ssl.RAND_bytes is the module's; os.urandom, secrets, random and uuid are outside of it",
        "awslc_fips.ApprovedServices around a call of each",
        find_randomness,
    ),
    Finding(
        "fips-packages",
        "Nothing compiled came with pip",
        "files below site-packages that are shared objects, archives or object files",
        find_packages,
    ),
    Finding(
        "fips-outside-hmacs",
        "HMACs that are not the module's are those that this CPython computes itself or refuses, and no other",
        "class of the object inside hmac.new, for every available and guaranteed name; what the module serves is left out",
        find_outside_hmacs,
    ),
    Finding("fips-crypt", "Password hashes of the C library", "import of crypt", find_crypt),
]
