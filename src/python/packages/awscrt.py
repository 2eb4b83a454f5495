"""awscrt, which brings a crypto library and a TLS stack of its own: they work, and ssl stays what it is."""

import datetime
import io
import json

from package_tools.case import ABC_SHA256, BODY, CERTIFICATE, PackageCase, STRANGER, read_certificate, serve
from package_tools.vectors import SIGV4


class Awscrt(PackageCase):
    package = "awscrt"

    def post(self, server):
        """A request by awscrt's own TLS; what the server says that it saw."""
        from awscrt import http
        from awscrt.io import ClientBootstrap, ClientTlsContext, DefaultHostResolver, EventLoopGroup, TlsContextOptions

        group = EventLoopGroup(1)
        bootstrap = ClientBootstrap(group, DefaultHostResolver(group))
        options = TlsContextOptions()
        options.override_default_trust_store(read_certificate(CERTIFICATE).encode("ascii"))
        tls = ClientTlsContext(options).new_connection_options()
        tls.set_server_name("localhost")
        connection = http.HttpClientConnection.new(
            "localhost", server.port, bootstrap, tls_connection_options=tls
        ).result(30)
        headers = http.HttpHeaders([("Host", server.host), ("Content-Length", str(len(BODY)))])
        received = []
        stream = connection.request(
            http.HttpRequest("POST", "/by-awscrt", headers, io.BytesIO(BODY)),
            on_body=lambda chunk, **_: received.append(bytes(chunk)),
        )
        stream.activate()
        stream.completion_future.result(30)
        connection.close().result(30)
        return json.loads(b"".join(received))

    def test_tls_exchange(self):
        with serve() as server:
            self.assert_echo(self.post(server))

    def test_both_in_one_process(self):
        with serve() as server:
            for _ in range(3):
                self.assert_echo(self.post(server))
                self.exchange_by_ssl(server)
        self.assert_ssl_undisturbed()

    def test_refuses_an_unknown_certificate(self):
        from awscrt.exceptions import AwsCrtError

        with serve(STRANGER) as server:
            with self.assertRaisesRegex(AwsCrtError, "TLS"):
                self.post(server)
            self.assertEqual(server.log()["requests"], [])

    def test_digest(self):
        from awscrt.crypto import Hash

        digest = Hash.sha256_new()
        digest.update(b"abc")
        self.assertEqual(bytes(digest.digest()).hex(), ABC_SHA256)

    def test_signature(self):
        from awscrt import auth, http

        config = auth.AwsSigningConfig(
            algorithm=auth.AwsSigningAlgorithm.V4,
            signature_type=auth.AwsSignatureType.HTTP_REQUEST_HEADERS,
            credentials_provider=auth.AwsCredentialsProvider.new_static(SIGV4["access key"], SIGV4["secret key"]),
            region=SIGV4["region"],
            service=SIGV4["service"],
            date=datetime.datetime(2015, 8, 30, 12, 36, tzinfo=datetime.timezone.utc),
        )
        request = http.HttpRequest("GET", "/", http.HttpHeaders([("Host", SIGV4["host"])]))
        signed = auth.aws_sign_request(request, config).result(30)
        self.assertTrue(signed.headers.get("Authorization").endswith("Signature=" + SIGV4["signature"]))

    def test_brings_its_own(self):
        self.assert_crypto_as_listed()
        self.assert_ssl_undisturbed()
