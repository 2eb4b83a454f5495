"""cryptography, which brings OpenSSL in its wheel: it works beside AWS-LC, and neither disturbs the other."""

import datetime
import hashlib
import os
import ssl
import tempfile
import threading

from package_tools.case import ABC_SHA256, BODY, BODY_SHA256, PackageCase, serve


def digest(data):
    from cryptography.hazmat.primitives import hashes

    hasher = hashes.Hash(hashes.SHA256())
    hasher.update(data)
    return hasher.finalize().hex()


def make_certificate():
    """A certificate for localhost that vouches for itself, with its key, as PEM: all made by the package's own library."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "made by cryptography")])
    now = datetime.datetime.now(datetime.timezone.utc)
    public = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    usage = dict.fromkeys(
        "content_commitment key_encipherment data_encipherment key_agreement crl_sign encipher_only decipher_only".split(),
        False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .add_extension(x509.KeyUsage(digital_signature=True, key_cert_sign=True, **usage), True)
        .add_extension(public, False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


class Cryptography(PackageCase):
    package = "cryptography"

    def test_digest(self):
        self.assertEqual(digest(b"abc"), ABC_SHA256)

    def test_cipher(self):
        # NIST SP 800-38D test case 14 of AES-256-GCM: key, nonce and block of zeros.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        sealed = AESGCM(bytes(32)).encrypt(bytes(12), bytes(16), None)
        self.assertEqual(sealed.hex(), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")

    def test_its_certificate_in_ssl(self):
        import http.client

        certificate, key = make_certificate()
        with tempfile.TemporaryDirectory() as place:
            both, alone = os.path.join(place, "both.pem"), os.path.join(place, "certificate.pem")
            for path, data in ((both, certificate + key), (alone, certificate)):
                with open(path, "wb") as file:
                    file.write(data)
            with serve(both) as server:
                context = ssl.create_default_context(cafile=alone)
                connection = http.client.HTTPSConnection("localhost", server.port, timeout=30, context=context)
                connection.request("POST", "/", BODY)
                self.assertIn(BODY_SHA256.encode(), connection.getresponse().read())
                shown = connection.sock.getpeercert(binary_form=True)
                connection.close()
        self.assertEqual(ssl.DER_cert_to_PEM_cert(shown).encode(), certificate)

    def test_errors_stay_apart(self):
        from cryptography.hazmat.primitives import serialization

        with serve() as server:
            for _ in range(3):
                # An error that one library leaves behind is not the other's.
                with self.assertRaises(ValueError):
                    serialization.load_pem_private_key(b"no key", None)
                self.exchange_by_ssl(server)
                with self.assertRaises(ssl.SSLError):
                    ssl.create_default_context(cadata="-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
                self.assertEqual(digest(b"abc"), ABC_SHA256)

    def test_threads(self):
        bad = []

        def work(function):
            for _ in range(300):
                if function() != BODY_SHA256:
                    bad.append(function)

        functions = [lambda: digest(BODY), lambda: hashlib.sha256(BODY).hexdigest()]
        threads = [threading.Thread(target=work, args=(function,)) for function in functions * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(bad, [])

    def test_brings_its_own(self):
        from cryptography.hazmat.backends.openssl import backend

        self.assertRegex(backend.openssl_version_text(), "^%s " % self.listed["brings"])
        self.assert_crypto_as_listed()
        self.assert_ssl_undisturbed()
