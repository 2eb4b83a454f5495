"""Parameters of real handshakes, each with what a security policy's tables say of it: no indicator tells.

The handshake messages come from the context's message callback, which is CPython's own, private and the same since 3.8.
"""

import os
import warnings

from prove_common import Finding, TOOL, not_checked
import prove_tls

# Filled in by prove_child.py from the expectations: `$tlsPolicy` has the policy's name and its tables.
SETTINGS = {}

# RFC 8446 4.2.7, RFC 8422, draft-ietf-tls-ecdhe-mlkem and its predecessors; the names are AWS-LC's.
GROUPS = {
    0x0015: "P-224",
    0x0017: "P-256",
    0x0018: "P-384",
    0x0019: "P-521",
    0x001D: "X25519",
    0x0200: "MLKEM512",
    0x0201: "MLKEM768",
    0x0202: "MLKEM1024",
    0x11EB: "SecP256r1MLKEM768",
    0x11EC: "X25519MLKEM768",
    0x11ED: "SecP384r1MLKEM1024",
}
# RFC 8446 4.2.3.
SIGNATURES = {
    0x0201: "rsa_pkcs1_sha1",
    0x0203: "ecdsa_sha1",
    0x0401: "rsa_pkcs1_sha256",
    0x0501: "rsa_pkcs1_sha384",
    0x0601: "rsa_pkcs1_sha512",
    0x0403: "ecdsa_secp256r1_sha256",
    0x0503: "ecdsa_secp384r1_sha384",
    0x0603: "ecdsa_secp521r1_sha512",
    0x0804: "rsa_pss_rsae_sha256",
    0x0805: "rsa_pss_rsae_sha384",
    0x0806: "rsa_pss_rsae_sha512",
    0x0807: "ed25519",
}
SERVER_HELLO, SERVER_KEY_EXCHANGE, CERTIFICATE_VERIFY = 2, 12, 15
EXTENDED_MASTER_SECRET, KEY_SHARE = 23, 51
NOT_NAMED = "not in the table"


def number(data, at, size=2):
    return int.from_bytes(data[at : at + size], "big")


def server_extensions(hello):
    """Type to content of the extensions in a ServerHello, its header of 4 bytes included."""
    # Header 4, version 2, random 32, session id with its length, cipher suite 2, compression 1.
    at = 4 + 2 + 32
    at += 1 + hello[at] + 2 + 1
    end = at + 2 + number(hello, at)
    at, found = at + 2, {}
    while at < end:
        size = number(hello, at + 2)
        found[number(hello, at)] = hello[at + 4 : at + 4 + size]
        at += 4 + size
    return found


def read_messages(messages):
    """Group, signature scheme, bits of an RSA key that signed, and extended master secret, from the server's messages."""
    extensions = server_extensions(messages[SERVER_HELLO])
    if KEY_SHARE in extensions:
        signed = messages[CERTIFICATE_VERIFY][4:]
        group = number(extensions[KEY_SHARE], 0)
    else:
        # Kind of curve 1 (3: named), group 2, point with its length of 1; then scheme and signature.
        exchange = messages[SERVER_KEY_EXCHANGE][4:]
        group = number(exchange, 1)
        signed = exchange[4 + exchange[3] :]
    scheme = SIGNATURES.get(number(signed, 0), "0x%04x" % number(signed, 0))
    return {
        "group": GROUPS.get(group, "0x%04x" % group),
        "signature": scheme,
        # An RSA signature is as long as its key's modulus.
        "rsaBits": number(signed, 2) * 8 if scheme.startswith("rsa_") else None,
        "extendedMasterSecret": EXTENDED_MASTER_SECRET in extensions,
    }


def encryption(suite):
    """What encrypts in a suite, by OpenSSL's name of it."""
    if "CHACHA20" in suite:
        return "CHACHA20-POLY1305"
    bits = "256" if "256_" in suite or "AES256" in suite else "128"
    return "AES-%s-%s" % (bits, "GCM" if "GCM" in suite else "CBC")


def label_signature(policy, name, rsa_bits):
    answer = policy["signatures"].get(name, NOT_NAMED)
    if rsa_bits is None or answer != "approved" or rsa_bits in policy["rsa"]["approvedBits"]:
        return answer
    return "not approved" if rsa_bits < policy["rsa"]["notApprovedBelowBits"] else NOT_NAMED


def describe(client_context, server_context):
    messages = {}

    def keep(connection, direction, version, content, message, data):
        if direction == "read" and content == 22:
            messages[int(message)] = data

    client_context._msg_callback = keep
    client, _ = prove_tls.handshake(client_context, server_context)
    seen, policy = read_messages(messages), SETTINGS["$tlsPolicy"]
    suite, version = client.cipher()[0], client.version()
    derivation = version
    if version == "TLSv1.2":
        derivation += " %s extended master secret" % ("with" if seen["extendedMasterSecret"] else "without")
    bits = seen["rsaBits"]
    return {
        "key derivation, %s" % derivation: policy["keyDerivation"].get(derivation, NOT_NAMED),
        "cipher suite, %s" % suite: policy["ciphers"].get(encryption(suite), NOT_NAMED),
        "group, %s" % seen["group"]: policy["groups"].get(seen["group"], NOT_NAMED),
        "signature, %s%s" % (seen["signature"], ", %d bits" % bits if bits else ""): label_signature(
            policy, seen["signature"], bits
        ),
    }


def contexts(maximum=None, ciphers=None, curve=None, certificate=None):
    import ssl

    client, server = prove_tls.default_contexts()
    if certificate is not None:
        path = os.path.join(TOOL, "certs", certificate)
        client.load_verify_locations(cafile=path)
        server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        server.load_cert_chain(path)
    for context in (client, server):
        if maximum is not None:
            context.maximum_version = maximum
        if ciphers is not None:
            context.set_ciphers(ciphers)
        if curve is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.set_ecdh_curve(curve)
    return client, server


def find_labels():
    import ssl

    tls12 = ssl.TLSVersion.TLSv1_2
    handshakes = [
        ("default contexts", {}),
        ("default contexts, P-256 asked for", {"curve": "prime256v1"}),
        ("default contexts, RSA key of 2048 bits", {"certificate": "rsa-2048.pem"}),
        ("default contexts, RSA key of 1024 bits", {"certificate": "rsa-1024.pem"}),
        ("TLS 1.2", {"maximum": tls12}),
        ("TLS 1.2, ChaCha20 asked for", {"maximum": tls12, "ciphers": "ECDHE+CHACHA20"}),
    ]
    found = {}
    for name, wishes in handshakes:
        try:
            found[name] = describe(*contexts(**wishes))
        except (prove_tls.HandshakeFailed, ssl.SSLError) as failed:
            found[name] = "refused: %s" % failed
    not_checked(
        "Labels of TLS parameters come from a policy's tables, not from the module; whether a program's other handshakes use "
        "the same parameters is not known."
    )
    return {"policy": SETTINGS["$tlsPolicy"]["name"], "handshakes": found}


FINDINGS = [
    Finding(
        "tls-policy",
        "TLS parameters negotiated in test handshakes, derived from the policy table",
        "handshakes in memory, read through the message callback; each parameter looked up in the policy's tables",
        find_labels,
    ),
]
