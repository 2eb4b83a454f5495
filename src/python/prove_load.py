"""Loads one copy of the object, and nothing else of it: `python -I -B prove_load.py FILE`.

FILE is loaded as `_awslc_fips` by the interpreter's own loader. One word goes to the standard output: `loads`. A module
whose integrity test fails never gets so far.
"""

import importlib.machinery
import importlib.util
import resource
import sys


def refuse_core_dumps():
    """A limit of 1 byte also keeps a program that takes core dumps through a pipe from getting one; 0 would not (core(5))."""
    for limit in (1, 0):
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (limit, limit))
            return
        except (ValueError, OSError):
            # The hard limit is 0 already.
            continue


def main():
    refuse_core_dumps()
    loader = importlib.machinery.ExtensionFileLoader("_awslc_fips", sys.argv[1])
    module = importlib.util.module_from_spec(importlib.util.spec_from_file_location("_awslc_fips", sys.argv[1], loader=loader))
    loader.exec_module(module)
    print("loads" if module.mode() and module.integrity_test() else "loads, without FIPS mode or integrity")


main()
