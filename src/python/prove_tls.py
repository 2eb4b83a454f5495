"""TLS by real handshakes between two contexts in one process, the default cipher list, and CA certificates."""

import os
import re
import shutil
import sysconfig
import warnings

from prove_common import CERTIFICATE, Finding, make_directory, not_checked

# The file name that a hashed directory gives to the certificate: its subject's hash, as `openssl rehash` makes it.
CERTIFICATE_HASH_NAME = "cfd60032.0"
# Where distributions keep their roots in one file; the first that exists is what SSL_CERT_FILE can be set to.
KNOWN_ROOTS = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
]
VERSIONS = ["TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"]
WEAK = [
    ("anonymous", re.compile(r"\bAu=None\b|^A(EC)?DH-")),
    ("no encryption", re.compile(r"\bEnc=None\b|NULL")),
    ("RC4, DES or 3DES", re.compile(r"RC4|DES")),
    ("MD5 or SHA-1", re.compile(r"\bMac=(MD5|SHA1)\b|-(MD5|SHA)$")),
]
# AEAD suites and those with SHA-2 exist since TLS 1.2 only (RFC 5246 appendix C, RFC 5288). The `protocol` that
# get_ciphers() gives is no help: AWS-LC 1.26 says TLSv1/SSLv3 of every suite but TLS 1.3's.
TLS12_ONLY = re.compile(r"GCM|CCM|POLY1305|-SHA(256|384)$")


class HandshakeFailed(Exception):
    """Neither side, or only one, came through; the reasons of both are in the message."""


def handshake(client_context, server_context, hostname="localhost"):
    """A handshake in memory; returns the two sides, or raises HandshakeFailed with both sides' reasons."""
    import ssl

    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=hostname)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    waiting, reasons = [client, server], []
    # Each turn carries one flight; no handshake has ten. A side that failed has left an alert for the other.
    for _ in range(10):
        for side in list(waiting):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError as problem:
                reasons.append(problem.reason or str(problem))
            waiting.remove(side)
        if not waiting:
            break
    if waiting or reasons:
        raise HandshakeFailed(", ".join(reasons) or "no end")
    return client, server


def outcome(client_context, server_context, hostname="localhost"):
    """The version that was agreed on, or why there is none."""
    try:
        client, server = handshake(client_context, server_context, hostname)
    except HandshakeFailed as failed:
        reasons = str(failed)
        # The alert of RFC 8446 6.2 (protocol_version) and the libraries' reasons for the same thing.
        if re.search(r"PROTOCOL|VERSION", reasons):
            return "refused: protocol version"
        if "CERTIFICATE_VERIFY_FAILED" in reasons:
            return "refused: certificate"
        return "failed: " + reasons
    client.write(b"from the client")
    server.write(b"from the server")
    if server.read() != b"from the client" or client.read() != b"from the server":
        return "failed: the data came out wrong"
    return client.version()


def default_contexts():
    """A client and a server context as a program gets them without asking for anything, with certificates added."""
    import ssl

    client = ssl.create_default_context()
    client.load_verify_locations(cafile=CERTIFICATE)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(CERTIFICATE)
    return client, server


def contexts_of_version(version):
    """A client and a server context that speak this version only, with every cipher there is."""
    import ssl

    client, server = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.load_verify_locations(cafile=CERTIFICATE)
    server.load_cert_chain(CERTIFICATE)
    for context in (client, server):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = getattr(ssl.TLSVersion, version)
        context.set_ciphers("ALL")
    return client, server


def try_versions(versions):
    found = {}
    for version in versions:
        default_client, default_server = default_contexts()
        client, server = contexts_of_version(version)
        found[version] = {
            "default client": outcome(default_client, server),
            "default server": outcome(client, default_server),
            "both ask for it": outcome(*contexts_of_version(version)),
        }
    return found


def find_old_versions():
    return try_versions(VERSIONS[:2])


def find_new_versions():
    return try_versions(VERSIONS[2:])


def find_minimum():
    import ssl

    contexts = {
        "create_default_context()": ssl.create_default_context(),
        "create_default_context(CLIENT_AUTH)": ssl.create_default_context(ssl.Purpose.CLIENT_AUTH),
        "SSLContext(PROTOCOL_TLS_CLIENT)": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        "SSLContext(PROTOCOL_TLS_SERVER)": ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
    }
    return {name: context.minimum_version.name for name, context in contexts.items()}


def find_certificate_check():
    import ssl

    client, server = default_contexts()
    return {
        "trusted": outcome(client, server),
        "not trusted": outcome(ssl.create_default_context(), server),
        "another name": outcome(client, server, hostname="example.org"),
    }


def default_ciphers():
    import ssl

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).get_ciphers()


def find_default_ciphers():
    import ssl

    with open(sysconfig.get_config_h_filename(), encoding="utf-8") as file:
        string = re.search(r'^#define PY_SSL_DEFAULT_CIPHER_STRING "(.*)"$', file.read(), re.MULTILINE)
    if string is None:
        return {"string": None, "list": "as the library's own default"}
    asked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asked.set_ciphers(string.group(1))
    same = [cipher["name"] for cipher in asked.get_ciphers()] == [cipher["name"] for cipher in default_ciphers()]
    return {"string": string.group(1), "list": "as the string selects" if same else "other than the string selects"}


def weaknesses(cipher):
    """What a cipher suite lacks, by OpenSSL's name and one-line description of it."""
    tls13 = cipher["protocol"] == "TLSv1.3"
    text = "%s %s" % (cipher["name"], cipher["description"])
    found = [what for what, pattern in WEAK if any(pattern.search(part) for part in (cipher["name"], text))]
    if not tls13 and not cipher["name"].startswith("ECDHE-"):
        found.append("no forward secrecy by ECDHE")
    if not tls13 and not TLS12_ONLY.search(cipher["name"]):
        found.append("older than TLS 1.2")
    return found


def find_weak_ciphers():
    return {cipher["name"]: weaknesses(cipher) for cipher in default_ciphers() if weaknesses(cipher)}


def find_cipher_list():
    return [cipher["name"] for cipher in default_ciphers()]


def find_seclevel():
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).set_ciphers("DEFAULT@SECLEVEL=1")
    except ssl.SSLError as problem:
        return "refused: %s" % problem.args[-1]
    return "accepted"


def outcome_in_environment(variable, value):
    """A handshake whose client finds its roots through an environment variable alone."""
    import ssl

    # Only this process: the next finding sets its own.
    names = ("SSL_CERT_FILE", "SSL_CERT_DIR")
    os.environ.update(dict.fromkeys(names, "/nonexistent"))
    os.environ[variable] = value
    try:
        return outcome(ssl.create_default_context(), default_contexts()[1])
    finally:
        for name in names:
            del os.environ[name]


def find_ca_search():
    directory = make_directory("tls-")
    try:
        shutil.copyfile(CERTIFICATE, os.path.join(directory, CERTIFICATE_HASH_NAME))
        return {
            "neither": outcome_in_environment("SSL_CERT_FILE", "/nonexistent"),
            "SSL_CERT_FILE": outcome_in_environment("SSL_CERT_FILE", CERTIFICATE),
            "SSL_CERT_DIR": outcome_in_environment("SSL_CERT_DIR", directory),
        }
    finally:
        shutil.rmtree(directory)


def count_roots(cafile=None, capath=None):
    """Certificates of certification authorities in a file, or in a hashed directory, where OpenSSL reads them only when asked."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    files = [cafile] if cafile else []
    if capath and os.path.isdir(capath):
        files = [os.path.join(capath, name) for name in sorted(os.listdir(capath)) if re.match(r"[0-9a-f]{8}\.\d+$", name)]
    for path in files:
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ssl.SSLError):
            # A file that is absent or no certificate gives no root.
            continue
    return context.cert_store_stats()["x509_ca"]


def find_ca_roots():
    import ssl

    paths = ssl.get_default_verify_paths()
    in_file, in_directory = count_roots(cafile=paths.openssl_cafile), count_roots(capath=paths.openssl_capath)
    found = {
        "file": {"path": paths.openssl_cafile, "roots": in_file},
        "directory": {"path": paths.openssl_capath, "roots": in_directory},
    }
    if in_file or in_directory:
        found["next"] = "nothing: a default context finds roots"
    else:
        elsewhere = next((path for path in KNOWN_ROOTS if count_roots(cafile=path)), None)
        found["next"] = (
            "set SSL_CERT_FILE=%s" % elsewhere
            if elsewhere
            else "no roots on this machine: install its ca-certificates package, then set SSL_CERT_FILE if need be"
        )
        not_checked("Whether a server on the internet is trusted: no CA roots where a default context looks.")
    return found


FINDINGS = [
    Finding(
        "tls-minimum",
        "Default contexts have the TLS floor that was asked",
        "minimum_version of four default contexts",
        find_minimum,
    ),
    Finding(
        "tls-floor",
        "Default contexts refuse TLS 1.0 and 1.1, though the library speaks them",
        "handshakes in memory against a side that speaks this version only; a control where both ask for it",
        find_old_versions,
    ),
    Finding(
        "tls-versions",
        "TLS 1.2 and 1.3 work",
        "handshakes in memory, and data both ways",
        find_new_versions,
    ),
    Finding(
        "tls-certificates",
        "A default client refuses a certificate that is not trusted or has another name",
        "handshakes in memory with a self-signed certificate for localhost",
        find_certificate_check,
    ),
    Finding(
        "tls-default-ciphers",
        "The default ciphers are what the string that was asked selects",
        "PY_SSL_DEFAULT_CIPHER_STRING in pyconfig.h; its list against the list of a default context",
        find_default_ciphers,
    ),
    Finding(
        "tls-weak-ciphers",
        "No weak cipher suite is on by default",
        "names and descriptions of a default context's suites: ECDHE or TLS 1.3, no SHA-1, MD5, RC4, DES, NULL",
        find_weak_ciphers,
    ),
    Finding(
        "ca-search",
        "CA certificates are found through SSL_CERT_FILE and through a hashed SSL_CERT_DIR",
        "handshakes of default contexts that have no other root",
        find_ca_search,
    ),
    Finding("ca-roots", "CA roots on this machine", "ssl.get_default_verify_paths()", find_ca_roots),
    Finding("tls-ciphers", "Default cipher suites", "get_ciphers() of a default context", find_cipher_list),
    Finding("tls-seclevel", "Cipher strings with @SECLEVEL", "set_ciphers('DEFAULT@SECLEVEL=1')", find_seclevel),
]
