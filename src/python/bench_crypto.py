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
# How long a sample shall take. Calls that take longer are samples of one operation.
SAMPLE_NS = 8_000_000
KIB = 1024
SIZES = [("64 B", 64), ("1 KiB", KIB), ("64 KiB", 64 * KIB), ("8 MiB", 8 * KIB * KIB)]
DIGESTS = ["sha1", "sha256", "sha512", "sha3_256"]
CERTIFICATES = ["rsa2048", "rsa4096", "p256", "ed25519"]
KEY_TITLES = {"rsa2048": "RSA-2048", "rsa4096": "RSA-4096", "p256": "P-256", "ed25519": "Ed25519"}
RECORDS = [
    ("AES-128-GCM", "ECDHE-RSA-AES128-GCM-SHA256"),
    ("AES-256-GCM", "ECDHE-RSA-AES256-GCM-SHA384"),
    ("ChaCha20-Poly1305", "ECDHE-RSA-CHACHA20-POLY1305"),
]
BULK = 1024 * KIB
# Counters of the CPU, in user mode: what a caller without privileges may count.
COUNTERS = {"instructions": "instructions:u", "cycles": "cycles:u"}


class Unavailable(Exception):
    """This Python, or its library, cannot do that."""


def digest_case(name, size):
    import hashlib

    data, make = bytes(size), getattr(hashlib, name)
    return lambda: make(data).digest()


def hmac_case(size):
    import hmac

    data, key = bytes(size), bytes(32)
    return lambda: hmac.digest(key, data, "sha256")


def pbkdf2_case():
    import hashlib

    return lambda: hashlib.pbkdf2_hmac("sha256", b"password 14 ch", bytes(16), 10_000)


def scrypt_case():
    import hashlib

    return lambda: hashlib.scrypt(b"password", salt=bytes(16), n=2**14, r=8, p=1, maxmem=64 * KIB * KIB)


class Connection:
    """A client and a server of this process that talk through memory: no socket, no other process."""

    def __init__(self, client_context, server_context, session=None):
        import ssl

        self._want = ssl.SSLWantReadError
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client_context.wrap_bio(to_client, to_server, server_hostname="localhost", session=session)
        self.server = server_context.wrap_bio(to_server, to_client, server_side=True)

    def handshake(self):
        open_ends = [self.client, self.server]
        for _ in range(20):
            for end in list(open_ends):
                try:
                    end.do_handshake()
                    open_ends.remove(end)
                except self._want:
                    pass
            if not open_ends:
                return self
        raise Unavailable("the handshake does not end")

    def take_tickets(self):
        """Lets the client read what the server sends after the handshake."""
        try:
            self.client.read(1)
        except self._want:
            pass
        return self.client.session


def make_contexts(version, certificate, ciphers=None, group="prime256v1"):
    import ssl

    path = os.path.join(DIRECTORY, "bench_certs", certificate + ".pem")
    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.load_verify_locations(path)
    server.load_cert_chain(path)
    for context in (client, server):
        context.minimum_version = context.maximum_version = version
        if ciphers is not None:
            context.set_ciphers(ciphers)
        if group == "prime256v1":
            context.set_ecdh_curve(group)
        elif hasattr(context, "set_groups"):
            context.set_groups(group)
        else:
            raise Unavailable("this CPython cannot choose the group")
    return client, server


def handshake_case(version, certificate, resumed, group="prime256v1"):
    import ssl

    client, server = make_contexts(getattr(ssl.TLSVersion, version), certificate, group=group)
    first = Connection(client, server).handshake()
    if not resumed:
        return lambda: Connection(client, server).handshake()
    session = first.take_tickets()

    def resume():
        return Connection(client, server, session).handshake()

    if session is None or not resume().client.session_reused:
        raise Unavailable("the session is not resumed")
    return resume


def records_case(cipher):
    import ssl

    client, server = make_contexts(ssl.TLSVersion.TLSv1_2, "rsa2048", ciphers=cipher)
    connection = Connection(client, server).handshake()
    if connection.client.cipher()[0] != cipher:
        raise Unavailable("another cipher is used: %s" % connection.client.cipher()[0])
    data = bytes(16 * KIB)

    def transfer():
        for _ in range(BULK // len(data)):
            connection.client.write(data)
            left = len(data)
            while left:
                left -= len(connection.server.read(left))

    return transfer


def list_cases():
    """Each case: id, group, title, bytes of one operation (0 where it is counted by operations), and how it is made."""
    cases = []
    for name in DIGESTS:
        for title, size in SIZES:
            cases.append(("%s-%d" % (name, size), "hashlib.%s" % name, title, size, lambda n=name, s=size: digest_case(n, s)))
    for title, size in SIZES[1:3]:
        cases.append(("hmac-sha256-%d" % size, "HMAC-SHA256", title, size, lambda s=size: hmac_case(s)))
    cases.append(("pbkdf2-sha256", "PBKDF2-SHA256", "10,000 iterations", 0, pbkdf2_case))
    cases.append(("scrypt", "scrypt", "n=16384, r=8, p=1", 0, scrypt_case))
    for version, title in (("TLSv1_2", "TLS 1.2"), ("TLSv1_3", "TLS 1.3")):
        for certificate in CERTIFICATES:
            cases.append(
                (
                    "%s-full-%s" % (version, certificate),
                    "%s handshake" % title,
                    "%s, full" % KEY_TITLES[certificate],
                    0,
                    lambda v=version, c=certificate: handshake_case(v, c, False),
                )
            )
        cases.append(
            (
                "%s-resumed" % version,
                "%s handshake" % title,
                "P-256, resumed",
                0,
                lambda v=version: handshake_case(v, "p256", True),
            )
        )
    cases.append(
        (
            "TLSv1_3-mlkem",
            "TLS 1.3 handshake",
            "P-256, X25519MLKEM768",
            0,
            lambda: handshake_case("TLSv1_3", "p256", False, "X25519MLKEM768"),
        )
    )
    for title, cipher in RECORDS:
        cases.append(("records-%s" % title, "TLS 1.2 records", title, BULK, lambda c=cipher: records_case(c)))
    return cases


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
