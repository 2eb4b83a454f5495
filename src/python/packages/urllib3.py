"""urllib3 on this Python's ssl."""

import hashlib
import json
import ssl

from package_tools.case import BODY, CERTIFICATE, PackageCase, STRANGER, fingerprint, serve


class Urllib3(PackageCase):
    package = "urllib3"

    def post(self, server, **options):
        with self.module.PoolManager(retries=False, timeout=30, **options) as pool:
            answer = pool.request("POST", server.url + "/by-urllib3", body=BODY)
            self.assertEqual(answer.status, 200)
            return json.loads(answer.data)

    def test_tls_exchange(self):
        with serve() as server:
            self.assert_echo(self.post(server, ca_certs=CERTIFICATE))

    def test_tls_1_2_exchange(self):
        from urllib3.util.ssl_ import create_urllib3_context

        context = create_urllib3_context()
        context.load_verify_locations(CERTIFICATE)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with serve() as server:
            seen = self.post(server, ssl_context=context)
        self.assert_echo(seen, "TLSv1.2")
        self.assertRegex(seen["cipher"], "^ECDHE-ECDSA-.*(GCM|POLY1305)")

    def test_pinned_fingerprint(self):
        right = fingerprint(CERTIFICATE).hexdigest()
        wrong = hashlib.sha256(b"another").hexdigest()
        with serve() as server:
            self.assert_echo(self.post(server, assert_fingerprint=right, cert_reqs="CERT_NONE"))
            with self.assertRaisesRegex(self.module.exceptions.SSLError, "[Ff]ingerprints"):
                self.post(server, assert_fingerprint=wrong, cert_reqs="CERT_NONE")

    def test_refuses_another_name(self):
        with serve() as server, self.module.PoolManager(retries=False, timeout=30, ca_certs=CERTIFICATE) as pool:
            with self.assertRaises(self.module.exceptions.SSLError):
                pool.request("GET", "https://127.0.0.1:%d/" % server.port)
            self.assertEqual(server.log()["requests"], [])

    def test_refuses_an_unknown_certificate(self):
        with serve(STRANGER) as server:
            with self.assertRaisesRegex(self.module.exceptions.SSLError, "CERTIFICATE_VERIFY_FAILED"):
                self.post(server, ca_certs=CERTIFICATE)
            self.assertEqual(server.log()["requests"], [])

    def test_runs_on_ssl(self):
        self.assert_crypto_as_listed()
        self.assert_ssl_undisturbed()
