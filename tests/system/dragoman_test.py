# SPDX-License-Identifier: Apache-2.0
"""What the system tests written in Python share.

A test is a file with a function for each behaviour, run by main(). It works in a directory of its own,
which is removed at the end together with every process that was started. It waits for what it expects
(wait_for, Process.expect), never for time to pass.
"""

import ctypes
import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

BUILD = os.environ.get("top_builddir") or os.getcwd()
SOURCE = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PATIENCE = 20  # seconds; only what is broken takes as long

_processes, _numbers = [], itertools.count()


class Skip(Exception):
    pass


class Failed(Exception):
    pass


def skip(reason):
    raise Skip(reason)


def check(condition, text="not so"):
    if not condition:
        raise Failed(text)


def wait_for(condition, what="", patience=PATIENCE):
    """Waits until condition() is true, and returns what it returned."""
    end = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise Failed("still not there after %g s: %s" % (patience, what or condition))
        time.sleep(0.01)


def is_alive(pid):
    """Whether there is such a process, and it is not a zombie."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def process_status(pid):
    """What /proc says of it, by name."""
    with open("/proc/%d/status" % pid) as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def can_give_up_files():
    """Whether this kernel has Landlock, and the build can do without files (one for coverage cannot)."""
    with open(os.path.join(BUILD, "config.h")) as f:
        if "#define INSTRUMENTS_WRITE 1" in f.read():
            return False
    return ctypes.CDLL(None, use_errno=True).syscall(444, None, 0, 1) >= 1  # landlock_create_ruleset: its version


def program(name):
    """A program of the build, to be run as it will be installed."""
    path = os.path.join(BUILD, name)
    if not os.access(path, os.X_OK):
        skip("%s is not built" % name)
    return path


def write(path, text):
    with open(path, "w") as f:
        f.write(text)
    return path


class Process:
    """A process whose standard output and error are in a log."""

    def __init__(self, args, name=None, **options):
        self.name = name or os.path.basename(args[0])
        self.log_path = "%s.%d.log" % (self.name, next(_numbers))
        self.seen = 0
        with open(self.log_path, "wb") as log:
            self.popen = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **options)
        self.pid = self.popen.pid
        _processes.append(self)

    def log(self):
        with open(self.log_path, errors="replace") as f:
            return f.read()

    def whole_lines(self):
        """Those of the log that are written to their end."""
        return [line for line in self.log().splitlines(keepends=True) if line.endswith("\n")]

    def expect(self, pattern, patience=PATIENCE):
        """Waits for the next piece of the log, behind what was expected before, that matches."""

        def find():
            return re.compile(pattern).search(self.log(), self.seen)

        try:
            found = wait_for(find, "%s in the log of %s" % (pattern, self.name), patience)
        except Failed:
            found = None
        if not found:
            raise Failed("%s does not say %s; it said:\n%s" % (self.name, pattern, self.log()[self.seen :]))
        self.seen = found.end()
        return found

    def forget(self):
        """It has ended, and what it said is of no use any more."""
        os.unlink(self.log_path)
        _processes.remove(self)

    def kill(self, signo=signal.SIGTERM):
        self.popen.send_signal(signo)

    def end(self, patience=PATIENCE):
        """Waits until it has ended; its status, negative for a signal."""
        try:
            return self.popen.wait(patience)
        except subprocess.TimeoutExpired:
            raise Failed("%s does not end; it said:\n%s" % (self.name, self.log()[self.seen :]))


class Supervisor(Process):
    """dragomand in the present directory, its run directory ./run, what it keeps in ./data."""

    def __init__(self, config, *options, libexec=None, keep_root=True, **more):
        args = [program("dragomand"), "--config=" + config, "--run-dir=" + os.path.abspath("run")]
        args += ["--data-dir=" + os.path.abspath("data")]
        args += ["--libexec=" + (libexec or BUILD)]
        if os.geteuid() == 0 and keep_root and not any(o.startswith("--user") for o in options):
            args += ["--user=root"]
        super().__init__(args + list(options), **more)
        self.socket = os.path.abspath("run/dragoman.sock")

    def pid_of(self, label, patience=PATIENCE):
        """The process of the next "LABEL started" in the log."""
        return int(self.expect(r"%s started, process (\d+)" % re.escape(label), patience).group(1))

    def stop(self):
        self.kill()
        status = self.end()
        check(status == 0, "dragomand ended with status %d; it said:\n%s" % (status, self.log()))


def fake_libexec():
    """A directory with stand-ins for the programs that dragomand starts; fake_child.py says what they do."""
    os.makedirs("fakes", exist_ok=True)
    fake = shutil.copy(os.path.join(SOURCE, "tests", "system", "fake_child.py"), "fakes")
    os.chmod(fake, 0o644)
    for name in ("dragoman-config", "dragoman-hub", "dragoman-channel"):
        path = write("fakes/" + name, '#!/bin/sh\nexec /usr/bin/python3 "%s" "$0" "$@"\n' % os.path.abspath(fake))
        os.chmod(path, 0o755)
    return os.path.abspath("fakes")


def _clean_up():
    for process in _processes:
        if process.popen.poll() is None:
            process.kill()
    for process in _processes:
        try:
            process.popen.wait(10)
        except subprocess.TimeoutExpired:
            process.kill(signal.SIGKILL)
            process.popen.wait()
    del _processes[:]


def _run(test):
    home, work = os.getcwd(), tempfile.mkdtemp(prefix="dragoman.")
    os.chmod(work, 0o755)
    os.chdir(work)
    try:
        test()
        return 0
    except Skip as e:
        print("SKIP: %s: %s" % (test.__name__, e))
        return 77
    except Exception:
        print("FAIL: %s" % test.__name__)
        traceback.print_exc()
        for process in _processes:
            print("--- %s (process %d)\n%s" % (process.name, process.pid, process.log()[-8000:]))
        return 1
    finally:
        sys.stdout.flush()
        _clean_up()
        os.chdir(home)
        shutil.rmtree(work, ignore_errors=True)


def main(*tests):
    """Runs them one after the other; ends with 1 if one failed, 77 if all were skipped, else 0."""
    statuses = [_run(test) for test in tests]
    if 1 in statuses:
        sys.exit(1)
    sys.exit(77 if all(s == 77 for s in statuses) else 0)
