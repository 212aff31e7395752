#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Simulated devices through the whole gateway: dragoman simulate on a pty or TCP, a channel with the profile,
the hub, and dragoman watch as the client."""

import json
import os
import subprocess
from types import SimpleNamespace

from dragoman_test import SOURCE, Process, Supervisor, check, main, program, wait_for, write


def profile(name):
    return os.path.abspath(os.path.join(SOURCE, "adapters", "profiles", name + ".yaml"))


class Device(Process):
    """A simulated device; port is what its channel's configuration says of it."""

    def __init__(self, name, *options, tcp=False):
        where = ["--listen-tcp", "127.0.0.1:0"] if tcp else ["--pty", os.path.abspath(name)]
        super().__init__([program("dragoman"), "simulate", profile(name), *where, *options], name="simulate-" + name)
        self.profile = name
        if tcp:
            found = self.expect(r"127\.0\.0\.1:(\d+)")
            self.port = "{tcp: '127.0.0.1:%s'}" % found.group(1)
        else:
            wait_for(lambda: os.path.exists(name), "the terminal of " + name)
            self.port = "{tty: %s}" % os.path.abspath(name)


def gateway(*devices, options=""):
    config = "gateway: test\npaths: {run: %s}\nlisten: {tcp: []}\nchannels:\n" % os.path.abspath("run")
    for d in devices:
        config += "  %s:\n    port: %s\n    devices:\n      %s: {profile: %s%s}\n" % (
            d.profile,
            d.port,
            d.profile,
            profile(d.profile),
            options,
        )
    g = Supervisor(write("dragoman.yaml", config))
    g.expect("ready, %d channels" % len(devices))
    return g


class Watch(Process):
    def __init__(self, g, *args):
        super().__init__([program("dragoman"), "watch", "--server", g.socket, "--json", "--since", "earliest", *args])

    def readings(self, device):
        """Its readings so far, each as tag to (value, quality, reason)."""
        found = []
        for line in self.whole_lines():
            if line.startswith("{"):
                o = json.loads(line)
                if o.get("event") == "reading" and o.get("device") == device:
                    found.append(o)
        return found

    def await_tag(self, device, tag, wanted=lambda value: True):
        def find():
            for r in self.readings(device):
                for v in values_of(r):
                    if v[0] == tag and wanted(v[1]):
                        return v[1]
            return None

        return wait_for(find, "%s of %s in\n%s" % (tag, device, self.log()))


def values_of(reading):
    values = reading["values"]
    if isinstance(values, dict):
        return list(values.items())
    return [(v["tag"], v) for v in values]


def value(v):
    return v.get("value") if isinstance(v, dict) else v


def devices_of_all_kinds_are_read_at_once():
    scale = Device("mt-sics", "--set", "weight=12.5", "--set", "unit=kg")
    ups = Device("megatec-q1", "--set", "battery_voltage=13.5", tcp=True)
    dust = Device("sds011", "--set", "pm2_5=12.3")
    meter = Device("dsmr-p1", "--set", "power_in=1.234", tcp=True)
    co2 = Device("mh-z19", "--set", "co2=544")
    pbx = Device("panasonic-smdr", "--set", "cost=1.5")
    dmm = Device("hp-34401a", "--set", "value=1.5", tcp=True)
    d0 = Device("easymeter-q3d", "--set", "power=-120.5")
    g = gateway(scale, ups, dust, meter, co2, pbx, dmm, d0)
    w = Watch(g)
    for device, tag, expected in (
        ("mt-sics", "weight", 12.5),
        ("mt-sics", "unit", "kg"),
        ("mt-sics", "serial_number", "0123456789"),
        ("megatec-q1", "battery_voltage", 13.5),
        ("megatec-q1", "rated_frequency", 50),
        ("sds011", "pm2_5", 12.3),
        ("dsmr-p1", "power_in", 1.234),
        ("mh-z19", "co2", 544),
        ("panasonic-smdr", "cost", 1.5),
        ("hp-34401a", "value", 1.5),
        ("hp-34401a", "function", "VOLT"),
        ("easymeter-q3d", "power", -120.5),
    ):
        v = w.await_tag(device, tag)
        check(value(v) == expected, "%s of %s: %r" % (tag, device, v))
    g.stop()


def a_memory_is_downloaded_by_a_function():
    station = Device("davis-vantage", "--set", "pages=2", "--set", "high_uv_index=6.5")
    g = gateway(station, options=", options: {every: {archive: 1s, loop: 1h, loop2: 1h}}")
    w = Watch(g)
    v = w.await_tag("davis-vantage", "high_uv_index")
    check(value(v) == 6.5, v)
    records = lambda: [r for r in w.readings("davis-vantage") if "high_uv_index" in dict(values_of(r))]
    wait_for(lambda: len(records()) >= 10, "two pages of five records")
    g.stop()


def what_a_device_says_of_itself_is_the_quality():
    scale = Device("mt-sics", "--set", "weight=bad: overload")
    g = gateway(scale)
    w = Watch(g)
    v = w.await_tag("mt-sics", "weight")
    check(v["quality"] == "bad" and v["reason"] == "overload", v)
    g.stop()


def a_device_that_misbehaves_is_read_all_the_same():
    scale = Device("mt-sics", "--set", "weight=12.5", "--misbehave", "noise,checksum,silence,split")
    g = gateway(scale, options=", options: {every: {weight: 20ms}}")
    w = Watch(g)
    wait_for(lambda: len(w.readings("mt-sics")) >= 10, "ten readings")
    good = [v for r in w.readings("mt-sics") for t, v in values_of(r) if t == "weight"]
    check(sum(value(v) == 12.5 for v in good) > len(good) / 2, good)
    g.stop()


def byte_stuffing_and_acknowledgements_get_through_misbehaviour():
    every = ", options: {every: {%s: 20ms}}"
    for name, tag, request, misbehaviour in (
        ("allen-bradley-df1", "n.2", "integers", "noise,checksum,silence,split,merge"),
        ("allen-bradley-df1", "n.2", "integers", "slow,address"),
        ("sensirion-sps30", "mass_pm1", "dust", "noise,checksum,silence,split"),
        ("kamstrup-kmp", "volume", "actual", "noise,checksum,merge,split"),
    ):
        device = Device(name, "--set", tag + "=64", "--misbehave", misbehaviour, tcp=True)
        g = gateway(device, options=every % request)
        w = Watch(g)
        good = lambda: [v for r in w.readings(name) for t, v in values_of(r) if t == tag and value(v) is not None]
        wait_for(lambda: len(good()) >= 5, "five values of %s with %s" % (name, misbehaviour))
        check(all(value(v) == 64 for v in good()), good())
        g.stop()
        device.kill()


def a_simulator_without_its_line_ends():
    with open("taken", "w"):
        pass
    run = subprocess.run(
        [program("dragoman"), "simulate", profile("mt-sics"), "--pty", "taken"], stderr=subprocess.PIPE, text=True, timeout=60
    )
    check(run.returncode == 1 and run.stderr.count("taken is there already") == 1, run)


def a_device_that_went_away_comes_back():
    scale = Device("mt-sics", "--set", "weight=1")
    g = gateway(scale)
    w = Watch(g)
    w.await_tag("mt-sics", "weight", lambda v: value(v) == 1)
    scale.kill()
    scale.end()
    Device("mt-sics", "--set", "weight=2")
    w.await_tag("mt-sics", "weight", lambda v: value(v) == 2)
    g.stop()


def a_profile_sets_the_line_that_its_port_leaves_open():
    """Seen in what a channel says of a port that is not there."""
    nowhere = os.path.abspath("nowhere")
    ups = SimpleNamespace(profile="megatec-q1", port="{serial: %s-1}" % nowhere)
    meter = SimpleNamespace(profile="easymeter-q3d", port="{serial: %s-2, baud: 300}" % nowhere)
    g = gateway(ups, meter)
    for line in ("serial %s-1 2400 8N1: " % nowhere, "serial %s-2 300 7E1: " % nowhere):
        wait_for(lambda: line in g.log(), line)
    g.stop()


main(
    devices_of_all_kinds_are_read_at_once,
    a_memory_is_downloaded_by_a_function,
    what_a_device_says_of_itself_is_the_quality,
    a_device_that_misbehaves_is_read_all_the_same,
    byte_stuffing_and_acknowledgements_get_through_misbehaviour,
    a_simulator_without_its_line_ends,
    a_device_that_went_away_comes_back,
    a_profile_sets_the_line_that_its_port_leaves_open,
)
