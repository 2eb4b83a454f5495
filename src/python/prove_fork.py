"""Draws random bytes in a family of processes: `python -I -B prove_fork.py`; one JSON object goes to the standard output.

The parent draws before each fork, so that every child begins with a copy of a generator that was used. Children are
forked by the main thread and by another one, some fork again, and some run the module's self-tests.
"""

import json
import os
import ssl
import sys
import threading
import warnings

import _awslc_fips

CHILDREN = 8
THREAD_CHILDREN = 4
GENERATIONS = 24
DRAW_BYTES = 32


def draw():
    return ssl.RAND_bytes(DRAW_BYTES).hex()


def in_child(work):
    """Runs work in a child; gives what it returned, or says how the child ended."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            with os.fdopen(writer, "w") as file:
                json.dump(work(), file)
        except BaseException:
            os._exit(1)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise ChildProcessError("a child ended with status %d" % status)
    return json.loads(text)


def draw_and_test():
    return {"draws": [draw(), draw()], "passed": _awslc_fips.self_test() and _awslc_fips.integrity_test()}


def generations(left):
    """A child of a child of a child: each draws after its fork and before the next. A list of draws for each process."""
    draws = [draw()]
    younger = in_child(lambda: generations(left - 1)) if left > 0 else []
    draws.append(draw())
    return [draws] + younger


def main():
    # Python 3.12 and newer advise against fork in a process that has threads: that is what is tried here.
    warnings.simplefilter("ignore", DeprecationWarning)
    own, passed = [draw()], []
    # What each process drew.
    drawn = [own]

    def fork_several(count):
        for _ in range(count):
            own.append(draw())
            answer = in_child(draw_and_test)
            drawn.append(answer["draws"])
            passed.append(answer["passed"])
            own.append(draw())

    fork_several(CHILDREN)
    thread = threading.Thread(target=fork_several, args=(THREAD_CHILDREN,))
    thread.start()
    thread.join()
    drawn.extend(in_child(lambda: generations(GENERATIONS - 1)))
    own.append(draw())
    draws = [one for of_process in drawn for one in of_process]
    result = {
        "processes": sum(1 for of_process in drawn if of_process),
        "draws": len(draws),
        "equal draws": len(draws) - len(set(draws)),
        "self-tests": "pass in every child" if len(passed) == CHILDREN + THREAD_CHILDREN and all(passed) else "fail",
    }
    sys.stdout.write(json.dumps(result))


main()
