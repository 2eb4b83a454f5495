"""Finds out what the Python that runs this is, and compares it with what was asked.

    python3 -I -B prove.py --expectations FILE --out FILE [--cost FILE] [--strict] [--import NAME]...

The expectations are a JSON object from claim id to expected value. A finding with an expectation is a claim; one
without is a fact. Keys that begin with `$` are settings, not claims. The result depends on the build and the kind of
machine only: no time, host name, process id or path of this machine is in it. The exit code is 0 whenever the proof
could be written, whatever it says; with --strict it is 5 when a claim does not hold.

--import NAME imports a package before anything else in the process of every claim that is about a process, so that a
virtual environment of this Python can be asked, by its own interpreter, whether all still holds with packages that bring
a crypto library of their own. What they bring is reported, and not counted as this Python's.
"""

import argparse
import concurrent.futures
import json
import os
import sys
import shutil

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import prove_capabilities
import prove_common
import prove_cpu_code
import prove_cpu
import prove_fips
import prove_hash
import prove_hijack
import prove_identity
import prove_imports
import prove_indicator
import prove_mask
import prove_modules
import prove_pha
import prove_sysconfig
import prove_tls
import prove_tls_policy
import prove_venv

# The order of the report.
PROBES = [
    prove_identity,
    prove_cpu_code,
    prove_hash,
    prove_tls,
    prove_capabilities,
    prove_pha,
    prove_hijack,
    prove_modules,
    prove_venv,
    prove_sysconfig,
    prove_cpu,
]
# About the installed tree, not about a process: asked of the Python itself, without packages.
TREE_PROBES = [prove_modules, prove_venv, prove_sysconfig]
# Asked when the expectations have `$fips` only, after the others in the report.
FIPS_PROBES = [prove_fips, prove_indicator, prove_tls_policy]
# Asked when the expectations have `$cpuMask` only.
MASK_PROBES = [prove_mask]
# The long ones first, so that they do not run alone at the end.
STARTING_ORDER = [
    prove_fips,
    prove_venv,
    prove_modules,
    prove_hash,
    prove_hijack,
    prove_tls,
    prove_capabilities,
    prove_identity,
    prove_pha,
    prove_cpu_code,
    prove_indicator,
    prove_tls_policy,
    prove_imports,
    prove_sysconfig,
    prove_cpu,
    prove_mask,
]
PROBE_TIMEOUT_SECONDS = 300
# Claims that leave out what came with packages which were imported first: their titles say so then.
WITHOUT_IMPORTS = ["one-awslc", "fips-one-module"]

NOT_CHECKED = [
    "Known answers are samples: they show which code answers, not that it is right for every input.",
    "os.urandom, secrets, random and uuid take their randomness from the kernel or from CPython's own generator, not from AWS-LC.",
    "Packages that are installed later may bring a crypto library of their own; nothing here speaks for them.",
    "Which machine-specific code AWS-LC takes is derived from its words about the CPU and its rules, not watched; whether it runs in constant time is not looked at.",
    "The proof holds for the files as they were when it was made, on the kind of machine that made it.",
]


def run_probe(module, settings):
    """Runs one probe in a child and returns its findings by id; what a crash kept from being found says so."""
    found, not_checked = {}, {}
    current, failure = None, None
    interpreter = sys.executable
    if module in TREE_PROBES:
        interpreter = prove_common.INTERPRETER
        settings = {name: value for name, value in settings.items() if name != "$imports"}
    try:
        output = prove_common.run_python(
            "prove_child.py",
            [module.__name__, json.dumps(settings)],
            timeout=PROBE_TIMEOUT_SECONDS,
            interpreter=interpreter,
        )
    except prove_common.ChildFailed as failed:
        output, failure = failed.output, str(failed)
    for line in output.splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            # The last line of a child that was killed while it wrote.
            continue
        if "begin" in record:
            current = record["begin"]
        else:
            found[record["id"]] = record["value"]
            not_checked[record["id"]] = record["notChecked"]
            current = None
    for finding in module.FINDINGS:
        if finding.id in found:
            continue
        if finding.id == current:
            found[finding.id] = prove_common.error("the probe %s" % (failure or "ended"))
        else:
            found[finding.id] = prove_common.error(
                "not reached: %s" % ("%s: the probe %s" % (current, failure) if current else failure or "the probe ended")
            )
    return found, not_checked


def make_proof(expectations):
    settings = {key: value for key, value in expectations.items() if key.startswith("$")}
    is_fips = bool(settings.get("$fips"))
    probes = PROBES + (MASK_PROBES if settings.get("$cpuMask") else []) + (FIPS_PROBES if is_fips else [])
    probes = probes + ([prove_imports] if settings.get("$imports") else [])
    temporary = prove_common.make_directory("prove-")
    os.environ["TMPDIR"] = temporary
    try:
        with concurrent.futures.ThreadPoolExecutor(max_workers=max(2, os.cpu_count() or 1)) as pool:
            running = {
                module: pool.submit(run_probe, module, settings) for module in STARTING_ORDER if module in probes
            }
            results = [(module, running[module].result()) for module in probes]
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    claims, facts, not_checked, known = [], [], [], set()
    for module, (found, unchecked) in results:
        for finding in module.FINDINGS:
            known.add(finding.id)
            value = found[finding.id]
            not_checked.extend(text for text in unchecked.get(finding.id, []) if text not in not_checked)
            if finding.id in expectations:
                claims.append(make_claim(finding, expectations[finding.id], value, title_of(finding, settings)))
            else:
                facts.append({"id": finding.id, "title": title_of(finding, settings), "found": value})
    for id, expected in expectations.items():
        if id not in known and not id.startswith("$"):
            unknown = prove_common.Finding(id, "A claim that this proof does not know", "not checked", None)
            claims.append(make_claim(unknown, expected, prove_common.error("no check of this name"), unknown.title))
    return {
        "version": 1,
        "kind": "proof",
        "claims": claims,
        "facts": facts,
        "notChecked": NOT_CHECKED + (prove_fips.NOT_CHECKED if is_fips else []) + not_checked,
    }


def title_of(finding, settings):
    if settings.get("$imports") and finding.id in WITHOUT_IMPORTS:
        return finding.title + ", apart from what the imported packages brought (fact imports)"
    return finding.title


def make_claim(finding, expected, found, title):
    return {
        "id": finding.id,
        "title": title,
        "how": finding.how,
        "expected": expected,
        "found": found,
        # Python takes 1, 1.0 and True for equal; JSON does not.
        "holds": json.dumps(expected, sort_keys=True) == json.dumps(found, sort_keys=True),
    }


def measure_cost(path):
    """After everything else has ended. Without a measurement there is no file, which a report calls not measured."""
    try:
        prove_common.run_python("prove_cost.py", ["--out", path], timeout=PROBE_TIMEOUT_SECONDS)
    except prove_common.ChildFailed as failed:
        print("the cost of an import could not be measured: %s" % failed, file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description="Find out what this Python is and compare it with what was asked.")
    parser.add_argument("--expectations", required=True, help="JSON: claim id to expected value")
    parser.add_argument("--out", required=True, help="where the proof is written")
    parser.add_argument("--cost", help="where the cost of importing _ssl is written, when it can be measured")
    parser.add_argument("--strict", action="store_true", help="end with exit code 5 when a claim does not hold")
    parser.add_argument("--import", action="append", default=[], metavar="NAME", dest="imports", help="import this first")
    arguments = parser.parse_args()
    with open(arguments.expectations, encoding="utf-8") as file:
        expectations = json.load(file)
    if arguments.imports:
        try:
            prove_common.run_python("prove_imports.py", arguments.imports)
        except prove_common.ChildFailed as failed:
            parser.error("--import: %s" % failed)
        expectations["$imports"] = arguments.imports
    proof = make_proof(expectations)
    temporary = arguments.out + ".tmp"
    with open(temporary, "w", encoding="utf-8", newline="\n") as file:
        json.dump(proof, file, indent=2, ensure_ascii=False)
        file.write("\n")
    os.replace(temporary, arguments.out)
    if arguments.cost:
        measure_cost(arguments.cost)
    failed = [claim["id"] for claim in proof["claims"] if not claim["holds"]]
    print(
        "%d claims, %d hold%s"
        % (len(proof["claims"]), len(proof["claims"]) - len(failed), "".join("\nFAIL %s" % id for id in failed)),
        file=sys.stderr,
    )
    return 5 if arguments.strict and failed else 0


if __name__ == "__main__":
    sys.exit(main())
