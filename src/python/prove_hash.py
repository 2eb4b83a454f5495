"""Who serves each hash, HMAC and key derivation, and whether the answers are right."""

import importlib

from prove_common import Finding, describe_exception
import prove_vectors

# Filled in by prove_child.py from the expectations: `$hmacHashes` are the names whose HMAC AWS-LC must serve.
SETTINGS = {}
# Every module of CPython's own that can serve a hash of hashlib or an HMAC of hmac; 3.9 to 3.11 split SHA-2 in two.
FALLBACK_MODULES = ["_blake2", "_hmac", "_md5", "_sha1", "_sha2", "_sha256", "_sha3", "_sha512"]
LONG = b"a" * 1000000
# Uneven pieces: below, at and above the block sizes, and above 2047 bytes, from where hashlib releases the GIL.
PIECES = [1, 63, 64, 65, 127, 128, 129, 2047, 2048, 100000]


def available():
    import hashlib

    return sorted(hashlib.algorithms_available | hashlib.algorithms_guaranteed)


def find_hash_providers():
    """The module of the object that `new(name)` gives; the constructor of the same name must give the same."""
    import hashlib

    found = {}
    for name in available():
        try:
            providers = [type(hashlib.new(name, b"")).__module__]
        except Exception as exception:
            found[name] = describe_exception(exception)
            continue
        constructor = getattr(hashlib, name, None)
        if constructor is not None:
            providers.append(type(constructor(b"")).__module__)
        elif name in hashlib.algorithms_guaranteed:
            providers.append("no constructor")
        found[name] = " and ".join(sorted(set(providers)))
    return found


def find_constructors():
    """Names whose constructor in hashlib is AWS-LC's own function, with no Python code between."""
    import _hashlib
    import hashlib

    return [
        name
        for name in sorted(hashlib.algorithms_guaranteed)
        if getattr(hashlib, name, None) is getattr(_hashlib, "openssl_" + name, hashlib)
    ]


def find_fallback_modules():
    found = []
    for name in FALLBACK_MODULES:
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        found.append(name)
    return found


class Spy:
    """Stands in for `_hashlib` inside hmac.py and remembers which of its functions answered."""

    def __init__(self, module):
        self._module = module
        self.answered = []

    def __getattr__(self, name):
        value = getattr(self._module, name)
        if name != "hmac_digest":
            return value

        def call(*arguments, **named):
            answer = value(*arguments, **named)
            self.answered.append(name)
            return answer

        return call


def hmac_object_provider(name):
    import hmac

    computed = hmac.new(b"key", b"message", name)
    # 3.9 computes HMAC in Python over two hash objects; `_inner` is one of them.
    server = getattr(computed, "_hmac", None) or computed._inner
    return "%s.%s" % (type(server).__module__, type(server).__name__)


def hmac_digest_provider(name):
    import hmac

    original = hmac._hashopenssl
    if original is None:
        return "no _hashlib"
    spy = hmac._hashopenssl = Spy(original)
    try:
        hmac.digest(b"key", b"message", name)
    finally:
        hmac._hashopenssl = original
    return "%s.hmac_digest" % original.__name__ if spy.answered else "other code than _hashlib"


def hmac_names():
    return SETTINGS.get("$hmacHashes", sorted(prove_vectors.HMACS))


def find_hmac_providers():
    return {name: guarded(hmac_object_provider, name) for name in hmac_names()}


def find_hmac_digest_providers():
    return {name: guarded(hmac_digest_provider, name) for name in hmac_names()}


def find_other_hmacs():
    """What hmac does with the other names: refused is an answer too."""
    found = {}
    for name in available():
        if name not in hmac_names():
            try:
                found[name] = hmac_object_provider(name)
            except ValueError:
                found[name] = "refused"
    return found


def find_own_hmac():
    try:
        importlib.import_module("_hmac")
    except ImportError:
        return "absent"
    return "present: hmac.py turns to it, without a word, for hashes that AWS-LC refuses"


def find_kdf_providers():
    import hashlib

    return {
        name: getattr(getattr(hashlib, name, None), "__module__", None) or "absent" for name in ("pbkdf2_hmac", "scrypt")
    }


def vector_name(name):
    """SHA-512/256 has AWS-LC's name, sha512-256, where AWS-LC has no SHA-512/224."""
    return name.replace("-", "_")


def check_digest(name):
    """The name of the first answer that is wrong, or ok."""
    import hashlib

    known = prove_vectors.DIGESTS.get(vector_name(name))
    if known is None:
        return "no known answer for this name"
    size = prove_vectors.SHAKE_BYTES.get(name)

    def finish(state):
        return state.hexdigest(size) if size else state.hexdigest()

    pieces, at = hashlib.new(name), 0
    while at < len(LONG):
        for size_of_piece in PIECES:
            pieces.update(LONG[at : at + size_of_piece])
            at += size_of_piece
    empty, short, long = known
    copied = hashlib.new(name, b"a")
    copy = copied.copy()
    copied.update(b"x")
    copy.update(b"bc")
    answers = [
        ("the empty message", finish(hashlib.new(name)), empty),
        ("abc", finish(hashlib.new(name, b"abc")), short),
        ("abc, over a copy", finish(copy), short),
        ("a million letters at once", finish(hashlib.new(name, LONG)), long),
        ("a million letters in pieces", finish(pieces), long),
    ]
    if name in prove_vectors.BLAKE2_KEYED:
        key_bytes, keyed = prove_vectors.BLAKE2_KEYED[name]
        answers.append(("with a key", getattr(hashlib, name)(b"", key=bytes(range(key_bytes))).hexdigest(), keyed))
    return first_wrong(answers)


def first_wrong(answers):
    for what, found, expected in answers:
        if found != expected:
            return "wrong for %s: %s" % (what, found)
    return "ok"


def check_hmac(name):
    import hmac

    known = prove_vectors.HMACS.get(vector_name(name))
    if known is None:
        return "no known answer for this name"
    answers = []
    for (key, message), expected in zip(prove_vectors.hmac_messages(vector_name(name)), known):
        pieces = hmac.new(key, digestmod=name)
        pieces.update(message[:5])
        pieces.update(message[5:])
        answers.append(("hmac.new", hmac.new(key, message, name).hexdigest(), expected))
        answers.append(("hmac.new in pieces", pieces.hexdigest(), expected))
        answers.append(("hmac.digest", hmac.digest(key, message, name).hex(), expected))
    return first_wrong(answers)


def guarded(check, name):
    try:
        return check(name)
    except Exception as exception:
        return describe_exception(exception)


def find_known_digests():
    return {name: guarded(check_digest, name) for name in available()}


def find_known_hmacs():
    return {name: guarded(check_hmac, name) for name in hmac_names()}


def check_kdf(name):
    import hashlib

    if name == "scrypt":
        password, salt, n, r, p, expected = prove_vectors.SCRYPT
        found = hashlib.scrypt(password, salt=salt, n=n, r=r, p=p, maxmem=64 * 1024 * 1024, dklen=len(expected) // 2)
    else:
        hash_name, password, salt, iterations, expected = prove_vectors.PBKDF2[name]
        found = hashlib.pbkdf2_hmac(hash_name, password, salt, iterations, len(expected) // 2)
    return first_wrong([("the vector of its RFC", found.hex(), expected)])


def find_known_kdfs():
    return {name: guarded(check_kdf, name) for name in sorted(prove_vectors.PBKDF2) + ["scrypt"]}


FINDINGS = [
    Finding(
        "hash-providers",
        "Every hash name is served by the code that was asked: AWS-LC where it has the hash",
        "module of the object from hashlib.new(name) and from hashlib.<name>, for every available and guaranteed name",
        find_hash_providers,
    ),
    Finding(
        "hash-constructors",
        "hashlib's constructors are AWS-LC's own functions",
        "hashlib.<name> is _hashlib.openssl_<name>, for every guaranteed name",
        find_constructors,
    ),
    Finding(
        "fallback-modules",
        "No code of CPython's own stands ready for a hash that AWS-LC has",
        "import of " + ", ".join(FALLBACK_MODULES),
        find_fallback_modules,
    ),
    Finding(
        "hmac-providers",
        "HMAC objects are AWS-LC's",
        "class of the object inside hmac.new(key, message, name)",
        find_hmac_providers,
    ),
    Finding(
        "hmac-digest-providers",
        "hmac.digest is answered by AWS-LC",
        "_hashlib.hmac_digest answered when hmac.digest(key, message, name) was called",
        find_hmac_digest_providers,
    ),
    Finding(
        "kdf-providers",
        "Key derivation is AWS-LC's",
        "module of hashlib.pbkdf2_hmac and hashlib.scrypt",
        find_kdf_providers,
    ),
    Finding(
        "known-digests",
        "Every hash gives the answers of its standard",
        "the empty message, abc, abc over a copy, a million letters at once and in uneven pieces; keyed BLAKE2",
        find_known_digests,
    ),
    Finding(
        "known-hmacs",
        "HMAC gives the answers of RFC 2202 and RFC 4231",
        "hmac.new at once and in pieces, and hmac.digest, three keys each",
        find_known_hmacs,
    ),
    Finding(
        "known-kdfs",
        "PBKDF2 and scrypt give the answers of RFC 6070 and RFC 7914",
        "hashlib.pbkdf2_hmac and hashlib.scrypt",
        find_known_kdfs,
    ),
    Finding("other-hmacs", "HMAC with other hash names", "class of the object inside hmac.new", find_other_hmacs),
    Finding("own-hmac", "CPython's own HMAC code (_hmac)", "import of _hmac", find_own_hmac),
]
