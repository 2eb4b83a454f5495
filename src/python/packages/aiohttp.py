"""aiohttp, client and server, on this Python's ssl."""

import asyncio
import contextlib
import hashlib
import ssl

from package_tools.case import BODY, BODY_SHA256, CERTIFICATE, PackageCase, STRANGER, fingerprint


def server_context(certificate=CERTIFICATE):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(certificate)
    return context


def client_context():
    context = ssl.create_default_context(cafile=CERTIFICATE)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    return context


class Aiohttp(PackageCase):
    package = "aiohttp"

    @contextlib.asynccontextmanager
    async def serve(self, certificate=CERTIFICATE):
        """A server in this process's own loop, and a session; yields the session, the server's address and what it saw."""
        from aiohttp import web

        seen = []

        async def answer(request):
            secured = request.transport.get_extra_info("ssl_object")
            body = await request.read()
            seen.append((secured.version(), secured.cipher()[0], hashlib.sha256(body).hexdigest()))
            return web.Response(body=body)

        async def echo(request):
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                await socket.send_bytes(message.data)
            return socket

        application = web.Application()
        application.router.add_post("/", answer)
        application.router.add_get("/socket", echo)
        runner = web.AppRunner(application)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=server_context(certificate))
        await site.start()
        port = site._server.sockets[0].getsockname()[1]
        try:
            async with self.module.ClientSession(timeout=self.module.ClientTimeout(30)) as session:
                yield session, "https://localhost:%d/" % port, seen
        finally:
            await runner.cleanup()

    def test_tls_exchange(self):
        async def run():
            async with self.serve() as (session, url, seen):
                async with session.post(url, data=BODY, ssl=client_context()) as answer:
                    return seen, await answer.read()

        seen, body = asyncio.run(run())
        self.assertEqual(body, BODY)
        [(version, cipher, sha256)] = seen
        self.assertEqual((version, sha256), ("TLSv1.3", BODY_SHA256))
        self.assertRegex(cipher, "^TLS_(AES|CHACHA20)_")

    def test_web_socket(self):
        async def run():
            async with self.serve() as (session, url, _):
                async with session.ws_connect(url + "socket", ssl=client_context()) as socket:
                    await socket.send_bytes(BODY)
                    return socket.get_extra_info("ssl_object").version(), await socket.receive_bytes(timeout=30)

        self.assertEqual(asyncio.run(run()), ("TLSv1.3", BODY))

    def test_pinned_fingerprint(self):
        right = fingerprint(CERTIFICATE).digest()

        async def run(digest):
            async with self.serve() as (session, url, _):
                async with session.post(url, data=BODY, ssl=self.module.Fingerprint(digest)) as answer:
                    return await answer.read()

        self.assertEqual(asyncio.run(run(right)), BODY)
        with self.assertRaises(self.module.ServerFingerprintMismatch):
            asyncio.run(run(hashlib.sha256(b"another").digest()))

    def test_refuses_an_unknown_certificate(self):
        async def run():
            async with self.serve(STRANGER) as (session, url, seen):
                with self.assertRaises(self.module.ClientConnectorCertificateError):
                    await session.post(url, data=BODY, ssl=client_context())
                return seen

        self.assertEqual(asyncio.run(run()), [])

    def test_runs_on_ssl(self):
        self.assert_crypto_as_listed()
        self.assert_ssl_undisturbed()
