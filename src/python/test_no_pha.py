"""AWS-LC has no TLS 1.3 post-handshake authentication: how ssl must behave without it, in every CPython series.

Run by the proof inside the built Python; `python3 -I test_no_pha.py -v` runs it alone.
"""

import os
import socket
import ssl
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import prove_tls

POST_HANDSHAKE_AUTH = 49  # RFC 8446 4.2, ExtensionType


def client_hello_extensions(context):
    """The extension types that a client context offers, read from the bytes of its first message."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()
    # Record header 5, message header 4, version 2, random 32; then three lists with lengths of 1, 2 and 1 bytes.
    at = 5 + 4 + 2 + 32
    for length_bytes in (1, 2, 1):
        at += length_bytes + int.from_bytes(hello[at : at + length_bytes], "big")
    end = at + 2 + int.from_bytes(hello[at : at + 2], "big")
    at, types = at + 2, []
    while at < end:
        types.append(int.from_bytes(hello[at : at + 2], "big"))
        at += 4 + int.from_bytes(hello[at + 2 : at + 4], "big")
    return types


class NoPostHandshakeAuth(unittest.TestCase):
    def test_flag_says_no(self):
        # The flag came with 3.14; no series of ours gets it earlier.
        self.assertEqual(hasattr(ssl, "HAS_PHA"), sys.version_info >= (3, 14))
        self.assertFalse(getattr(ssl, "HAS_PHA", False))

    def test_attribute_reads_none(self):
        for protocol in (ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER):
            self.assertIsNone(ssl.SSLContext(protocol).post_handshake_auth)

    def test_attribute_cannot_be_set(self):
        for protocol in (ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER):
            for value in (True, False):
                with self.assertRaises(AttributeError):
                    ssl.SSLContext(protocol).post_handshake_auth = value

    def test_client_does_not_offer_it(self):
        extensions = client_hello_extensions(ssl.create_default_context())
        self.assertIn(43, extensions, "supported_versions: the message was read right")
        self.assertNotIn(POST_HANDSHAKE_AUTH, extensions)

    def test_server_cannot_ask_in_memory(self):
        client, server = prove_tls.handshake(*prove_tls.default_contexts())
        self.assertEqual(server.version(), "TLSv1.3")
        for side in (server, client):
            with self.assertRaises(NotImplementedError):
                side.verify_client_post_handshake()
        # The refusal must not harm the connection.
        server.write(b"still here")
        self.assertEqual(client.read(), b"still here")

    def test_server_cannot_ask_over_a_socket(self):
        client_context, server_context = prove_tls.default_contexts()
        client_end, server_end = socket.socketpair()
        received = []

        def run_client():
            with client_end, client_context.wrap_socket(client_end, server_hostname="localhost") as client:
                received.append(client.recv(100))

        for end in (client_end, server_end):
            end.settimeout(10)
        thread = threading.Thread(target=run_client)
        thread.start()
        with server_end, server_context.wrap_socket(server_end, server_side=True) as server:
            self.assertEqual(server.version(), "TLSv1.3")
            with self.assertRaises(NotImplementedError):
                server.verify_client_post_handshake()
            server.sendall(b"still here")
            thread.join(10)
        self.assertEqual(received, [b"still here"])


if __name__ == "__main__":
    unittest.main()
