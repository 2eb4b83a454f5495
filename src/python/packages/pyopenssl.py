"""pyOpenSSL, which is TLS on the OpenSSL in cryptography's wheel: against a server on AWS-LC, and beside ssl in one process."""

import json
import socket

from package_tools.case import BODY, CERTIFICATE, PackageCase, STRANGER, serve


class PyOpenSSL(PackageCase):
    package = "pyOpenSSL"

    def post(self, server):
        """A request by pyOpenSSL; what the server says that it saw."""
        from OpenSSL import SSL

        context = SSL.Context(SSL.TLS_METHOD)
        context.load_verify_locations(CERTIFICATE)
        context.set_verify(SSL.VERIFY_PEER, lambda connection, certificate, error, depth, good: bool(good))
        # Without a time limit: with one, pyOpenSSL's sockets do not wait.
        plain = socket.create_connection(("127.0.0.1", server.port))
        plain.settimeout(None)
        connection = SSL.Connection(context, plain)
        try:
            connection.set_tlsext_host_name(b"localhost")
            connection.set_connect_state()
            connection.do_handshake()
            head = "POST /by-pyopenssl HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n\r\n" % (server.host, len(BODY))
            connection.sendall(head.encode("ascii") + BODY)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += connection.recv(65536)
            head, _, body = answer.partition(b"\r\n\r\n")
            [length] = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
            while len(body) < int(length):
                body += connection.recv(65536)
            self.assertEqual(connection.get_protocol_version_name(), "TLSv1.3")
            return json.loads(body)
        finally:
            plain.close()

    def test_tls_exchange(self):
        with serve() as server:
            self.assert_echo(self.post(server))

    def test_both_in_one_process(self):
        with serve() as server:
            for _ in range(3):
                self.assert_echo(self.post(server))
                self.exchange_by_ssl(server)
            seen = server.log()["requests"]
        self.assertEqual([one["path"] for one in seen], ["/by-pyopenssl", "/by-ssl"] * 3)
        self.assert_ssl_undisturbed()

    def test_refuses_an_unknown_certificate(self):
        from OpenSSL import SSL

        with serve(STRANGER) as server:
            with self.assertRaisesRegex(SSL.Error, "certificate verify failed"):
                self.post(server)
            self.assertEqual(server.log()["requests"], [])

    def test_brings_its_own(self):
        from OpenSSL import SSL

        ask = getattr(SSL, "OpenSSL_version", None) or SSL.SSLeay_version
        number = getattr(SSL, "OPENSSL_VERSION", None) or SSL.SSLEAY_VERSION
        self.assertRegex(ask(number).decode(), "^%s " % self.listed["brings"])
        self.assert_crypto_as_listed()
        self.assert_ssl_undisturbed()
