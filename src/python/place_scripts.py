"""Gives the scripts that pip installed the interpreter of the prefix where they will lie, and RECORD their new digests.

pip writes the interpreter's path as it is while it runs: a temporary one here, and one that it writes in two lines more
when it is long. Without this the same build would be other bytes in another store. Standard library only, 3.9 and newer.

    place_scripts.py TREE PREFIX    TREE holds the installed files that belong at PREFIX
"""

import base64
import csv
import glob
import hashlib
import os
import sys


def replace_interpreter(content, line):
    """The script with `line` as its first; without what pip writes for a path that is too long for one line."""
    lines = content.split(b"\n")
    wrapped = lines[0] == b"#!/bin/sh" and lines[1].startswith(b"'''exec' ")
    return b"\n".join([line] + lines[3 if wrapped else 1 :])


def place_scripts(tree, prefix):
    line = ("#!%s/bin/python3" % prefix).encode()
    bin_dir = os.path.join(tree, "bin")
    for record in sorted(glob.glob(os.path.join(tree, "lib", "python3*", "site-packages", "*.dist-info", "RECORD"))):
        site_packages = os.path.dirname(os.path.dirname(record))
        with open(record, newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        for row in rows:
            path = os.path.normpath(os.path.join(site_packages, row[0]))
            if os.path.dirname(path) != bin_dir:
                continue
            with open(path, "rb") as file:
                content = file.read()
            if not content.startswith(b"#!"):
                continue
            content = replace_interpreter(content, line)
            with open(path, "wb") as file:
                file.write(content)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            row[1:] = ["sha256=" + digest, str(len(content))]
        with open(record, "w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    place_scripts(*sys.argv[1:])
