"""Which code is loaded: versions, where the two modules come from, how they are linked, what else is in the process."""

import importlib
import os
import re
import sys

from prove_common import EXT_SUFFIX, Finding, PREFIX, brought, few, place, program
from prove_elf import Elf

# Filled in by prove_child.py from the expectations: `$sharedLibraries` are the files below the prefix that AWS-LC lies
# in when it is not in the object itself.
SETTINGS = {}
# OpenSSL's own text has a date; without one it is somebody's remark about OpenSSL, as in CPython's documentation strings.
CRYPTO_VERSION = re.compile(
    rb"(?:AWS-LC|LibreSSL) (?:FIPS )?\d+\.\d+\.\d+|OpenSSL \d+\.\d+\.\d+[a-z]* +\d{1,2} [A-Z][a-z]{2} \d{4}"
)
# One object under these names.
OBJECT_MODULES = ["_awslc_fips", "_hashlib", "_ssl"]
CRYPTO_LIBRARY = re.compile(r"lib(ssl|crypto)\b")
# Libraries of the C run time and the compiler: what any extension module may need.
RUNTIME_LIBRARY = re.compile(
    r"^(lib(c|m|dl|rt|pthread|atomic|gcc_s)\.so|ld-|libc\.musl-|linux-vdso)", re.ASCII
)


def object_path():
    """The one object: `_ssl`, as the interpreter finds it, wherever that is."""
    import _ssl

    return os.path.realpath(_ssl.__file__)


def crypto_files():
    """The files that AWS-LC's code lies in: the object, or the shared libraries beside it."""
    shared = [os.path.join(PREFIX, path) for path in SETTINGS.get("$sharedLibraries", [])]
    return shared or [object_path()]


def mapped_files():
    """Every file of which a part is mapped into this process, by path, once per inode."""
    files = {}
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        for line in maps:
            fields = line.rstrip("\n").split(None, 5)
            if len(fields) == 6 and fields[5].startswith("/"):
                files[(fields[3], fields[4])] = fields[5]
    return sorted(files.values())


def crypto_texts(path):
    """Version texts of crypto libraries in a file: a library cannot hide from this by its name."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return []
    return sorted({match.group().decode() for match in CRYPTO_VERSION.finditer(data)})


def mapped_crypto():
    """Files in this process that are, or say that they are, a crypto library; one that cannot be read may be."""
    return [
        place(path)
        for path in mapped_files()
        if path not in brought
        and (CRYPTO_LIBRARY.match(os.path.basename(path)) or crypto_texts(path) or not os.access(path, os.R_OK))
    ]


def find_python_version():
    release = {"alpha": "a", "beta": "b", "candidate": "rc"}.get(sys.version_info.releaselevel)
    suffix = "%s%d" % (release, sys.version_info.serial) if release else ""
    return "%d.%d.%d%s" % (sys.version_info[:3] + (suffix,))


def find_platform():
    elf = Elf(program())
    return {"arch": elf.machine, "libc": "musl" if "musl" in (elf.interpreter or "") else "gnu"}


def find_openssl_version():
    import ssl

    return ssl.OPENSSL_VERSION


def find_object_version():
    return sorted({text for path in crypto_files() for text in crypto_texts(path)})


def find_fips_mode():
    import _hashlib

    return _hashlib.get_fips_mode()


def find_modules():
    found = {}
    for name in OBJECT_MODULES:
        module = importlib.import_module(name)
        path = os.path.abspath(module.__file__)
        # The link is named, not followed: under which name each module was found is part of the claim.
        directory = place(os.path.dirname(path))
        found[module.__name__] = {
            "file": "%s/%s" % (directory, os.path.basename(path).replace(EXT_SUFFIX, "{EXT_SUFFIX}")),
            "linkTo": os.readlink(path).replace(EXT_SUFFIX, "{EXT_SUFFIX}") if os.path.islink(path) else None,
        }
    return found


def find_mapped():
    import awslc_fips
    import hashlib
    import ssl

    return {"crypto": mapped_crypto(), "loaded": [name for name in OBJECT_MODULES if name in sys.modules]}


def find_needed():
    return [name for name in Elf(object_path()).needed if not RUNTIME_LIBRARY.match(name)]


def find_search_paths():
    return Elf(object_path()).search_paths


def find_exports():
    return few(Elf(object_path()).exported)


def find_undefined():
    """Wanted from outside and neither Python's nor the C library's: those begin with Py, _Py or a small letter."""
    foreign = re.compile(r"(?!Py)[A-Z]|(d2i|i2d|sk|bn|aws)_|sdallocx$", re.ASCII)
    files = [path for path in crypto_files() if path != object_path()]
    served = {name for path in files for name in Elf(path).exported}
    return few([name for name in Elf(object_path()).undefined if foreign.match(name) and name not in served])


def find_hardening():
    elf = Elf(object_path())
    return {"textRelocations": elf.text_relocations, "executableStack": elf.executable_stack}


def find_linking():
    elf = Elf(object_path())
    return {
        "needed": elf.needed,
        "soname": elf.soname,
        "symbolic": elf.symbolic,
        "relro": elf.relro,
        "bindNow": elf.bind_now,
        "undefinedSymbols": len(elf.undefined),
    }


FINDINGS = [
    Finding("python-version", "CPython is the version that was asked", "sys.version_info", find_python_version),
    Finding(
        "platform",
        "The interpreter is made for the platform that was asked",
        "machine and program interpreter in the executable's ELF header",
        find_platform,
    ),
    Finding("openssl-version", "ssl runs on the AWS-LC that was asked", "ssl.OPENSSL_VERSION", find_openssl_version),
    Finding(
        "object-version",
        "The linked code says that it is this AWS-LC and no other library",
        "version texts of crypto libraries in the bytes of the files that AWS-LC lies in: _ssl's, or its shared libraries",
        find_object_version,
    ),
    Finding("fips-mode", "FIPS mode is as asked", "_hashlib.get_fips_mode()", find_fips_mode),
    Finding(
        "modules",
        "_ssl, _hashlib and _awslc_fips come from inside the prefix, one object under three names",
        "__file__ of each module, and which of them are symbolic links",
        find_modules,
    ),
    Finding(
        "one-awslc",
        "Exactly one crypto library is in the process",
        "every file in /proc/self/maps after importing ssl, hashlib and awslc_fips, by name and by version text in its bytes",
        find_mapped,
    ),
    Finding(
        "elf-needed",
        "The object needs no library beyond the C run time",
        "DT_NEEDED, less the C library, the loader and the compiler's run time",
        find_needed,
    ),
    Finding(
        "elf-search-paths",
        "The object looks for libraries nowhere else",
        "DT_RPATH and DT_RUNPATH",
        find_search_paths,
    ),
    Finding(
        "elf-exports",
        "Only the intended symbols leave the object",
        "defined global symbols of default or protected visibility in .dynsym",
        find_exports,
    ),
    Finding(
        "elf-undefined",
        "The object takes no crypto symbol from outside",
        "undefined symbols in .dynsym that are neither Python's nor the C library's by their names, nor in AWS-LC's own shared libraries",
        find_undefined,
    ),
    Finding(
        "elf-hardening",
        "The object needs neither writable code nor an executable stack",
        "DT_TEXTREL, DF_TEXTREL and PT_GNU_STACK",
        find_hardening,
    ),
    Finding("elf-linking", "How the object is linked", "dynamic section and program headers", find_linking),
]
