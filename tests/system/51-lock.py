#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who dies leaves nothing behind that harms: the lifeline, the lock of the run directory, its socket."""

import json
import os
import re
import signal
import socket

from dragoman_test import Supervisor, check, fake_libexec, is_alive, main, wait_for, write


def start(**config):
    return Supervisor(write("config.json", json.dumps(config)), "--finish-ms=1000", libexec=fake_libexec())


def pids(gateway):
    return [int(pid) for pid in re.findall(r"started, process (\d+)", gateway.log())]


def a_second_supervisor_is_refused():
    first = start(channels={"a": {}})
    first.expect("ready")
    second = start(channels={"a": {}})
    second.expect(r"run is in use by another dragomand, process %d" % first.pid)
    check(second.end() == 1)
    first.stop()


def children_of_a_dead_supervisor_end():
    gateway = start(channels={"a": {}, "b": {}})
    gateway.expect("ready")
    children = pids(gateway)
    check(len(children) == 3)
    gateway.kill(signal.SIGKILL)
    gateway.end()
    wait_for(lambda: not any(is_alive(pid) for pid in children), "the children end")


def while_a_child_of_a_dead_one_lives_no_other_starts():
    first = start(channels={"a": {"orphan": True}})
    first.expect("channel a: starting, ready: running")
    child = int(re.search(r"channel a started, process (\d+)", first.log()).group(1))
    first.kill(signal.SIGKILL)
    first.end()
    wait_for(lambda: [pid for pid in pids(first) if is_alive(pid)] == [child], "all but one end")
    second = start()
    second.expect(r"run is in use by process %d, a child of a dragomand \(process %d\) that is gone" % (child, first.pid))
    check(second.end() == 1)
    os.kill(child, signal.SIGKILL)
    wait_for(lambda: not is_alive(child), "the child ends")
    third = start()
    third.expect("ready")
    third.stop()


def a_socket_left_behind_is_replaced():
    first = start()
    first.expect("ready")
    first.kill(signal.SIGKILL)
    first.end()
    wait_for(lambda: not any(is_alive(pid) for pid in pids(first)))
    check(os.path.exists(first.socket))
    second = start()
    second.expect("ready")
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(second.socket)
    second.stop()


def what_is_no_socket_is_left_alone():
    os.mkdir("run")
    write("run/dragoman.sock", "precious")
    gateway = start()
    gateway.expect(r"dragoman.sock is in the way, and it is no socket")
    check(gateway.end() == 1 and open("run/dragoman.sock").read() == "precious")


def an_address_in_use_is_refused():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        gateway = start(tcp=[["127.0.0.1", s.getsockname()[1]]])
        gateway.expect(r"cannot start: 127.0.0.1 port \d+: Address already in use")
        check(gateway.end() == 1)


def the_socket_has_its_mode():
    gateway = start(mode=0o600)
    gateway.expect("ready")
    check(os.stat(gateway.socket).st_mode & 0o777 == 0o600)
    gateway.stop()


main(
    a_second_supervisor_is_refused,
    children_of_a_dead_supervisor_end,
    while_a_child_of_a_dead_one_lives_no_other_starts,
    a_socket_left_behind_is_replaced,
    what_is_no_socket_is_left_alone,
    an_address_in_use_is_refused,
    the_socket_has_its_mode,
)
