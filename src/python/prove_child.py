"""Runs the findings of one probe and writes one JSON line per finding: `python -I -B prove_child.py PROBE SETTINGS`.

A line is written as soon as its finding is known, so that a crash loses the finding that crashed and no other that
came before it.
"""

import importlib
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import prove_common


def main():
    probe, settings = sys.argv[1], json.loads(sys.argv[2])
    # What is imported here may print; results have a stream of their own.
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if settings.get("$imports"):
        import prove_imports

        prove_imports.import_first(settings["$imports"])
    module = importlib.import_module(probe)
    module.SETTINGS = settings
    for finding in module.FINDINGS:
        results.write(json.dumps({"begin": finding.id}) + "\n")
        results.flush()
        try:
            value = finding.find()
        except Exception as exception:
            value = prove_common.error(prove_common.describe_exception(exception))
        line = {"id": finding.id, "value": value, "notChecked": prove_common.take_not_checked()}
        results.write(json.dumps(line) + "\n")
        results.flush()


main()
