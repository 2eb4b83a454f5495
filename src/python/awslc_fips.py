"""What this Python's AWS-LC says of itself, and its FIPS service indicator around a call.

    import awslc_fips, hashlib

    with awslc_fips.ApprovedServices() as seen:
        hashlib.sha256(b"message").digest()
    seen.count      # 1: one approved service ran in this thread. None: there is no indicator

The module counts, per thread, each approved service that ends well. So a count above 0 says that *an* approved service
ran in this thread while the block did, never that everything in the block was approved, nor that the block's own code
asked for it: other coroutines of the thread, signal handlers and finalizers count too. Put single calls into a block,
without an await. A count of 0 says that none ran that the module counts. What runs in other threads, in other processes,
or outside AWS-LC (BLAKE2, os.urandom, packages with a crypto library of their own) does not show. FIPS mode in AWS-LC
refuses nothing: hashlib.md5() works, and counts 0.

Services are counted, not what was made of them. On CPython 3.9 an object from hmac.new() is CPython's own code over two
digests of the module: it counts the digests, and is no HMAC of the module, approved or not. hmac.digest() is the
module's there; from 3.10 on both are.

cpython-awslc puts this file into every Python that it builds; it needs CPython 3.9 or newer.
"""

import threading

try:
    import _awslc_fips
except ImportError:
    # A Python whose ssl does not run on AWS-LC, such as the twin on OpenSSL that test results are compared with.
    _awslc_fips = None

__all__ = [
    "ApprovedServices",
    "entropy_is_cpu_jitter",
    "integrity_test",
    "is_fips",
    "library_version",
    "self_test",
]


def is_fips():
    """Whether ssl and hashlib run on an AWS-LC that was built as a FIPS module. Says nothing of a certificate."""
    return _awslc_fips is not None and _awslc_fips.mode()


def library_version():
    """AWS-LC's own words, such as "AWS-LC FIPS 4.2.0"; None when ssl does not run on AWS-LC."""
    return None if _awslc_fips is None else _awslc_fips.library_version()


def entropy_is_cpu_jitter():
    """Whether the module takes its entropy from CPU jitter; None when it does not say, or when this is no FIPS build."""
    return _awslc_fips.entropy_is_cpu_jitter() if is_fips() else None


def integrity_test():
    """Computes the hash over the module's code and data again and compares it: True when it is right.

    None when this is no FIPS build. A module whose hash is wrong ends the process.
    """
    return _awslc_fips.integrity_test() if is_fips() else None


def self_test():
    """Runs the module's known-answer tests again: True when all passed, None when this is no FIPS build."""
    return _awslc_fips.self_test() if is_fips() else None


class ApprovedServices:
    """A context manager that counts the approved services which end well in this thread while its block runs.

    `count` is their number so far, and stays as it is after the block; None when there is no indicator, because this
    is no FIPS build. Leave the block in the thread that entered it: the module counts per thread. Left in another one
    it raises RuntimeError, unless an exception is on its way out of the block already, which is not replaced; either
    way `count` is None from then on.
    """

    def __init__(self):
        self._thread = None
        self._before = None
        self._after = None
        self._is_lost = False

    def __enter__(self):
        self._thread = threading.get_ident()
        self._after = None
        self._is_lost = False
        self._before = _awslc_fips.indicator() if is_fips() else None
        return self

    def __exit__(self, kind, *_):
        if self._before is None:
            return
        self._is_lost = not self._is_here()
        if not (self._is_lost and kind is not None):
            self._after = self._read()

    def _is_here(self):
        return threading.get_ident() == self._thread

    def _read(self):
        if not self._is_here():
            raise RuntimeError("the service indicator counts per thread: ask in the thread that entered the block")
        return _awslc_fips.indicator()

    @property
    def count(self):
        if self._before is None or self._is_lost:
            return None
        # The counter has 64 bits and may start again from 0.
        return ((self._read() if self._after is None else self._after) - self._before) % 2**64

    def __str__(self):
        if self._thread is None:
            return "not entered yet"
        if self._is_lost:
            return "not known: the block was left in another thread"
        count = self.count
        if count is None:
            return "no indicator: this is no FIPS build"
        if count == 0:
            return "no approved service ran that the module counts"
        return "%d approved service%s ran" % (count, "" if count == 1 else "s")
