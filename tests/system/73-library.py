#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The whole library, from end to end: each profile's device is simulated behind TCP, and the whole gateway hands good
values of it to a client with a stock protobuf runtime. Nothing that the device says is refused."""

import os
import time

from dragoman_test import SOURCE, Process, check, main, program
from gateway import Gateway
from wire import pb

PROFILES = os.path.abspath(os.path.join(SOURCE, "adapters", "profiles"))
AT_ONCE, PATIENCE = 16, 120


class Device(Process):
    def __init__(self, profile):
        path = os.path.join(PROFILES, profile + ".yaml")
        self.profile = profile
        super().__init__(
            [program("dragoman"), "simulate", path, "--listen-tcp", "127.0.0.1:0"], name="simulate-" + profile
        )

    def port(self):
        return self.expect(r"127\.0\.0\.1:(\d+)").group(1)


def start(devices):
    config = "gateway: test\nlisten: {tcp: [{port: 0}]}\npaths: {profiles: [%s]}\nchannels:\n" % PROFILES
    for d in devices:
        config += "  %s:\n    port: {tcp: '127.0.0.1:%s'}\n" % (d.profile, d.port())
        config += "    devices: {%s: {profile: %s}}\n" % (d.profile, d.profile)
    return Gateway(config)


def wait_for_good_values(gateway, names):
    """Those of which none came."""
    subscriber = gateway.subscriber("#", earliest=True)
    silent, end = set(names), time.monotonic() + PATIENCE
    while silent and time.monotonic() < end:
        frame = subscriber.next()
        if frame.WhichOneof("body") == "event" and frame.event.WhichOneof("body") == "reading":
            if any(v.quality == pb.QUALITY_GOOD for v in frame.event.reading.values):
                silent.discard(frame.event.device)
    return silent


def is_refusal(counter):
    group, _, name = counter.rpartition(".")
    return group == "link" or (group == "adapter" and name not in ("taken", "reply", "part", "foreign"))


def ends_frames_by_silence(profile):
    with open(os.path.join(PROFILES, profile + ".yaml")) as f:
        return "link: {gap:" in f.read()


def check_nothing_was_refused(gateway):
    """On a slow machine an answer comes too late to be one, and two frames without a gap are one."""
    for p in gateway.status().publishers:
        counters = {c.name: c.value for c in p.counters if c.value}
        refused = [name for name in counters if is_refusal(name)]
        if not ends_frames_by_silence(p.name) and "exchanges.timeouts" not in counters:
            check(not refused, "%s: %s" % (p.name, counters))


def run(names):
    devices = [Device(name) for name in names]
    gateway = start(devices)
    silent = wait_for_good_values(gateway, names)
    check_nothing_was_refused(gateway)
    gateway.stop()
    gateway.forget()
    for d in devices:
        d.kill()
        d.end()
        d.forget()
    return silent


def each_device_of_the_library_gives_good_values():
    names = sorted(f[: -len(".yaml")] for f in os.listdir(PROFILES) if f.endswith(".yaml"))
    check(len(names) >= 50, names)
    silent = set()
    for i in range(0, len(names), AT_ONCE):
        silent |= run(names[i : i + AT_ONCE])
    check(not silent, "no good value of %s" % sorted(silent))


main(each_device_of_the_library_gives_good_values)
