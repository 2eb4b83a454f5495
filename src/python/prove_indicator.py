"""The service indicator, read through Python: which single calls the FIPS module counts as approved services."""

from prove_common import Finding, not_checked, run_cases
import prove_hash

# Filled in by prove_child.py from the expectations: `$indicator` has the limits of PBKDF2 around which it is asked, and
# what the indicator does not look at; `$hmacHashes` are the names whose HMAC AWS-LC must serve.
SETTINGS = {}


def judge(call):
    """What the counter of this thread did during a call."""
    import awslc_fips

    with awslc_fips.ApprovedServices() as seen:
        try:
            call()
        except (TypeError, ValueError) as refusal:
            return "refused: %s" % type(refusal).__name__
    if seen.count is None:
        return "no indicator"
    return {0: "not approved", 1: "approved"}.get(seen.count, "%d approved services" % seen.count)


def digest(name, **named):
    import hashlib

    state = hashlib.new(name, b"message", **named)
    return state.digest(32) if name.startswith("shake_") else state.digest()


def find_digests():
    return {name: judge(lambda: digest(name)) for name in prove_hash.available()}


def find_hmacs():
    import hmac

    key, found = b"k" * 32, {}
    for name in SETTINGS["$hmacHashes"]:
        found["%s, hmac.digest" % name] = judge(lambda: hmac.digest(key, b"message", name))
        found["%s, hmac.new" % name] = judge(lambda: hmac.new(key, b"message", name).digest())
    return found


def pbkdf2(name, password_bytes, salt_bytes, iterations):
    import hashlib

    return judge(lambda: hashlib.pbkdf2_hmac(name, b"p" * password_bytes, b"s" * salt_bytes, iterations))


def describe_pbkdf2(name, password_bytes, salt_bytes, iterations):
    return "%s, password %d bytes, salt %d bytes, %d iterations" % (name, password_bytes, salt_bytes, iterations)


def find_pbkdf2():
    """At the limits with every hash; with one of them, below each limit alone, and above all."""
    limits = SETTINGS["$indicator"]["pbkdf2"]
    at = (limits["minPasswordBytes"], limits["minSaltBytes"], limits["minIterations"])
    cases = [(name,) + at for name in SETTINGS["$hmacHashes"]]
    cases += [("sha256",) + tuple(value - (index == below) for index, value in enumerate(at)) for below in range(3)]
    cases.append(("sha256",) + tuple(value + 1 for value in at))
    return {describe_pbkdf2(*case): pbkdf2(*case) for case in cases}


def find_others():
    import hashlib
    import os
    import secrets
    import ssl

    # The first bytes of a thread also seed its generator.
    ssl.RAND_bytes(1)
    found = {
        "hashlib.scrypt": judge(lambda: hashlib.scrypt(b"p" * 32, salt=b"s" * 32, n=2, r=8, p=1)),
        "ssl.RAND_bytes": judge(lambda: ssl.RAND_bytes(32)),
        "os.urandom": judge(lambda: os.urandom(32)),
        "secrets.token_bytes": judge(lambda: secrets.token_bytes(32)),
    }
    for name in ("md5", "sha256"):
        for flag in (True, False):
            what = "hashlib.new('%s', usedforsecurity=%s)" % (name, flag)
            found[what] = judge(lambda: digest(name, usedforsecurity=flag))
    for text in SETTINGS["$indicator"]["notes"]:
        not_checked(text)
    return found


def find_coverage():
    import test_fips_coverage

    return run_cases(test_fips_coverage)


HOW = "AWS-LC's counter of approved services in this thread, before and after %s"
FINDINGS = [
    Finding(
        "indicator-digests",
        "The service indicator counts the digests that the module's sources say",
        HOW % "hashlib.new(name, message).digest(), for every available and guaranteed name",
        find_digests,
    ),
    Finding(
        "indicator-hmacs",
        "The service indicator counts the HMACs that the module's sources say",
        HOW % "hmac.digest, and hmac.new with its digest, with a key of 32 bytes",
        find_hmacs,
    ),
    Finding(
        "indicator-pbkdf2",
        "The service indicator counts PBKDF2 from the limits on that the module's sources say",
        HOW % "hashlib.pbkdf2_hmac at the limits with every hash, and below each limit alone",
        find_pbkdf2,
    ),
    Finding(
        "indicator-others",
        "The service indicator counts AWS-LC's random bytes, and neither scrypt nor the kernel's; usedforsecurity changes nothing",
        HOW % "single calls",
        find_others,
    ),
    Finding(
        "fips-coverage",
        "FIPS mode refuses nothing: what CPython's suites skip in FIPS mode works, and gives the right answers",
        "test_fips_coverage.py in this Python: every digest with usedforsecurity either way, arguments, scrypt, HMAC-MD5, RSA of 1024 bits",
        find_coverage,
    ),
]
