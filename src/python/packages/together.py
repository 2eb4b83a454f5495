"""All packages in one process, whichever came first."""

import json
import subprocess
import sys
import unittest

from package_tools.case import ABC_MD5, ABC_SHA256
from package_tools.settings import read_settings

# Imports in the order of its arguments, then tells what ssl and hashlib are.
TELL = """
import importlib, json, sys
for name in sys.argv[1:]:
    importlib.import_module(name)
import _hashlib, _ssl, hashlib, ssl
print(json.dumps([ssl.OPENSSL_VERSION, _ssl.OPENSSL_VERSION, type(hashlib.sha256()).__module__,
                  hashlib.sha256(b'abc').hexdigest(), hashlib.md5(b'abc').hexdigest()]))
"""


class Together(unittest.TestCase):
    def check(self, order):
        settings = read_settings()
        modules = [one["module"] for one in settings["packages"] if one["name"] not in settings["absent"]]
        done = subprocess.run(
            [sys.executable, "-I", "-c", TELL] + order(modules), stdout=subprocess.PIPE, timeout=120, check=True
        )
        version, same, provider, sha256, md5 = json.loads(done.stdout)
        self.assertRegex(version, "^%s " % settings["library"])
        self.assertEqual((same, provider, sha256, md5), (version, "_hashlib", ABC_SHA256, ABC_MD5))

    def test_ssl_first(self):
        self.check(lambda modules: ["ssl", "hashlib"] + modules)

    def test_ssl_last(self):
        self.check(lambda modules: modules[::-1] + ["ssl", "hashlib"])
