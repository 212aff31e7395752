#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a service manager is told."""

import json
import os
import signal
import socket

from dragoman_test import Supervisor, check, fake_libexec, main, write


class Manager:
    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name)
        self.socket.settimeout(20)
        os.environ["NOTIFY_SOCKET"] = "@" + name[1:] if name[0] == "\0" else name

    def told(self, wanted):
        """What else was said before that line."""
        others = []
        while True:
            lines = self.socket.recv(4096).decode().split("\n")
            if wanted in lines:
                return others
            others += lines


def start():
    return Supervisor(write("config.json", json.dumps({"channels": {"a": {}}})), libexec=fake_libexec())


def each_step_is_told():
    manager = Manager(os.path.abspath("notify"))
    gateway = start()
    manager.told("STATUS=1 channels")
    manager.told("READY=1")
    gateway.kill(signal.SIGHUP)
    manager.told("RELOADING=1")
    manager.told("READY=1")
    gateway.kill()
    manager.told("STOPPING=1")
    check(gateway.end() == 0)
    check("NOTIFY_SOCKET" not in gateway.log(), "children do not hear of it")


def an_abstract_socket_will_do():
    manager = Manager("\0dragoman-test-%d" % os.getpid())
    gateway = start()
    manager.told("READY=1")
    gateway.stop()


def the_watchdog_is_told_twice_as_often_as_it_asks():
    manager = Manager(os.path.abspath("notify"))
    os.environ["WATCHDOG_USEC"] = "100000"
    gateway = start()
    manager.told("READY=1")
    for _ in range(3):
        manager.told("WATCHDOG=1")
    gateway.stop()


main(each_step_is_told, an_abstract_socket_will_do, the_watchdog_is_told_twice_as_often_as_it_asks)
