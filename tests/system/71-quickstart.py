#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The quickstart on the build that is being tested: the bench, a real line, what it says when it cannot, and
that it leaves nothing behind."""

import os
import re
import signal
import subprocess

from dragoman_test import BUILD, SOURCE, Process, check, is_alive, main, program, skip, wait_for

QUICKSTART = os.path.join(SOURCE, "quickstart")
BENCH = {
    "hall2/truck-scale": "weight",
    "server-room/ups": "battery_voltage",
    "yard/dust": "pm10",
    "lab/co2": "co2",
    "office/pbx": "number",
    "lab/multimeter": "value",
    "boat": "latitude",
    "host/load": "load_1",
}


def quickstart(*args, **options):
    verbs = subprocess.run([program("dragoman"), "help", "--names"], capture_output=True, text=True).stdout.split()
    if "simulate" not in verbs:
        skip("there is no dragoman simulate")
    return Process([QUICKSTART, "--no-install", "--port", "0", "--build", BUILD, *args], **options)


def children(pid):
    """All processes below that one."""
    below = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as f:
                    below.setdefault(int(f.read().rsplit(")", 1)[1].split()[1]), []).append(int(name))
            except (FileNotFoundError, ProcessLookupError):
                pass
    found, more = [], [pid]
    while more:
        more = [c for p in more for c in below.get(p, [])]
        found += more
    return found


def end(q, signo=signal.SIGTERM):
    pids = children(q.pid)
    check(len(pids) > 3, pids)
    q.kill(signo)
    check(q.end() == 0, q.log())
    wait_for(lambda: not any(map(is_alive, pids)), "the end of what it started")


def shown(q, device, tag):
    return any(line.split()[1:3] == [device, tag] for line in q.log().splitlines())


def the_bench_shows_every_device():
    q = quickstart()
    for device, tag in BENCH.items():
        wait_for(lambda: q.popen.poll() is not None or shown(q, device, tag), device)
        check(shown(q, device, tag), "no %s of %s:\n%s" % (tag, device, q.log()))
    check("examples/python/watch.py 127.0.0.1:" in q.log() and "--real /dev/ttyUSB0" in q.log(), q.log())
    end(q)


def a_program_subscribes_as_it_says():
    if subprocess.run("command -v protoc && /usr/bin/python3 -c 'import google.protobuf'", shell=True).returncode:
        skip("protoc or Python's google.protobuf is not installed")
    q = quickstart("--no-watch")
    q.expect("Ctrl-C ends")
    commands = re.findall(r"^    ((?:protoc|PYTHONPATH).*)", q.log(), re.M)
    check(len(commands) == 3, q.log())
    subprocess.run(commands[0], shell=True, check=True, cwd=SOURCE)
    path = "/usr/bin:" + os.environ["PATH"]
    client = Process(["bash", "-c", "exec env " + commands[1]], cwd=SOURCE, env={**os.environ, "PATH": path})
    client.expect(r"hall2/truck-scale weight [0-9.]+")
    keep = commands[2].replace("ledger.txt", os.path.abspath("ledger.txt"))
    Process(["bash", "-c", "exec env " + keep], cwd=SOURCE, env={**os.environ, "PATH": path})
    wait_for(lambda: os.path.exists("ledger.txt") and "hall2/truck-scale" in open("ledger.txt").read(), "the ledger")
    address = commands[1].split()[-1]
    Process([program("examples/c/watch"), address]).expect(r"server-room/ups battery_voltage [0-9.]+")
    end(q)


def it_ends_by_itself():
    q = quickstart("--seconds", "1")
    check(q.end() == 0, q.log())
    q = quickstart("--seconds", "1", "--no-watch")
    check(q.end() == 0 and "truck-scale  weight" not in q.log(), q.log())


def nothing_outlives_it_even_when_it_is_killed():
    q = quickstart("--no-watch")
    q.expect("Ctrl-C ends")
    pids = [p for p in children(q.pid) if "dragoman" in open("/proc/%d/cmdline" % p).read()]
    check(len(pids) > 6, pids)
    q.kill(signal.SIGKILL)
    q.end()
    wait_for(lambda: not any(map(is_alive, pids)), "the end of what it started")


def it_runs_on_a_line():
    Process(
        [program("dragoman"), "simulate", "mt-sics", "--profiles", SOURCE + "/adapters/profiles", "--pty", "line"]
    )
    wait_for(lambda: os.path.exists("line"), "the line")
    q = quickstart("--real", os.path.abspath("line"), "--profile", "mt-sics")
    q.expect(r" weight +[0-9.]+")
    end(q)


def what_is_wrong_is_told():
    def refusal(*args, status=1, **options):
        q = quickstart(*args, **options)
        check(q.end() == status, q.log())
        return q.log()

    check("--real needs --profile; there are: " in refusal("--real", "/dev/ttyUSB0", status=2))
    check("not an option" in refusal("--rael", status=2))
    check("is a number" in refusal("--seconds", "soon", status=2))
    check("there is no /dev/nowhere" in refusal("--real", "/dev/nowhere", "--profile", "mt-sics"))
    check("is no serial line" in refusal("--real", os.path.abspath("."), "--profile", "mt-sics"))


def permission_refused_names_the_group():
    if os.geteuid() != 0:
        skip("needs root to have somebody to refuse")
    build = os.path.abspath("build")
    os.mkdir(build)
    for name in ("dragoman", "dragomand", "dragoman-hub", "dragoman-channel", "dragoman-config"):
        os.symlink(program(name), os.path.join(build, name))
    for path in (build, "."):
        os.chown(path, 65534, 65534)
    os.mknod("line", 0o020660, os.makedev(4, 64))
    args = ["--real", os.path.abspath("line"), "--profile", "mt-sics", "--build", build]
    try:
        q = quickstart(*args, user=65534, group=65534, extra_groups=[])
        status = q.end()
    except PermissionError:
        skip("nobody may not read the source tree")
    if "ermission denied" in q.log():
        skip("nobody may not read the source or the build tree")
    check(status == 1 and "it is for group root" in q.log() and "usermod -aG root" in q.log(), q.log())


def the_profile_of_the_bench_passes_its_tests():
    verbs = subprocess.run([program("dragoman"), "help", "--names"], capture_output=True, text=True).stdout.split()
    if "profile" not in verbs:
        skip("there is no dragoman profile")
    subprocess.run(
        [program("dragoman"), "profile", "test", "--strict", SOURCE + "/examples/quickstart/host-load.yaml"], check=True
    )


main(
    the_bench_shows_every_device,
    a_program_subscribes_as_it_says,
    it_ends_by_itself,
    nothing_outlives_it_even_when_it_is_killed,
    it_runs_on_a_line,
    what_is_wrong_is_told,
    permission_refused_names_the_group,
    the_profile_of_the_bench_passes_its_tests,
)
