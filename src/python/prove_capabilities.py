"""What AWS-LC can and cannot do, by behaviour: held against what its headers and sources told before anything was built."""

from prove_common import CERTIFICATE, Finding, describe_exception
from prove_tls import HandshakeFailed, handshake, outcome

# Filled in by prove_child.py from the expectations: hash names that AWS-LC has, and every group that some AWS-LC has.
SETTINGS = {}
KEY = bytes.fromhex("00112233445566778899aabbccddeeff")
OTHER_KEY = bytes.fromhex("ffeeddccbbaa99887766554433221100")


def find_hmac_capability():
    """Whether AWS-LC's HMAC takes each of its hashes: asked without hmac.py, which turns to other code when it is refused."""
    import _hashlib

    found = {}
    for name in SETTINGS.get("$awslcHashes", []):
        try:
            _hashlib.hmac_new(b"key", b"message", digestmod=name).digest()
        except (TypeError, ValueError):
            # ValueError, of which 3.10's UnsupportedDigestmodError is one.
            found[name] = "refused"
        else:
            found[name] = "served"
    return found


def psk_contexts(version, with_certificate, server_key):
    """A client and a server context that speak one version, in TLS 1.2 with PSK cipher suites only."""
    import ssl

    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.check_hostname = False
    # With a pre-shared key the handshake is authentic without a certificate.
    client.verify_mode = ssl.CERT_NONE
    for context in (client, server):
        context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
        context.set_ciphers("PSK")
    if with_certificate:
        server.load_cert_chain(CERTIFICATE)
    client.set_psk_client_callback(lambda hint: ("somebody", KEY))
    server.set_psk_server_callback(lambda identity: server_key)
    return client, server


def psk_outcome(version, with_certificate=False, server_key=KEY):
    """The version agreed on, or refused: reasons differ from version to version and side to side."""
    found = outcome(*psk_contexts(version, with_certificate, server_key))
    return found if found.startswith("TLS") else "refused"


def find_psk():
    import ssl

    if not hasattr(ssl, "HAS_PSK"):
        return "no PSK in this series' API: it came with 3.13"
    if not ssl.HAS_PSK:
        return "ssl.HAS_PSK is False"
    return {
        "TLS 1.2, server with a certificate": psk_outcome("TLSv1_2", with_certificate=True),
        "TLS 1.2, server without a certificate": psk_outcome("TLSv1_2"),
        "TLS 1.2, another key": psk_outcome("TLSv1_2", with_certificate=True, server_key=OTHER_KEY),
        # No certificate: it could only come about by the key.
        "TLS 1.3, server without a certificate": psk_outcome("TLSv1_3"),
    }


def find_psk_flag():
    import ssl

    return getattr(ssl, "HAS_PSK_TLS13", "no such name in this series: it came with 3.15")


def group_outcome(name):
    import ssl

    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.load_verify_locations(cafile=CERTIFICATE)
    server.load_cert_chain(CERTIFICATE)
    try:
        client.set_groups(name)
        server.set_groups(name)
    except ssl.SSLError:
        return "refused"
    return outcome(client, server)


def find_groups():
    import ssl

    if not hasattr(ssl.SSLContext, "set_groups"):
        return "not asked: SSLContext.set_groups came with 3.15"
    found = {}
    for name in SETTINGS.get("$groups", []):
        try:
            found[name] = group_outcome(name)
        except Exception as exception:
            found[name] = describe_exception(exception)
    return found


TLS13_SUITES = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")


def ciphersuite_outcome(client_suite, server_suite, maximum="TLSv1_3"):
    """The suite that was agreed on, or refused."""
    import ssl

    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.load_verify_locations(cafile=CERTIFICATE)
    client.maximum_version = getattr(ssl.TLSVersion, maximum)
    server.load_cert_chain(CERTIFICATE)
    try:
        client.set_ciphersuites(client_suite)
        server.set_ciphersuites(server_suite)
        return handshake(client, server)[0].cipher()
    except (ssl.SSLError, HandshakeFailed):
        return "refused", "refused", 0


def find_ciphersuites():
    """What cases of test_ssl ask too, which skip themselves where get_ciphers() names no suite of TLS 1.3 (aws-lc#2092)."""
    import ssl

    if not hasattr(ssl.SSLContext, "set_ciphersuites"):
        return "not asked: SSLContext.set_ciphersuites came with 3.15"
    one, other = TLS13_SUITES[:2]
    return {
        **{name: ciphersuite_outcome(name, name)[0] for name in TLS13_SUITES},
        "another on each side": ciphersuite_outcome(one, other)[0],
        "a name that is none": ciphersuite_outcome("TLS_NO_SUCH_SUITE", one)[0],
        "a client of TLS 1.2": "TLS 1.2" if ciphersuite_outcome(one, one, "TLSv1_2")[0][:4] == "ECDH" else "refused",
    }


FINDINGS = [
    Finding(
        "hmac-capability",
        "HMAC takes the hashes that AWS-LC's sources say it takes, and no other",
        "_hashlib.hmac_new(key, message, name) for every hash of AWS-LC",
        find_hmac_capability,
    ),
    Finding(
        "tls-psk",
        "Pre-shared keys work where AWS-LC's headers and sources say so",
        "handshakes in memory by a key alone: TLS 1.2 with, without a certificate and with another key, TLS 1.3",
        find_psk,
    ),
    Finding(
        "tls-psk-flag",
        "ssl.HAS_PSK_TLS13 says what AWS-LC's headers make CPython say",
        "the value of ssl.HAS_PSK_TLS13",
        find_psk_flag,
    ),
    Finding(
        "tls-groups",
        "TLS takes the key-exchange groups that AWS-LC's sources name, and no other",
        "SSLContext.set_groups(name) and a handshake in memory, for every group that some AWS-LC has",
        find_groups,
    ),
    Finding(
        "tls-ciphersuites",
        "SSLContext.set_ciphersuites chooses the suite of TLS 1.3, and nothing else",
        "handshakes in memory with each suite, with two that differ, with a wrong name, and of a client of TLS 1.2",
        find_ciphersuites,
    ),
]
