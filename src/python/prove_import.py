"""Imports the modules named on the command line: `python -I -B prove_import.py NAME...`.

One JSON line before each, one more for what fails, and at the end which crypto libraries are in the process.
"""

import importlib
import json
import os
import sys
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import prove_identity


def main():
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    # Deprecated modules say so when they are imported; that is not a fault of the build.
    warnings.simplefilter("ignore")
    for name in sys.argv[1:]:
        results.write(json.dumps({"begin": name}) + "\n")
        results.flush()
        try:
            importlib.import_module(name)
        except Exception as exception:
            results.write(json.dumps({"name": name, "error": "%s: %s" % (type(exception).__name__, exception)}) + "\n")
    results.write(json.dumps({"crypto": prove_identity.mapped_crypto()}) + "\n")
    results.flush()
    # Some test modules do not like to be torn down; what is asked here is whether they import.
    os._exit(0)


main()
