"""Post-handshake authentication: absent in behaviour, and its macro absent from what extension builds will see."""

import os
import sysconfig

from prove_common import Finding, PREFIX, place, run_cases

MACRO = "OPENSSL_NO_TLS_PHA"


def find_cases():
    import test_no_pha

    return run_cases(test_no_pha)


def find_macro():
    """Installed files that would hand the macro to every extension module that is built later."""
    files = [sysconfig.get_makefile_filename(), sysconfig.get_config_h_filename()]
    library = os.path.join(PREFIX, "lib", os.path.basename(os.path.dirname(os.__file__)))
    files += [os.path.join(library, name) for name in sorted(os.listdir(library)) if name.startswith("_sysconfig")]
    found = []
    for path in files:
        with open(path, "rb") as file:
            if MACRO.encode() in file.read():
                found.append(place(path))
    return found


FINDINGS = [
    Finding(
        "pha-absent",
        "TLS 1.3 post-handshake authentication is absent, as CPython's API says it",
        "test_no_pha.py in this Python: HAS_PHA, post_handshake_auth, the ClientHello, verify_client_post_handshake",
        find_cases,
    ),
    Finding(
        "pha-macro",
        "%s is in no file that extension builds read" % MACRO,
        "installed Makefile, pyconfig.h and sysconfig data",
        find_macro,
    ),
]
