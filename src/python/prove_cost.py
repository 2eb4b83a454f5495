"""Measures what importing the object costs: `python3 -I -B prove_cost.py --out FILE`.

Processor time of fresh interpreters that import `_ssl`, less that of ones that import nothing, taken in turns; and what
the first random bytes cost beside. A FIPS module tests itself while it is loaded, and gathers entropy before it draws. Times
are in ms and differ from run to run, so they are a file of their own beside the proof, which has none. The digest of the
interpreter tells which core was measured.
"""

import argparse
import hashlib
import json
import os
import ssl
import statistics
import sys

ROUNDS = 15


def processor_ms(program):
    """Processor time, user's and system's, of one interpreter that runs the program."""
    arguments = [sys.executable, "-I", "-S", "-B", "-c", program]
    child = os.posix_spawn(sys.executable, arguments, {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"})
    _, status, usage = os.wait4(child, 0)
    if status != 0:
        raise ChildProcessError("%r ended with status %d" % (program, status))
    return (usage.ru_utime + usage.ru_stime) * 1000


def describe_cpu():
    """The processor as the kernel names it; measurements of different ones are not compared."""
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith(("model name", "CPU part"))]
    return names[0] if names else "unknown"


def measure():
    programs = ["pass", "import _ssl", "import _ssl; _ssl.RAND_bytes(32)"]
    times = {program: [] for program in programs}
    for _ in range(ROUNDS):
        for program in programs:
            times[program].append(processor_ms(program))
    bare, importing, drawing = [statistics.median(times[program]) for program in programs]
    with open(os.path.realpath(sys.executable), "rb") as file:
        interpreter = hashlib.sha256(file.read()).hexdigest()
    return {
        "version": 1,
        "kind": "import-cost",
        "library": ssl.OPENSSL_VERSION,
        "interpreter": interpreter,
        "cpu": describe_cpu(),
        "rounds": ROUNDS,
        "bareMs": round(bare, 1),
        "importMs": round(importing - bare, 1),
        "firstDrawMs": round(drawing - importing, 1),
    }


def main():
    parser = argparse.ArgumentParser(description="Measure what importing _ssl costs.")
    parser.add_argument("--out", required=True, help="where the measurement is written")
    arguments = parser.parse_args()
    cost = measure()
    with open(arguments.out, "w", encoding="utf-8", newline="\n") as file:
        json.dump(cost, file, indent=2)
        file.write("\n")


main()
