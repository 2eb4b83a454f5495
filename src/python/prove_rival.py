"""Says whose crypto answers while other crypto libraries are in the process: `prove_rival.py RIVALS [LIBRARY...]`.

RIVALS are the paths that must be mapped for the answer to mean anything, joined by colons. The libraries named after it
are loaded here, their symbols for everyone, before ssl is imported; preloaded ones are there already.
"""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

LIBRARIES = sys.argv[2:]
if LIBRARIES:
    import ctypes

    for library in LIBRARIES:
        ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)

import hashlib
import hmac
import ssl

import prove_hash
import prove_identity
import prove_tls
import prove_vectors


def identity(path):
    try:
        found = os.stat(path)
    except OSError:
        return path
    return (found.st_dev, found.st_ino)


def main():
    # By what the files are, not by their names: an emulator shows those of the machine that it runs on.
    mapped = {identity(path) for path in prove_identity.mapped_files()}
    rivals = [path for path in sys.argv[1].split(":") if path]
    absent = sorted(os.path.basename(path) for path in rivals if identity(path) not in mapped)
    key, message = prove_vectors.hmac_messages("sha256")[1]
    print(
        json.dumps(
            {
                "rivals": "not loaded: %s" % ", ".join(absent) if absent else "loaded",
                "openssl version": ssl.OPENSSL_VERSION,
                "sha256": hashlib.sha256(b"abc").hexdigest() == prove_vectors.DIGESTS["sha256"][1],
                "hmac sha256": hmac.digest(key, message, "sha256").hex() == prove_vectors.HMACS["sha256"][1],
                "provider of sha256": type(hashlib.sha256()).__module__,
                "provider of hmac": prove_hash.hmac_object_provider("sha256"),
                "handshake": prove_tls.outcome(*prove_tls.default_contexts()),
            }
        )
    )


main()
