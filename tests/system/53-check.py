#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The process that checks the configuration is not trusted: whatever it does, the supervisor survives and
starts nothing. Played by fake_child.py. And: what a start as root gives up."""

import json
import os
import pwd
import socket

from dragoman_test import Supervisor, check, fake_libexec, main, skip, wait_for, write


def start(*options, **config):
    return Supervisor(write("config.json", json.dumps(config)), *options, libexec=fake_libexec())


def refused(text, *options, **config):
    gateway = start(*options, **config)
    gateway.expect(text)
    check(gateway.end() == 1, gateway.log())
    check("started" not in gateway.log().replace("nothing is started", ""), gateway.log())


def all_errors_are_shown_and_nothing_starts():
    errors = ["/x/dragoman.yaml:%d:1: error %d" % (i, i) for i in range(300)]
    gateway = start(errors=errors, channels={"a": {}})
    gateway.expect("the check of the configuration failed: exited with status 1; nothing is started")
    check(gateway.end() == 1)
    for line in errors:
        check(line in gateway.log(), line)


def one_that_hangs_is_killed():
    refused("failed: took too long, and was killed", "--check-ms=300", sleep=60)


def nonsense_is_refused():
    refused("failed: not a message", garbage="03ffffff")
    refused("failed: what it handed back was cut short", garbage="ffffffffff")
    refused("failed: what it handed back was cut short", cut=True)


def what_may_not_be_is_refused():
    refused("is not a loopback address", tcp=[["0.0.0.0", 0]])
    refused("a channel whose name is bad", channels={"../x": {}})
    refused("paths.run is not an absolute path", run="relative")


def check_only_starts_nothing():
    gateway = start("--check", channels={"a": {}})
    check(gateway.end() == 0 and "started" not in gateway.log(), gateway.log())
    gateway = start("--check", errors=["x:1:1: y"])
    check(gateway.end() == 1 and "x:1:1: y" in gateway.log())


def a_control_character_forges_no_line():
    refused(r"x\\x1b\[2Jy\\x0dz", errors=["x\x1b[2Jy\rz"])


def without_a_program_to_run_it_says_so():
    gateway = Supervisor(write("config.json", "{}"), libexec="/nonexistent")
    gateway.expect("cannot start: /nonexistent/dragoman-config: No such file or directory")
    gateway.expect("the check of the configuration failed: exited with status 127; nothing is started")
    check(gateway.end() == 1)


def root_is_given_up():
    if os.geteuid() != 0:
        skip("started without privileges")
    nobody = pwd.getpwnam("nobody")
    gateway = start("--user=nobody", channels={"a": {}})
    wait_for(lambda: gateway.log().count("runs as %d:%d, no_new_privs 1" % (nobody.pw_uid, nobody.pw_gid)) == 2)
    check(os.stat(gateway.socket).st_uid == nobody.pw_uid)
    gateway.stop()


def root_must_be_wanted_on_the_command_line():
    if os.geteuid() != 0:
        skip("started without privileges")
    for user, text in (
        ("root", "`user: root` is root; if that is wanted, say --user=root"),
        ("no-such-user", 'cannot give up root: there is no user "no-such-user"; make that user, or name another'),
    ):
        gateway = Supervisor(write("config.json", json.dumps({"user": user})), libexec=fake_libexec(), keep_root=False)
        gateway.expect("cannot start: " + text)
        check(gateway.end() == 1)


def nobody_can_run_it_too():
    """Everything above may have been run as root; this is never."""
    if os.geteuid() != 0:
        skip("started without privileges, as all tests are then")
    nobody = pwd.getpwnam("nobody")
    os.mkdir("run")
    os.chown("run", nobody.pw_uid, nobody.pw_gid)
    config, libexec = write("config.json", json.dumps({"channels": {"a": {}}, "tcp": [["127.0.0.1", 0]]})), fake_libexec()

    def drop():
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)

    gateway = Supervisor(config, "--user=ignored", libexec=libexec, preexec_fn=drop)
    gateway.expect("ready, 1 channels")
    check(os.stat(gateway.socket).st_uid == nobody.pw_uid)
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(gateway.socket)
    gateway.stop()


main(
    all_errors_are_shown_and_nothing_starts,
    one_that_hangs_is_killed,
    nonsense_is_refused,
    what_may_not_be_is_refused,
    check_only_starts_nothing,
    a_control_character_forges_no_line,
    without_a_program_to_run_it_says_so,
    root_is_given_up,
    root_must_be_wanted_on_the_command_line,
    nobody_can_run_it_too,
)
