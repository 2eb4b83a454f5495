"""pip of the virtual environment gets wheels over TLS from a package index on this machine, which is another process."""

import hashlib
import importlib.metadata
import os
import subprocess
import sys
import tempfile
import unittest

from package_tools.case import CERTIFICATE, PackageCase, STRANGER, serve
from package_tools.settings import WHEELS, read_settings

# Small, and of no machine: what is asked here is the way, not the goods.
ASKED = ("idna", "six")


class Pip(PackageCase):
    @classmethod
    def setUpClass(cls):
        cls.settings = read_settings()
        cls.asked = [wheel for wheel in cls.settings["wheels"] if wheel["name"] in ASKED]
        if not cls.asked:
            raise unittest.SkipTest(next(iter(cls.settings["absent"].values())))

    def download(self, server, into, trusted):
        """Runs pip; its exit code, what it said, and the digests of what it got."""
        requirements = os.path.join(into, "requirements.txt")
        with open(requirements, "w", encoding="ascii") as file:
            for wheel in self.asked:
                file.write("%(name)s==%(version)s --hash=sha256:%(sha256)s\n" % wheel)
        argv = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "--no-input", "--retries", "0"]
        argv += ["download", "--no-cache-dir", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
        argv += ["--cert", trusted, "--index-url", server.url + "/simple/", "--dest", into, "-r", requirements]
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=dict(os.environ, PIP_CONFIG_FILE=os.devnull),
            timeout=120,
        )
        digests = set()
        for name in os.listdir(into):
            if name.endswith(".whl"):
                with open(os.path.join(into, name), "rb") as file:
                    digests.add(hashlib.sha256(file.read()).hexdigest())
        return done.returncode, done.stdout.decode("utf-8", "replace"), digests

    def test_download_over_tls(self):
        with tempfile.TemporaryDirectory() as into, serve(directory=WHEELS) as server:
            code, said, digests = self.download(server, into, CERTIFICATE)
            seen = server.log()
        self.assertEqual(code, 0, said)
        self.assertEqual(digests, {wheel["sha256"] for wheel in self.asked})
        self.assertEqual({one.get("version") for one in seen["connections"]}, {"TLSv1.3"})
        served = {one["path"].rsplit("/", 1)[1] for one in seen["requests"] if one["path"].startswith("/files/")}
        self.assertEqual(served, {wheel["file"] for wheel in self.asked})
        self.assertTrue(all(one["headers"]["User-Agent"].startswith("pip/") for one in seen["requests"]))

    def test_refuses_an_unknown_certificate(self):
        with tempfile.TemporaryDirectory() as into, serve(STRANGER, WHEELS) as server:
            code, said, digests = self.download(server, into, CERTIFICATE)
            seen = server.log()
        self.assertNotEqual(code, 0)
        self.assertIn("CERTIFICATE_VERIFY_FAILED", said)
        self.assertEqual((digests, seen["requests"]), (set(), []))

    def test_has_installed_what_is_listed(self):
        wanted = {wheel["name"]: wheel["version"] for wheel in self.settings["wheels"]}
        self.assertEqual({name: importlib.metadata.version(name) for name in wanted}, wanted)

    def test_ssl_is_what_was_built(self):
        self.assert_ssl_undisturbed()
