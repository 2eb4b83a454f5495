"""What every part of the proof shares: how a finding is declared, how children run, how paths are written down.

Standard library only, and nothing newer than CPython 3.9: these files run inside every Python that is built.
"""

import os
import signal
import subprocess
import sys
import sysconfig

TOOL = os.path.dirname(os.path.abspath(__file__))
CERTIFICATE = os.path.join(TOOL, "certs", "localhost.pem")
# Of the Python itself, also when a virtual environment's interpreter runs this.
PREFIX = os.path.realpath(sys.base_prefix)
INTERPRETER = sys.executable if sys.prefix == sys.base_prefix else os.path.join(PREFIX, "bin", "python3")
EXT_SUFFIX = sysconfig.get_config_var("EXT_SUFFIX") or ".so"

# Files that came into this process with packages which were imported before anything else (prove.py --import).
brought = set()
_not_checked = []


class Finding:
    """One thing to find out. `find` takes no arguments and returns a JSON value; what it raises becomes the found value."""

    def __init__(self, id, title, how, find):
        self.id = id
        self.title = title
        self.how = how
        self.find = find


def not_checked(text):
    """Says what the finding that runs now could not look at on this machine."""
    _not_checked.append(text)


def take_not_checked():
    texts = list(_not_checked)
    _not_checked.clear()
    return texts


def program():
    """The file that runs. Under an emulator sys.executable may be a script that starts it; the emulator shows its own as here."""
    return os.readlink("/proc/self/exe")


def emulator_script():
    """The script that stands in the interpreter's place while another machine's runs in an emulator; else nothing."""
    script = os.path.realpath(INTERPRETER)
    return script if script != os.path.realpath(program()) else None


# How many times as long a child may take: in an emulator, on a machine that does other things too, everything takes longer.
PATIENCE = 1 if emulator_script() is None else 8


def place(path):
    """A path as any machine would write it: below the prefix, without the platform's module suffix. Others keep their base name."""
    real = os.path.realpath(path)
    if real == PREFIX or real.startswith(PREFIX + os.sep):
        return "{prefix}" + real[len(PREFIX):].replace(EXT_SUFFIX, "{EXT_SUFFIX}")
    return os.path.basename(real)


def scrub(text):
    """Takes this machine's places out of a message."""
    places = [(PREFIX, "{prefix}"), (sys.prefix, "{prefix}"), (TOOL, "{tool}"), (os.environ.get("TMPDIR"), "{temp}")]
    for machine, name in places:
        if machine:
            text = text.replace(machine, name)
    return text


def few(names, most=20):
    """A list that a person can still read: of thousands of names, the first ones and how many more there are."""
    return names if len(names) <= most else names[:most] + ["and %d more" % (len(names) - most)]


def error(text):
    """The found value of what could not be found."""
    return {"error": scrub(text)}


def describe_exception(exception):
    return "%s: %s" % (type(exception).__name__, exception)


def describe_exit(code):
    if code >= 0:
        return "ended with exit code %d" % code
    try:
        return "ended by %s" % signal.Signals(-code).name
    except ValueError:
        return "ended by signal %d" % -code


# AWS-LC takes features of the CPU away when one of these says so: the plan's choice, for the whole proof.
MASK_VARIABLES = ["OPENSSL_ia32cap", "OPENSSL_armcap"]


def child_environment(extra=None):
    """The whole environment of a child: nothing of the caller's but where programs and temporary files are, and the
    mask of CPU features. A variable of `extra` that is None is taken out.
    """
    environment = {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": os.environ.get("TMPDIR", "/nonexistent"),
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if "TMPDIR" in os.environ:
        environment["TMPDIR"] = os.environ["TMPDIR"]
    environment.update({name: os.environ[name] for name in MASK_VARIABLES if name in os.environ})
    environment.update(extra or {})
    return {name: value for name, value in environment.items() if value is not None}


def make_directory(prefix, parent=None):
    """A new directory of ours, as tempfile would make it: which imports random and so, in 3.9 and 3.11, hashlib, whose
    module may end the process that imports it.
    """
    path = os.path.join(parent or os.environ.get("TMPDIR") or "/tmp", prefix + os.urandom(8).hex())
    os.mkdir(path, 0o700)
    return path


def describe_end(done):
    """How a program ended that ended badly, and what it complained of: its last line, or what a FIPS module says, which
    goes on to print two hashes.
    """
    complaint = done.stderr.decode("utf-8", "replace").strip().splitlines()
    said = next((line for line in complaint if line.startswith("FIPS ")), complaint[-1] if complaint else "")
    return describe_exit(done.returncode) + (": " + said if said else "")


class ChildFailed(Exception):
    """A child ended badly or not in time; `output` is what it had written until then."""

    def __init__(self, message, output=""):
        Exception.__init__(self, message)
        self.output = output


def run_cases(module):
    """Runs the test cases of one of our modules here; counts, and the last line of each failure."""
    import unittest

    result = unittest.TestResult()
    unittest.defaultTestLoader.loadTestsFromModule(module).run(result)
    bad = result.failures + result.errors
    # Of a case with bad subtests each is in the list.
    cases = {getattr(case, "test_case", case).id() for case, _ in bad}
    found = {"run": result.testsRun, "passed": result.testsRun - len(cases) - len(result.skipped)}
    if bad:
        found["failed"] = {case.id(): text.strip().splitlines()[-1] for case, text in bad}
    if result.skipped:
        found["skipped"] = {case.id(): reason for case, reason in result.skipped}
    return found


def run(argv, timeout, extra=None, cwd=None):
    """Runs a program and returns what it wrote; raises ChildFailed with the last line that it complained with.

    `timeout` is in seconds, of a program that no emulator runs.
    """
    limit = timeout * PATIENCE
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=child_environment(extra),
            cwd=cwd,
            timeout=limit,
        )
    except subprocess.TimeoutExpired as expired:
        raise ChildFailed("no end within %d s" % limit, (expired.stdout or b"").decode("utf-8", "replace"))
    output = done.stdout.decode("utf-8", "replace")
    if done.returncode != 0:
        raise ChildFailed(describe_end(done), output)
    return output


def run_python(script, arguments=(), timeout=60, extra=None, interpreter=sys.executable):
    """Runs one of our files in a new process, of this same interpreter unless another is named, cut off from the caller's environment."""
    return run([interpreter, "-I", "-B", os.path.join(TOOL, script)] + list(arguments), timeout, extra)
