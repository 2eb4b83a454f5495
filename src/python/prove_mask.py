"""Whether features of the CPU that the caller masked are off in AWS-LC: asked only when `$cpuMask` is in the expectations."""

import json
import os
import sys

from prove_common import Finding, TOOL, run
import prove_cpu

# `$cpuMask`: the environment variable that masks, and for each of AWS-LC's words the bits that it takes away.
SETTINGS = {}

# What a child does that must say which words it has without the mask.
ASK = (
    "import sys, json; sys.path.insert(0, sys.argv[1]); import prove_cpu; prove_cpu.SETTINGS = json.loads(sys.argv[2]);"
    " print(json.dumps(prove_cpu.read_words()[0]))"
)


def words_here():
    prove_cpu.SETTINGS = SETTINGS
    words, source = prove_cpu.read_words()
    if words is None:
        raise LookupError("AWS-LC's words cannot be read: %s" % source)
    return words


def words_without_mask():
    argv = [sys.executable, "-I", "-B", "-c", ASK, TOOL, json.dumps(SETTINGS)]
    return json.loads(run(argv, 60, {SETTINGS["$cpuMask"]["variable"]: None}))


def find_left():
    masked = SETTINGS["$cpuMask"]["words"]
    left = [word & bits for word, bits in zip(words_here(), masked)]
    return prove_cpu.as_text(left)


def find_effect():
    before, after = words_without_mask(), words_here()
    return {
        "without": prove_cpu.as_text(before),
        "with": prove_cpu.as_text(after),
        "taken away": prove_cpu.as_text([one & ~other for one, other in zip(before, after)]),
        "variable": os.environ.get(SETTINGS["$cpuMask"]["variable"]),
    }


FINDINGS = [
    Finding(
        "cpu-mask",
        "Masked features of the CPU are off in AWS-LC",
        "AWS-LC's words in this process hold none of the bits that were masked",
        find_left,
    ),
    Finding(
        "cpu-mask-effect",
        "What the mask takes away on this CPU",
        "the words in a process with the mask and in one without",
        find_effect,
    ),
]
