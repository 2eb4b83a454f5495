"""What every package check shares: skips of packages that have no wheel, a TLS server, who serves what in this process."""

import contextlib
import hashlib
import importlib
import json
import os
import ssl
import subprocess
import sys
import unittest

import prove_common
from package_tools import describe
from package_tools.settings import read_settings

SERVE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "serve.py")
CERTIFICATE = prove_common.CERTIFICATE
# Another key that vouches for itself: who trusts only the first one must refuse it.
STRANGER = os.path.join(prove_common.TOOL, "certs", "rsa-2048.pem")
ABC_SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4, "abc"
ABC_MD5 = "900150983cd24fb0d6963f7d28e17f72"  # RFC 1321, A.5
# A body that takes several TLS records.
BODY = bytes(range(256)) * 256
BODY_SHA256 = hashlib.sha256(BODY).hexdigest()


def read_certificate(path):
    """The certificate alone, of a file that has a key and words too."""
    with open(path, encoding="ascii") as file:
        text = file.read()
    end = "-----END CERTIFICATE-----\n"
    return text[text.index("-----BEGIN CERTIFICATE-----") : text.index(end) + len(end)]


def fingerprint(path):
    """SHA-256 of a certificate."""
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(read_certificate(path)))


class Server:
    """`serve.py` while it runs."""

    def __init__(self, process):
        self.process = process
        self.port = int(process.stdout.readline())
        self.host = "localhost:%d" % self.port
        self.url = "https://" + self.host

    def log(self):
        """What it saw, asked over a connection of ssl's own that is not counted."""
        import urllib.request

        context = ssl.create_default_context(cafile=CERTIFICATE)
        # Its certificate may be the stranger's.
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with urllib.request.urlopen(self.url + "/log", timeout=30, context=context) as answer:
            seen = json.load(answer)
        seen["connections"].pop()
        return seen


@contextlib.contextmanager
def serve(certificate=CERTIFICATE, directory=None):
    """A TLS server in another process of this Python."""
    argv = [sys.executable, "-I", "-B", SERVE, certificate] + ([directory] if directory else [])
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield Server(process)
    finally:
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class PackageCase(unittest.TestCase):
    """Cases of one package, whose name in the index is `package`. They skip when the plan has no wheel of it."""

    package = ""

    @classmethod
    def setUpClass(cls):
        cls.settings = read_settings()
        reason = cls.settings["absent"].get(cls.package)
        if reason is not None:
            raise unittest.SkipTest(reason)
        [cls.listed] = [package for package in cls.settings["packages"] if package["name"] == cls.package]
        cls.module = importlib.import_module(cls.listed["module"])

    def assert_ssl_undisturbed(self):
        """ssl and hashlib of this process are what the plan built, whatever else has come into it."""
        import _hashlib
        import _ssl

        self.assertRegex(ssl.OPENSSL_VERSION, "^%s " % self.settings["library"])
        self.assertEqual(_ssl.OPENSSL_VERSION, ssl.OPENSSL_VERSION)
        for module in (_ssl, _hashlib):
            self.assertTrue(os.path.realpath(module.__file__).startswith(prove_common.PREFIX + os.sep), module.__file__)
        self.assertEqual(type(hashlib.sha256()).__module__, "_hashlib")
        self.assertEqual(hashlib.sha256(b"abc").hexdigest(), ABC_SHA256)
        self.assertEqual(hashlib.md5(b"abc").hexdigest(), ABC_MD5)

    def assert_echo(self, seen, version="TLSv1.3"):
        """What the server saw of a request with BODY."""
        self.assertEqual(seen["version"], version)
        self.assertEqual(seen["sha256"], BODY_SHA256)
        self.assertRegex(seen["library"], "^%s " % self.settings["library"])

    def exchange_by_ssl(self, server):
        """A request by this Python's own ssl; what the server saw of it."""
        import http.client

        context = ssl.create_default_context(cafile=CERTIFICATE)
        connection = http.client.HTTPSConnection("localhost", server.port, timeout=30, context=context)
        try:
            connection.request("POST", "/by-ssl", BODY)
            seen = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        self.assert_echo(seen)
        return seen

    def assert_crypto_as_listed(self):
        """Whose crypto comes into a fresh process with the package: none of its own, or the library that is listed."""
        found = describe.ask(self.listed["module"])
        texts = sorted({text for texts in found["brings"].values() for text in texts})
        if self.listed["crypto"] == "ssl":
            # What it imports when it is installed, and need not.
            others = {}
            for package in self.settings["packages"]:
                if package["name"] in self.listed.get("loads", ()) and package["name"] not in self.settings["absent"]:
                    others.update(describe.ask(package["module"])["brings"])
            self.assertEqual(found["brings"], others)
            self.assertTrue(found["usesSsl"])
        elif "brings" in self.listed:
            self.assertTrue(texts, "no version text of a crypto library")
            for text in texts:
                self.assertRegex(text, "^%s " % self.listed["brings"])
