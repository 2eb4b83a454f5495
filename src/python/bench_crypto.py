"""Measures what ssl and hashlib of several Pythons take for the same work, in turns on one core.

    python3 -I -B bench_crypto.py compare --pairs N --subjects FILE --out FILE [--case ID ...]
    python3 -I -B bench_crypto.py worker
    python3 -I -B bench_crypto.py count --case ID --operations N

`compare` starts one worker per subject (FILE is a JSON list of `name`, `python` and `environment`) and asks them for each
case in turns, first forwards, then backwards, so that what slows the machine down for a while slows all of them. It
writes every sample, in ns of processor time for one operation, and judges none. `worker` reads a JSON request per line and answers each.
`count` does so many operations and says nothing: perf counts what it takes, where there is perf and a CPU that counts.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

DIRECTORY = os.path.dirname(os.path.abspath(__file__))
# An isolated interpreter does not look beside the script that it runs.
sys.path.insert(0, DIRECTORY)

from bench_cases import Unavailable, list_cases

# How long a sample shall take. Calls that take longer are samples of one operation.
SAMPLE_NS = 8_000_000
# Counters of the CPU, in user mode: what a caller without privileges may count.
COUNTERS = {"instructions": "instructions:u", "cycles": "cycles:u"}


def measure(operation, count):
    # Processor time: all of this is work of one thread, and what else runs on the core must not count.
    started = time.process_time_ns()
    for _ in range(count):
        operation()
    return max(time.process_time_ns() - started, 1) / count


def calibrate(operation):
    """How many operations make a sample."""
    operation()
    count = 1
    while True:
        took = measure(operation, count) * count
        if took >= SAMPLE_NS / 2 or count >= 1_000_000:
            return max(1, round(count * SAMPLE_NS / max(took, 1)) if took < SAMPLE_NS else count)
        count *= 2


def run_worker():
    makers = {id: make for id, _, _, _, make in list_cases()}
    operation, count, current = None, 0, None
    for line in sys.stdin:
        case = json.loads(line)["case"]
        try:
            if case != current:
                operation = None
                current, operation = case, makers[case]()
                count = calibrate(operation)
                answer = {"count": count}
            elif operation is None:
                answer = {"unavailable": "not made"}
            else:
                answer = {"ns": measure(operation, count)}
        except Exception as exception:
            current = case
            told = "" if isinstance(exception, Unavailable) else type(exception).__name__ + ": "
            answer = {"unavailable": told + str(exception)}
        print(json.dumps(answer), flush=True)


def run_count(case, operations):
    operation = {id: make for id, _, _, _, make in list_cases()}[case]()
    for _ in range(operations):
        operation()


def read_counters(path):
    """Counts by event from what `perf stat -x,` wrote; what it could not count is said as it says it."""
    counts = {}
    with open(path, encoding="utf-8") as file:
        for fields in (line.split(",") for line in file if "," in line):
            counts[fields[2]] = fields[0]
    found = {name: counts.get(event, "nothing") for name, event in COUNTERS.items()}
    missing = sorted({text for text in found.values() if not text.isdigit()})
    if missing:
        raise Unavailable("perf says %s of the CPU's counters" % ", ".join(missing))
    return {name: int(text) for name, text in found.items()}


def perf_stat(argv, environment):
    """What the CPU counted of a program."""
    perf = shutil.which("perf")
    if perf is None:
        raise Unavailable("no perf")
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "counters")
        stat = [perf, "stat", "-x,", "-e", ",".join(COUNTERS.values()), "-o", path, "--"]
        ended = subprocess.run(stat + argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if ended.returncode != 0:
            raise Unavailable("perf ended with %d: %s" % (ended.returncode, ended.stderr.decode(errors="replace")[:200].strip()))
        return read_counters(path)


class Worker:
    def __init__(self, subject):
        self.name = subject["name"]
        self.python = subject["python"]
        self.environment = dict(os.environ, **subject["environment"])
        self._process = subprocess.Popen(
            [self.python, "-I", "-B", os.path.abspath(__file__), "worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.environment,
            universal_newlines=True,
        )

    def ask(self, case):
        self._process.stdin.write(json.dumps({"case": case}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("%s: the worker ended in %s" % (self.name, case))
        return json.loads(line)

    def version(self):
        program = "import ssl; print(ssl.OPENSSL_VERSION)"
        argv = [self.python, "-I", "-B", "-c", program]
        return subprocess.run(argv, env=self.environment, stdout=subprocess.PIPE, check=True).stdout.decode().strip()

    def import_ns(self):
        """Processor time of an interpreter that imports ssl and hashlib, in ns."""
        argv = [self.python, "-I", "-S", "-B", "-c", "import ssl, hashlib"]
        child = os.posix_spawn(self.python, argv, self.environment)
        _, status, usage = os.wait4(child, 0)
        if status != 0:
            raise SystemExit("%s: importing ssl ended with status %d" % (self.name, status))
        return (usage.ru_utime + usage.ru_stime) * 1e9

    def counters(self, case, operations):
        """Counters of one operation: twice as many less as many, so that start and preparation are in neither."""
        argv = [self.python, "-I", "-B", os.path.abspath(__file__), "count", "--case", case, "--operations"]
        once, twice = (perf_stat(argv + [str(count)], self.environment) for count in (operations, 2 * operations))
        return {name: round(max(twice[name] - once[name], 0) / operations, 1) for name in COUNTERS}

    def close(self):
        self._process.stdin.close()
        self._process.wait()


def take_turns(workers, pairs, sample):
    """Samples by worker: each round asks every worker once, every other round in the opposite order."""
    samples = {worker.name: [] for worker in workers}
    for turn in range(pairs):
        for worker in workers if turn % 2 == 0 else reversed(workers):
            samples[worker.name].append(round(sample(worker), 1))
    return samples


def run_case(workers, pairs, case, is_counted):
    id, group, title, size, _ = case
    unavailable, able, counts = {}, [], {}
    for worker in workers:
        answer = worker.ask(id)
        if "unavailable" in answer:
            unavailable[worker.name] = answer["unavailable"]
        else:
            able.append(worker)
            counts[worker.name] = answer["count"]
    return {
        "id": id,
        "group": group,
        "title": title,
        "bytes": size,
        "samplesNs": take_turns(able, pairs, lambda worker: worker.ask(id)["ns"]),
        "counters": {worker.name: worker.counters(id, counts[worker.name]) for worker in able if is_counted},
        "unavailable": unavailable,
    }


def why_not_counted():
    """Why the CPU's counters are not read here; None when they are."""
    try:
        perf_stat([sys.executable, "-I", "-S", "-B", "-c", "pass"], dict(os.environ))
    except Unavailable as exception:
        return str(exception)
    return None


def run_compare(arguments):
    # Children inherit it: all of them on one core, so that none has a better one.
    core = max(os.sched_getaffinity(0)) if arguments.core is None else arguments.core
    os.sched_setaffinity(0, {core})
    with open(arguments.subjects, encoding="utf-8") as file:
        workers = [Worker(subject) for subject in json.load(file)]
    load_before = os.getloadavg()[0]
    not_counted = why_not_counted()
    wanted = [case for case in list_cases() if not arguments.case or case[0] in arguments.case]
    cases = [run_case(workers, arguments.pairs, case, not_counted is None) for case in wanted]
    cases.append(
        {
            "id": "import",
            "group": "import ssl, hashlib",
            "title": "processor time",
            "bytes": 0,
            "samplesNs": take_turns(workers, arguments.pairs, Worker.import_ns),
            "counters": {},
            "unavailable": {},
        }
    )
    result = {
        "version": 1,
        "kind": "bench-samples",
        "versions": {worker.name: worker.version() for worker in workers},
        "core": core,
        "pairs": arguments.pairs,
        "loadBefore": round(load_before, 2),
        "loadAfter": round(os.getloadavg()[0], 2),
        "notCounted": not_counted,
        "cases": cases,
    }
    for worker in workers:
        worker.close()
    with open(arguments.out, "w", encoding="utf-8", newline="\n") as file:
        json.dump(result, file)
        file.write("\n")


def main():
    parser = argparse.ArgumentParser(description="Measure ssl and hashlib of several Pythons in turns.")
    parser.add_argument("mode", choices=["compare", "worker", "count"])
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--core", type=int, help="default: the last one that this process may use")
    parser.add_argument("--case", action="append", help="only this case (may be repeated)")
    parser.add_argument("--operations", type=int)
    parser.add_argument("--subjects")
    parser.add_argument("--out")
    arguments = parser.parse_args()
    if arguments.mode == "worker":
        run_worker()
    elif arguments.mode == "count":
        run_count(arguments.case[0], arguments.operations)
    else:
        run_compare(arguments)


main()
