"""requests, over urllib3 and this Python's ssl."""

import hashlib

from package_tools.case import BODY, CERTIFICATE, PackageCase, STRANGER, serve


class Requests(PackageCase):
    package = "requests"

    def test_tls_exchange(self):
        with serve() as server, self.module.Session() as session:
            answer = session.post(server.url + "/by-requests", data=BODY, verify=CERTIFICATE, timeout=30)
        self.assertEqual(answer.status_code, 200)
        self.assert_echo(answer.json())
        self.assertIn("python-requests/", answer.json()["headers"]["User-Agent"])

    def test_refuses_an_unknown_certificate(self):
        with serve(STRANGER) as server:
            with self.assertRaises(self.module.exceptions.SSLError) as refused:
                self.module.get(server.url, verify=CERTIFICATE, timeout=30)
            self.assertEqual(server.log()["requests"], [])
        self.assertIn("CERTIFICATE_VERIFY_FAILED", str(refused.exception))

    def test_digest_authentication(self):
        # RFC 7616, 3.9.1 has this user and realm; MD5 and SHA-256 come from hashlib.
        auth = self.module.auth.HTTPDigestAuth("Mufasa", "Circle of Life")
        auth.init_per_thread_state()
        for algorithm, digest in (("MD5", hashlib.md5), ("SHA-256", hashlib.sha256)):
            with self.subTest(algorithm):
                auth._thread_local.chal = {"realm": "http-auth@example.org", "nonce": "7ypf", "algorithm": algorithm}
                header = auth.build_digest_header("GET", "https://localhost/dir/index.html")
                one = digest(b"Mufasa:http-auth@example.org:Circle of Life").hexdigest()
                two = digest(b"GET:/dir/index.html").hexdigest()
                self.assertIn('response="%s"' % digest(("%s:7ypf:%s" % (one, two)).encode()).hexdigest(), header)

    def test_runs_on_ssl(self):
        import urllib3.util

        self.assertFalse(getattr(urllib3.util, "IS_PYOPENSSL", False))
        self.assert_crypto_as_listed()
        self.assert_ssl_undisturbed()
