"""CPython's own extension modules: what was built imports, and what was left out says why."""

import json
import os
import sys
import sysconfig

from prove_common import ChildFailed, EXT_SUFFIX, Finding, PREFIX, not_checked, run_python, scrub

# Filled in by prove_child.py from the expectations: `$moduleLibraries` maps a module to the library that it needs,
# `$removedModules` one that was built and then taken out to the reason.
SETTINGS = {}
STATES = {
    "missing": "left out: configure did not find what it needs",
    "disabled": "left out: switched off",
    "n/a": "not for this platform",
}
_after_imports = []


def module_states():
    """Module name to state, from what configure decided; empty for 3.10 and older, whose setup.py decided while it ran."""
    states = {}
    for variable, value in sysconfig.get_config_vars().items():
        if variable.startswith("MODULE_") and variable.endswith("_STATE"):
            states[variable[len("MODULE_") : -len("_STATE")].lower()] = value
    return states


def installed_modules():
    directory = os.path.join(PREFIX, "lib", "python%d.%d" % sys.version_info[:2], "lib-dynload")
    return [name[: -len(EXT_SUFFIX)] for name in sorted(os.listdir(directory)) if name.endswith(EXT_SUFFIX)]


def import_all(names):
    """Imports in one child; a module that kills it is named, and the rest goes on in another."""
    failed, remaining = {}, list(names)
    while remaining:
        current, death = None, None
        try:
            output = run_python("prove_import.py", remaining, timeout=60)
        except ChildFailed as failure:
            output, death = failure.output, str(failure)
        for line in output.splitlines():
            record = json.loads(line)
            if "begin" in record:
                current = record["begin"]
            elif "error" in record:
                failed[record["name"]] = scrub(record["error"])
            else:
                _after_imports[:] = record["crypto"]
        if death is None:
            break
        if current is None:
            raise ChildFailed(death)
        failed[current] = death
        remaining = remaining[remaining.index(current) + 1 :]
    return failed


def find_imports():
    states = module_states()
    built = [name for name, state in states.items() if state == "yes"]
    built += (sysconfig.get_config_var("MODBUILT_NAMES") or "").split()
    built = [name for name in built if name not in SETTINGS.get("$removedModules", {})] + installed_modules()
    failed = import_all(sorted(set(built)))
    for name, state in states.items():
        if state != "yes" and state not in STATES:
            failed[name] = "neither built nor left out for a reason: state %r" % state
    if not states:
        not_checked("Which extension modules were left out: CPython before 3.11 keeps no list of them.")
    return dict(sorted(failed.items()))


def find_left_out():
    libraries = SETTINGS.get("$moduleLibraries", {})
    found = {}
    for name, state in sorted(module_states().items()):
        if state in STATES:
            needs = libraries.get(name)
            found[name] = STATES[state] + (" (%s)" % needs if state == "missing" and needs else "")
    for name, reason in SETTINGS.get("$removedModules", {}).items():
        found[name] = "taken out: " + reason
    return dict(sorted(found.items()))


def find_crypto_after_imports():
    return list(_after_imports)


FINDINGS = [
    Finding(
        "extension-modules",
        "Every extension module that was built imports, and none is absent without a reason",
        "import of every module that configure's MODULE_*_STATE calls built, that is compiled in, or that is installed",
        find_imports,
    ),
    Finding("extension-modules-left-out", "Extension modules that were left out", "MODULE_*_STATE", find_left_out),
    Finding(
        "crypto-after-imports",
        "Crypto libraries in a process that imported every extension module",
        "every file in /proc/self/maps, by name and by version text",
        find_crypto_after_imports,
    ),
]
