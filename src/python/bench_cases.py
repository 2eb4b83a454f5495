"""The work that bench_crypto.py measures: each case of ssl and hashlib, made once and done many times."""

import os

DIRECTORY = os.path.dirname(os.path.abspath(__file__))
KIB = 1024
SIZES = [("64 B", 64), ("1 KiB", KIB), ("64 KiB", 64 * KIB), ("8 MiB", 8 * KIB * KIB)]
DIGESTS = ["sha1", "sha256", "sha512", "sha3_256"]
CERTIFICATES = ["rsa2048", "rsa4096", "p256", "ed25519"]
KEY_TITLES = {"rsa2048": "RSA-2048", "rsa4096": "RSA-4096", "p256": "P-256", "ed25519": "Ed25519"}
RECORDS = [
    ("AES-128-GCM", "ECDHE-RSA-AES128-GCM-SHA256"),
    ("AES-256-GCM", "ECDHE-RSA-AES256-GCM-SHA384"),
    ("ChaCha20-Poly1305", "ECDHE-RSA-CHACHA20-POLY1305"),
]
BULK = 1024 * KIB


class Unavailable(Exception):
    """This Python, or its library, cannot do that."""


def digest_case(name, size):
    import hashlib

    data, make = bytes(size), getattr(hashlib, name)
    return lambda: make(data).digest()


def hmac_case(size):
    import hmac

    data, key = bytes(size), bytes(32)
    return lambda: hmac.digest(key, data, "sha256")


def pbkdf2_case():
    import hashlib

    return lambda: hashlib.pbkdf2_hmac("sha256", b"password 14 ch", bytes(16), 10_000)


def scrypt_case():
    import hashlib

    return lambda: hashlib.scrypt(b"password", salt=bytes(16), n=2**14, r=8, p=1, maxmem=64 * KIB * KIB)


class Connection:
    """A client and a server of this process that talk through memory: no socket, no other process."""

    def __init__(self, client_context, server_context, session=None):
        import ssl

        self._want = ssl.SSLWantReadError
        to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client_context.wrap_bio(to_client, to_server, server_hostname="localhost", session=session)
        self.server = server_context.wrap_bio(to_server, to_client, server_side=True)

    def handshake(self):
        open_ends = [self.client, self.server]
        for _ in range(20):
            for end in list(open_ends):
                try:
                    end.do_handshake()
                    open_ends.remove(end)
                except self._want:
                    pass
            if not open_ends:
                return self
        raise Unavailable("the handshake does not end")

    def take_tickets(self):
        """Lets the client read what the server sends after the handshake."""
        try:
            self.client.read(1)
        except self._want:
            pass
        return self.client.session


def make_contexts(version, certificate, ciphers=None, group="prime256v1"):
    import ssl

    path = os.path.join(DIRECTORY, "bench_certs", certificate + ".pem")
    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.load_verify_locations(path)
    server.load_cert_chain(path)
    for context in (client, server):
        context.minimum_version = context.maximum_version = version
        if ciphers is not None:
            context.set_ciphers(ciphers)
        if group == "prime256v1":
            context.set_ecdh_curve(group)
        elif hasattr(context, "set_groups"):
            context.set_groups(group)
        else:
            raise Unavailable("this CPython cannot choose the group")
    return client, server


def handshake_case(version, certificate, resumed, group="prime256v1"):
    import ssl

    client, server = make_contexts(getattr(ssl.TLSVersion, version), certificate, group=group)
    first = Connection(client, server).handshake()
    if not resumed:
        return lambda: Connection(client, server).handshake()
    session = first.take_tickets()

    def resume():
        return Connection(client, server, session).handshake()

    if session is None or not resume().client.session_reused:
        raise Unavailable("the session is not resumed")
    return resume


def records_case(cipher):
    import ssl

    client, server = make_contexts(ssl.TLSVersion.TLSv1_2, "rsa2048", ciphers=cipher)
    connection = Connection(client, server).handshake()
    if connection.client.cipher()[0] != cipher:
        raise Unavailable("another cipher is used: %s" % connection.client.cipher()[0])
    data = bytes(16 * KIB)

    def transfer():
        for _ in range(BULK // len(data)):
            connection.client.write(data)
            left = len(data)
            while left:
                left -= len(connection.server.read(left))

    return transfer


def list_cases():
    """Each case: id, group, title, bytes of one operation (0 where it is counted by operations), and how it is made."""
    cases = []
    for name in DIGESTS:
        for title, size in SIZES:
            cases.append(("%s-%d" % (name, size), "hashlib.%s" % name, title, size, lambda n=name, s=size: digest_case(n, s)))
    for title, size in SIZES[1:3]:
        cases.append(("hmac-sha256-%d" % size, "HMAC-SHA256", title, size, lambda s=size: hmac_case(s)))
    cases.append(("pbkdf2-sha256", "PBKDF2-SHA256", "10,000 iterations", 0, pbkdf2_case))
    cases.append(("scrypt", "scrypt", "n=16384, r=8, p=1", 0, scrypt_case))
    for version, title in (("TLSv1_2", "TLS 1.2"), ("TLSv1_3", "TLS 1.3")):
        for certificate in CERTIFICATES:
            cases.append(
                (
                    "%s-full-%s" % (version, certificate),
                    "%s handshake" % title,
                    "%s, full" % KEY_TITLES[certificate],
                    0,
                    lambda v=version, c=certificate: handshake_case(v, c, False),
                )
            )
        cases.append(
            (
                "%s-resumed" % version,
                "%s handshake" % title,
                "P-256, resumed",
                0,
                lambda v=version: handshake_case(v, "p256", True),
            )
        )
    cases.append(
        (
            "TLSv1_3-mlkem",
            "TLS 1.3 handshake",
            "P-256, X25519MLKEM768",
            0,
            lambda: handshake_case("TLSv1_3", "p256", False, "X25519MLKEM768"),
        )
    )
    for title, cipher in RECORDS:
        cases.append(("records-%s" % title, "TLS 1.2 records", title, BULK, lambda c=cipher: records_case(c)))
    return cases
