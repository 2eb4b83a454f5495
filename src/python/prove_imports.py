"""Packages that are imported before anything else: what crypto they bring into the process.

`prove_imports.py NAME...` imports them and nothing more: whether they can be imported here.
"""

import importlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import prove_common

# Filled in by prove_child.py: `$imports` are the names, as `import` takes them.
SETTINGS = {}


def import_first(names):
    """Imports packages, and remembers the files that came with them: all but this Python's own."""
    import prove_identity

    before = set(prove_identity.mapped_files())
    for name in names:
        importlib.import_module(name)
    for path in set(prove_identity.mapped_files()) - before:
        below = os.path.realpath(path).startswith(prove_common.PREFIX + os.sep)
        if not below or "site-packages" in path.split(os.sep):
            prove_common.brought.add(path)


def find_imports():
    import prove_identity

    texts = {os.path.basename(path): prove_identity.crypto_texts(path) for path in sorted(prove_common.brought)}
    return {
        "packages": list(SETTINGS["$imports"]),
        "their crypto": {name: found for name, found in texts.items() if found},
    }


FINDINGS = [
    prove_common.Finding(
        "imports",
        "Packages that were imported before anything else, and the crypto libraries that came with them",
        "version texts of crypto libraries in the files that came into the process with the packages",
        find_imports,
    ),
]

if __name__ == "__main__":
    for package in sys.argv[1:]:
        importlib.import_module(package)
