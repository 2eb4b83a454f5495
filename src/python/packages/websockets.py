"""websockets, client and server, on this Python's ssl."""

import asyncio
import hashlib
import ssl

from package_tools.case import BODY, CERTIFICATE, PackageCase, STRANGER


def contexts(certificate=CERTIFICATE):
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.minimum_version = ssl.TLSVersion.TLSv1_3
    server.load_cert_chain(certificate)
    return ssl.create_default_context(cafile=CERTIFICATE), server


class Websockets(PackageCase):
    package = "websockets"

    async def exchange(self, certificate=CERTIFICATE):
        """Sends BODY to a server that sends it back; what each side says of TLS, and what came back."""
        from websockets.asyncio.client import connect
        from websockets.asyncio.server import serve

        client, server = contexts(certificate)
        seen = []

        async def echo(connection):
            secured = connection.transport.get_extra_info("ssl_object")
            seen.append((secured.version(), secured.cipher()[0]))
            async for message in connection:
                await connection.send(message)

        async with serve(echo, "127.0.0.1", 0, ssl=server) as served:
            port = served.sockets[0].getsockname()[1]
            async with connect("wss://localhost:%d/" % port, ssl=client, proxy=None) as connection:
                secured = connection.transport.get_extra_info("ssl_object")
                mine = (secured.version(), secured.cipher()[0])
                await connection.send(BODY)
                return seen, mine, await asyncio.wait_for(connection.recv(), 30)

    def test_tls_exchange(self):
        seen, mine, body = asyncio.run(self.exchange())
        self.assertEqual(body, BODY)
        self.assertEqual(seen, [mine])
        self.assertEqual(mine[0], "TLSv1.3")
        self.assertRegex(mine[1], "^TLS_(AES|CHACHA20)_")

    def test_refuses_an_unknown_certificate(self):
        with self.assertRaises(ssl.SSLCertVerificationError):
            asyncio.run(self.exchange(STRANGER))

    def test_accept_key(self):
        # RFC 6455, 1.3: a SHA-1 that every connection makes.
        from websockets.utils import accept_key

        self.assertEqual(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        self.assertEqual(type(hashlib.sha1()).__module__, "_hashlib")

    def test_runs_on_ssl(self):
        self.assert_crypto_as_listed()
        self.assert_ssl_undisturbed()
