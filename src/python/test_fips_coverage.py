"""AWS-LC's FIPS mode refuses nothing: what CPython's suites skip in FIPS mode, and what other FIPS Pythons refuse, works.

Run by the proof inside the built Python; `python3 -I test_fips_coverage.py -v` runs it alone.
"""

import os
import sys
import unittest
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import _hashlib
import hashlib
import hmac
import ssl

import awslc_fips
import prove_common
import prove_hash
import prove_tls
import prove_vectors

MESSAGE = b"abc"
# The flag that other FIPS builds heed: given either way, and not at all.
FLAGS = ({}, {"usedforsecurity": True}, {"usedforsecurity": False})
# RFC 7914, section 12: password, salt, n, r, p, derived key.
SCRYPT = [
    (
        b"",
        b"",
        16,
        1,
        1,
        "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
        "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906",
    ),
    prove_vectors.SCRYPT,
    (
        b"pleaseletmein",
        b"SodiumChloride",
        16384,
        8,
        1,
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
    ),
]


def answer_of(name):
    # 3.9 calls SHA-512/256 as AWS-LC does, where that knows no name with an underscore.
    return prove_vectors.DIGESTS[name.replace("-", "_")][1]


def finish(state):
    size = prove_vectors.SHAKE_BYTES.get(state.name)
    return state.hexdigest(size) if size else state.hexdigest()


def constructors():
    """Each name with every way to make a hash of it: by name, by attribute, and AWS-LC's own functions where it has it."""
    for name in prove_hash.available():
        yield name, lambda *data, _name=name, **named: hashlib.new(_name, *data, **named)
        if hasattr(hashlib, name):
            yield name, getattr(hashlib, name)
        own = getattr(_hashlib, "openssl_" + name, None)
        if own is not None:
            yield name, own
            yield name, lambda *data, _name=name, **named: _hashlib.new(_name, *data, **named)


class FipsModeRefusesNothing(unittest.TestCase):
    def test_this_is_fips_mode(self):
        self.assertEqual(_hashlib.get_fips_mode(), 1)
        self.assertIs(awslc_fips.is_fips(), True)

    def test_every_digest_whatever_it_is_used_for(self):
        names = set()
        for name, make in constructors():
            names.add(name)
            for flag in FLAGS:
                with self.subTest(name, **flag):
                    self.assertEqual(finish(make(MESSAGE, **flag)), answer_of(name))
                    state = make(**flag)
                    state.update(MESSAGE)
                    self.assertEqual(finish(state), answer_of(name))
        self.assertLessEqual({"md4", "md5", "ripemd160", "sha1"}, names)

    def test_data_by_keyword(self):
        # `string` alone up to 3.13.5; both since the signature names `data`; 3.15 warns of `string`.
        keywords = ["string"] + ["data"] * ("data=" in hashlib.sha256.__text_signature__)
        for name in sorted(hashlib.algorithms_guaranteed):
            if getattr(hashlib, name) is not getattr(_hashlib, "openssl_" + name, None):
                continue
            for keyword in keywords:
                with self.subTest(name, keyword=keyword), warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    self.assertEqual(finish(getattr(hashlib, name)(**{keyword: MESSAGE})), answer_of(name))
        self.assertEqual(finish(hashlib.new("md5", data=MESSAGE)), answer_of("md5"))

    def test_wrong_arguments_are_type_errors_as_ever(self):
        for make in (hashlib.md5, hashlib.sha256, lambda *data, **named: hashlib.new("md5", *data, **named)):
            for data, named in (
                ((MESSAGE,), {"data": MESSAGE}),
                ((MESSAGE,), {"unknown": None}),
                ((), {"data": MESSAGE, "string": MESSAGE}),
                ((MESSAGE, MESSAGE, MESSAGE), {}),
                (("text",), {}),
            ):
                with self.subTest(make, data=data, named=named), self.assertRaises(TypeError):
                    make(*data, **named)

    def test_unknown_digests_are_value_errors_as_ever(self):
        for flag in FLAGS:
            with self.assertRaises(ValueError):
                hashlib.new("no such digest", MESSAGE, **flag)

    def test_scrypt(self):
        for password, salt, n, r, p, expected in SCRYPT:
            with self.subTest(password):
                found = hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=64 * 1024 * 1024, dklen=64)
                self.assertEqual(found.hex(), expected)

    def test_scrypt_refuses_what_makes_no_sense(self):
        good = {"salt": b"salt", "n": 2, "r": 8, "p": 1}
        self.assertEqual(len(hashlib.scrypt(b"password", **good)), 64)
        wrong = [("n", value) for value in (-1, 0, 1, 3, None)]
        wrong += [(name, value) for name in ("r", "p") for value in (-1, 0, None)]
        wrong += [(name, value) for name in ("maxmem", "dklen") for value in (-1, None)]
        wrong.append(("salt", "text"))
        for name, value in wrong:
            with self.subTest(name, value=value), self.assertRaises((OverflowError, TypeError, ValueError)):
                hashlib.scrypt(b"password", **dict(good, **{name: value}))
        with self.assertRaises(TypeError):
            hashlib.scrypt("text", **good)
        with self.assertRaises(TypeError):
            hashlib.scrypt(b"password", b"salt", 2, 8, 1)

    def test_pbkdf2_below_the_approved_limits(self):
        for name, password, salt, iterations, expected in prove_vectors.PBKDF2.values():
            with self.subTest(name):
                found = hashlib.pbkdf2_hmac(name, password, salt, iterations, len(expected) // 2)
                self.assertEqual(found.hex(), expected)

    def test_hmac_of_md5(self):
        for (key, message), expected in zip(prove_vectors.hmac_messages("md5"), prove_vectors.HMACS["md5"]):
            self.assertEqual(hmac.digest(key, message, "md5").hex(), expected)
            self.assertEqual(hmac.new(key, message, "md5").hexdigest(), expected)

    def test_tls_with_an_rsa_key_of_1024_bits(self):
        certificate = os.path.join(prove_common.TOOL, "certs", "rsa-1024.pem")
        client, server = ssl.create_default_context(cafile=certificate), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificate)
        self.assertEqual(prove_tls.outcome(client, server), "TLSv1.3")


if __name__ == "__main__":
    unittest.main()
