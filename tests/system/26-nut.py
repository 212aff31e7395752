#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A simulated Megatec UPS is read by somebody else's master, the driver blazer_ser of Network UPS Tools."""

import os
import socket

from dragoman_test import SOURCE, Process, check, main, program, skip, wait_for

DRIVER = "/lib/nut/blazer_ser"


def ask(path, request):
    """What the driver says on its socket, line by line, up to the end of the dump."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(path)
        s.sendall(request.encode() + b"\n")
        text = b""
        while b"DUMPDONE" not in text:
            more = s.recv(4096)
            if not more:
                break
            text += more
    return text.decode()


def variables(path):
    found = {}
    for line in ask(path, "DUMPALL").splitlines():
        words = line.split(None, 2)
        if len(words) == 3 and words[0] == "SETINFO":
            found[words[1]] = words[2].strip('"')
    return found


def a_foreign_master_reads_the_simulated_ups():
    if not os.path.exists(DRIVER):
        skip("%s is not installed (package nut-server)" % DRIVER)
    profile = os.path.join(SOURCE, "adapters", "profiles", "megatec-q1.yaml")
    options = ["--set=battery_voltage=13.5", "--set=input_voltage=229.5", "--set=load=42", "--set=temperature=27.5"]
    ups = Process([program("dragoman"), "simulate", profile, "--pty", os.path.abspath("ups"), *options])
    ups.expect("open")
    state = os.path.abspath("state")
    os.mkdir(state, 0o770)
    env = dict(os.environ, NUT_STATEPATH=state, NUT_ALTPIDPATH=state, NUT_CONFPATH=state)
    user = ["-u", "root"] if os.geteuid() == 0 else []
    Process([DRIVER, "-D", "-s", "test", *user, "-x", "port=" + os.path.abspath("ups"), "-i", "1"], env=env)
    path = wait_for(
        lambda: next((os.path.join(state, f) for f in os.listdir(state) if f.startswith("blazer_ser-")), None),
        "the driver's socket",
    )

    def known():
        try:
            found = variables(path)
        except OSError:
            return None
        return found if "battery.voltage" in found and "ups.load" in found else None

    found = wait_for(known, "the driver's variables")
    expected = {
        "battery.voltage": 13.5,
        "input.voltage": 229.5,
        "ups.load": 42,
        "ups.temperature": 27.5,
        "input.voltage.nominal": 230,
        "battery.voltage.nominal": 12,
        "input.frequency.nominal": 50,
    }
    for name, value in expected.items():
        check(float(found.get(name, "nan")) == value, "%s is %s" % (name, found.get(name)))
    check(found.get("ups.type", "").replace("offline / line interactive", "offline") == "offline", found.get("ups.type"))
    check(found.get("ups.mfr", "").strip() == "MEGATEC", found.get("ups.mfr"))


main(a_foreign_master_reads_the_simulated_ups)
