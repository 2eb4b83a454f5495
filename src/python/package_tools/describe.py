"""Tells whose crypto each package runs on: `describe.py --out FILE` for all, `describe.py --one MODULE` for one, here.

Runs in the virtual environment of the package checks; `packages.json` beside it says what is in it.
"""

import importlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import prove_identity
from package_tools.settings import read_settings

# A package that does not come to an end is told as one that cannot be imported; in seconds.
PATIENCE = 120


def describe_one(module):
    """What an import brings: into a process that has nothing but the interpreter."""
    before = set(prove_identity.mapped_files())
    importlib.import_module(module)
    # Some packages load their library when it is used first.
    fresh = sorted(set(prove_identity.mapped_files()) - before)
    own = os.path.realpath(sys.prefix) + os.sep
    found = {os.path.basename(path): prove_identity.crypto_texts(path) for path in fresh if path.startswith(own)}
    return {
        "usesSsl": "ssl" in sys.modules or "hashlib" in sys.modules,
        "brings": {name: texts for name, texts in found.items() if texts},
    }


def ask(module):
    """The same of a fresh process of this interpreter."""
    done = subprocess.run(
        [sys.executable, "-I", os.path.abspath(__file__), "--one", module],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=PATIENCE,
    )
    if done.returncode != 0:
        complaint = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise OSError(complaint[-1] if complaint else "ended with exit code %d" % done.returncode)
    return json.loads(done.stdout)


def describe_package(package, version):
    found = {"name": package["name"], "version": version, "crypto": package["crypto"], "usesSsl": False, "brings": {}}
    try:
        found.update(ask(package["module"]))
    except (OSError, subprocess.SubprocessError, ValueError) as problem:
        found["error"] = "%s: %s" % (type(problem).__name__, problem)
    return found


def main():
    option, value = sys.argv[1:3]
    if option == "--one":
        print(json.dumps(describe_one(value)))
        return
    import ssl

    import pip

    settings = read_settings()
    versions = {wheel["name"]: wheel["version"] for wheel in settings["wheels"]}
    facts = {
        "pip": pip.__version__,
        "library": ssl.OPENSSL_VERSION,
        "packages": [
            describe_package(package, versions[package["name"]])
            for package in settings["packages"]
            if package["name"] in versions
        ],
        "wheels": [{name: wheel[name] for name in ("name", "version", "sha256")} for wheel in settings["wheels"]],
    }
    with open(value, "w", encoding="ascii") as file:
        json.dump(facts, file)


if __name__ == "__main__":
    main()
