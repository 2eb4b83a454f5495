"""Runs this Python's pip, and writes by what TLS it got what it got: `download.py --transport FILE PIP-ARGUMENTS...`.

Which index that was is not written: it is the machine's. Standard library only, and nothing newer than CPython 3.9.
"""

import json
import runpy
import ssl
import sys

handshakes = []
do_handshake = ssl.SSLSocket.do_handshake


def noted_handshake(self, *arguments, **named):
    do_handshake(self, *arguments, **named)
    handshakes.append({"version": self.version(), "cipher": self.cipher()[0]})


def main():
    option, transport = sys.argv[1:3]
    if option != "--transport":
        raise SystemExit("download.py --transport FILE PIP-ARGUMENTS...")
    # Every TLS connection of ssl's sockets goes through it, whatever of pip's own copies of packages makes them.
    ssl.SSLSocket.do_handshake = noted_handshake
    sys.argv = ["pip"] + sys.argv[3:]
    try:
        runpy.run_module("pip", run_name="__main__", alter_sys=True)
    finally:
        import pip

        with open(transport, "w", encoding="ascii") as file:
            json.dump({"pip": pip.__version__, "library": ssl.OPENSSL_VERSION, "handshakes": handshakes}, file)


if __name__ == "__main__":
    main()
