"""Sets the process up as `python -m test` does before it runs a file, and tells what environment it runs in."""

import faulthandler
import importlib
import json
import os
import platform
import signal
import sys
import threading
import time


def print_to_log(text):
    print(text, file=sys.stderr, flush=True)


class Support:
    """test.support and os_helper, which were one module in 3.9."""

    def __init__(self):
        self.module = importlib.import_module('test.support')
        self.places = [self.module]
        try:
            self.places.append(importlib.import_module('test.support.os_helper'))
        except ImportError:
            pass

    def get(self, name, default=None):
        for place in self.places:
            if hasattr(place, name):
                return getattr(place, name)
        return default

    def call(self, name, *arguments):
        function = self.get(name)
        return function(*arguments) if function is not None else None


# --- the process, as regrtest sets it up


def redirect_output(path):
    """Everything that tests and their children print goes to the log; the pipes we were given are let go."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    os.close(fd)


def restore_interrupt():
    """A parent that ignores SIGINT (a shell's background job) would hang the tests that send it to themselves."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def make_paths_absolute():
    """Modules imported before the directory changes must still be found after it."""
    for module in list(sys.modules.values()):
        if hasattr(module, '__path__'):
            try:
                for index, path in enumerate(module.__path__):
                    module.__path__[index] = os.path.abspath(path)
            except TypeError:
                pass  # A namespace package computes its path.
        if getattr(module, '__file__', None):
            module.__file__ = os.path.abspath(module.__file__)


def raise_file_limit():
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 1024 and soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(1024, hard), hard))


def install_hooks(support):
    """Exceptions that nobody catches are warned of, as regrtest does; an audit hook is always there."""
    sys.addaudithook(lambda name, arguments: None)
    original_unraisable = sys.unraisablehook
    original_thread = threading.excepthook

    def unraisable(arguments):
        support.module.environment_altered = True
        print_to_log('Warning -- Unraisable exception')
        original_unraisable(arguments)

    def thread_exception(arguments):
        support.module.environment_altered = True
        print_to_log('Warning -- Uncaught thread exception: %s' % arguments.exc_type.__name__)
        original_thread(arguments)

    sys.unraisablehook = unraisable
    threading.excepthook = thread_exception


def set_up_process(support, resources):
    restore_interrupt()
    stderr_fd = sys.__stderr__.fileno()
    faulthandler.enable(all_threads=True, file=stderr_fd)
    for name in ('SIGALRM', 'SIGUSR1'):
        faulthandler.register(getattr(signal, name), chain=True, file=stderr_fd)
    raise_file_limit()
    support.call('record_original_stdout', sys.stdout)
    sys.stdout.reconfigure(errors='backslashreplace')
    make_paths_absolute()
    install_hooks(support)
    guard = support.get('TESTFN_UNDECODABLE')
    if guard:
        os.environb.setdefault(b'PYTHONREGRTEST_UNICODE_GUARD', guard)
    elif support.get('FS_NONASCII'):
        os.environ.setdefault('PYTHONREGRTEST_UNICODE_GUARD', support.get('FS_NONASCII'))
    module = support.module
    module.verbose = 0
    module.failfast = False
    module.PGO = False
    module.PGO_EXTENDED = False
    module.junit_xml_list = None
    module.use_resources = {name: None for name in resources}


# --- facts that manifest conditions ask for


def is_emulated():
    """qemu shows a process its own /proc/self/exe, but not its parent's: a child sees that the parent is qemu."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write_end, os.fsencode(os.path.basename(os.readlink('/proc/%d/exe' % os.getppid()))))
        except OSError:
            pass
        os._exit(0)
    os.close(write_end)
    with open(read_end, 'rb') as pipe:
        name = pipe.read()
    os.waitpid(child, 0)
    return name.startswith(b'qemu-')


def is_utc():
    """As test_ssl asks it."""
    is_summer = time.daylight and time.localtime().tm_isdst > 0
    return (time.altzone if is_summer else time.timezone) == 0


def has_c_locale():
    """The locale that setlocale(LC_ALL, '') would take for dates."""
    name = os.environ.get('LC_ALL') or os.environ.get('LC_TIME') or os.environ.get('LANG') or 'C'
    return name.split('.')[0] in ('C', 'POSIX')


def gather_facts(support, resources):
    socket_helper = importlib.import_module('test.support.socket_helper')
    return {
        'arch': platform.machine(),
        'libc': 'gnu' if platform.libc_ver()[0] == 'glibc' else 'musl',
        'emulated': is_emulated(),
        'network': 'network' in resources,
        'ipv6': bool(socket_helper.IPV6_ENABLED),
        'root': os.geteuid() == 0,
        'resources': sorted(resources),
        # What cases of test.support.bigmemtest go by: 0, unless set_memlimit was called.
        'memoryLimitBytes': support.get('real_max_memuse', 0),
        'timeZoneUtc': is_utc(),
        'cLocale': has_c_locale(),
    }


def write_facts(path, support, resources):
    with open(path, 'w', encoding='ascii') as file:
        json.dump(gather_facts(support, resources), file)
