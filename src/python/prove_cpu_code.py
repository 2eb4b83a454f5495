"""Whether the code that AWS-LC has for certain CPUs is in what was linked: an old assembler leaves it out without a word."""

from prove_common import Finding
from prove_elf import Elf
import prove_identity

# Filled in by prove_child.py from the expectations: `$cpuCode` names each piece of code and the functions that show it,
# `$sharedLibraries` is prove_identity's.
SETTINGS = {}


def find_cpu_code():
    prove_identity.SETTINGS.update(SETTINGS)
    defined = set()
    for path in prove_identity.crypto_files():
        defined.update(Elf(path).defined())
    found = {}
    for name, functions in SETTINGS.get("$cpuCode", {}).items():
        missing = [function for function in functions if function not in defined]
        found[name] = "without %s" % ", ".join(missing) if missing else "there"
    return found


FINDINGS = [
    Finding(
        "cpu-code",
        "AWS-LC's code for certain CPUs was not left out",
        "names of its functions in .symtab of the files that AWS-LC lies in: _ssl's, or its shared libraries",
        find_cpu_code,
    ),
]
