#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Started by root, the gateway's processes are somebody else, for good. With the real ones."""

import os
import pwd

from dragoman_test import BUILD, check, main, process_status, program, skip
from gateway import Gateway, counting, readings
from wire import pb


def can_run(user, path):
    """Whether that user can run the program: a checkout may lie where nobody else can go."""
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)
        os._exit(0 if os.access(path, os.X_OK) else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def root_is_given_up_by_all_but_the_supervisor():
    if os.geteuid() != 0:
        skip("started without privileges")
    nobody = pwd.getpwnam("nobody")
    if not can_run(nobody, program("dragoman-hub")):
        skip("nobody else can run what is in %s" % BUILD)
    gateway = Gateway(counting("one"), "--user=nobody")
    readings(gateway.subscriber("dev/#"), "dev/one", 10)
    for label in ("hub", "channel one"):
        found = process_status(gateway.last_pid(label))
        check(found["Uid"].split() == [str(nobody.pw_uid)] * 4, found)
        check(found["Gid"].split() == [str(nobody.pw_gid)] * 4, found)
        check(found["Groups"].split() == [str(nobody.pw_gid)] and found["NoNewPrivs"] == "1", found)
        check(found["CapEff"] == found["CapPrm"] == "0" * 16, found)
    check(os.stat(gateway.socket).st_uid == nobody.pw_uid)
    check(gateway.client().welcome.storage == pb.STORAGE_DISK, "the hub can write where the stream is")
    check(os.stat("data/stream").st_uid == nobody.pw_uid)
    gateway.stop()


main(root_is_given_up_by_all_but_the_supervisor)
