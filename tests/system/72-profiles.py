#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Profiles of many families, each from end to end: its simulator on a terminal or behind TCP, the whole gateway,
and a client that has nothing but the .proto and a stock protobuf runtime. A profile more is a row more."""

import os
import subprocess
import time

from dragoman_test import SOURCE, Process, check, main, program, wait_for, write
from gateway import Gateway
from wire import pb

PROFILES = os.path.abspath(os.path.join(SOURCE, "adapters", "profiles"))

# profile: where it is, what its tags are set to, and which of its requests are hurried
DEVICES = {
    "mt-sics": ("pty", {"weight": 12.5, "unit": "kg", "tare": 0.25}, ["weight", "tare"]),
    "sartorius-sbi": ("tcp", {"weight": 123.25, "unit": "g", "stable": True}, []),
    "megatec-q1": ("tcp", {"input_voltage": 231.5, "load": 42, "battery_low": True}, []),
    "belkin-universal": ("pty", {"input_voltage": 229, "model": "F6C800-UNV"}, []),
    "dsmr-p1": ("tcp", {"power_in": 1.234, "voltage_l1": 231}, []),
    "linky-standard": ("pty", {"energy": 50019227, "meter": "031664001115"}, []),
    "victron-vedirect": ("tcp", {"voltage": 12.8, "panel_power": 55}, []),
    "mh-z19": ("pty", {"co2": 544, "temperature": 23}, ["concentration"]),
    "sds011": ("tcp", {"pm2_5": 12.3, "pm10": 45.6, "firmware_year": 17}, ["firmware"]),
    "hp-34401a": ("tcp", {"value": 1.5, "function": "VOLT", "error": -113}, ["measurement"]),
    "panasonic-smdr": ("pty", {"cost": 1.5}, []),
    "easymeter-q3d": ("tcp", {"power": -120.5}, []),
    "iskra-me162": ("tcp", {"energy_in": 32916.5, "serial_number": "28342193", "maker": "ISK"}, []),
    "allen-bradley-df1": ("pty", {"n.3": 42, "name": "5/04"}, ["integers"]),
    "sensirion-sps30": ("tcp", {"mass_pm2_5": 12.5, "product_type": "00080000"}, ["dust"]),
    "kamstrup-kmp": ("pty", {"volume": 314.131, "volume_unit": "m3", "serial_number": 19088743}, []),
    "ika-namur": ("tcp", {"plate": 81.5, "speed": 350}, []),
    "icom-ic-r75": ("tcp", {"frequency": 14250000, "mode": "USB"}, []),
    "gs-232b": ("tcp", {"azimuth": 123, "elevation": 45}, []),
    "escpos-status": ("pty", {"cover_open": True, "near_end": False}, []),
    "pjlink": ("tcp", {"power": "on", "name": "hall"}, []),
    "gq-gmc": ("tcp", {"cpm": 28, "voltage": 4.1}, []),
    "jbd-bms": ("pty", {"voltage": 52.5, "cycles": 15}, []),
}


def as_text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


class Device(Process):
    """A simulated device; port is what its channel's configuration says of it."""

    def __init__(self, profile, where, *options, name=None):
        self.device = name or profile
        self.profile = profile
        at = ["--listen-tcp", "127.0.0.1:0"] if where == "tcp" else ["--pty", os.path.abspath(self.device)]
        path = os.path.join(PROFILES, profile + ".yaml")
        super().__init__([program("dragoman"), "simulate", path, *at, *options], name="simulate-" + self.device)
        if where == "tcp":
            self.port = "{tcp: '127.0.0.1:%s'}" % self.expect(r"127\.0\.0\.1:(\d+)").group(1)
        else:
            wait_for(lambda: os.path.exists(self.device), "the terminal of " + self.device)
            self.port = "{tty: %s}" % os.path.abspath(self.device)


def start(*devices, options=lambda device: ""):
    config = "gateway: test\nlisten: {tcp: [{port: 0}]}\npaths: {profiles: [%s]}\nchannels:\n" % PROFILES
    for d in devices:
        config += "  %s:\n    port: %s\n" % (d.device, d.port)
        config += "    devices: {%s: {profile: %s%s}}\n" % (d.device, d.profile, options(d))
    return Gateway(config)


def value_of(value):
    which = value.WhichOneof("value")
    return getattr(value, which) if which else None


class Present:
    """What a subscriber knows of tags: device and tag to the last value."""

    def __init__(self, gateway):
        self.subscriber = gateway.subscriber("#", earliest=True)
        self.values = {}

    def follow(self):
        """Takes the next reading; its device."""
        while True:
            frame = self.subscriber.next()
            if frame.WhichOneof("body") == "event" and frame.event.WhichOneof("body") == "reading":
                for v in frame.event.reading.values:
                    self.values[frame.event.device, v.tag] = v
                return frame.event.device

    def until(self, condition, what, patience=60):
        end = time.monotonic() + patience
        while not condition():
            check(time.monotonic() < end, "%s; last known: %s" % (what, self.values))
            self.follow()

    def is_good(self, device, tag, expected):
        v = self.values.get((device, tag))
        if v is None or v.quality != pb.QUALITY_GOOD:
            return False
        got = value_of(v)
        return abs(got - expected) < 1e-6 if isinstance(got, float) else got == expected

    def is_bad(self, device, tag, reason):
        v = self.values.get((device, tag))
        return v is not None and v.quality == pb.QUALITY_BAD and v.reason == reason


def every(requests):
    return ", options: {every: {%s}}" % ", ".join(r + ": 200ms" for r in requests) if requests else ""


def each_family_says_what_was_set():
    devices = []
    for profile, (where, values, _) in DEVICES.items():
        settings = [word for tag, value in values.items() for word in ("--set", "%s=%s" % (tag, as_text(value)))]
        devices.append(Device(profile, where, *settings))
    g = start(*devices, options=lambda d: every(DEVICES[d.profile][2]))
    present = Present(g)
    for profile, (_, values, _) in DEVICES.items():
        for tag, value in values.items():
            present.until(lambda: present.is_good(profile, tag, value), "%s of %s is not %r" % (tag, profile, value))
    told = "iskra-me162: the line changes its settings (9600 baud, format -; 0 or -: as they are), which this port does not do"
    check(g.log().count(told) == 1, g.log())
    g.stop()


# What a device does until its script's third second, and what it is set to then.
MISBEHAVIOURS = ("noise", "checksum", "silence", "split", "merge", "slow", "nonsense")


def script(name, misbehaviour, tag, value):
    return write(
        name + ".script",
        "- {at: 0s, misbehave: [%s]}\n- {at: 3s, misbehave: [none], set: {%s: %s}}\n" % (misbehaviour, tag, value),
    )


def every_misbehaviour_ends():
    """Each on a line of its own; frames with checksums say nothing wrong meanwhile, and all is well in the end."""
    devices = [
        Device("mh-z19", "tcp", "--set", "co2=500", "--script", script(m, m, "co2", 700), name=m) for m in MISBEHAVIOURS
    ]
    g = start(*devices, options=lambda d: every(["concentration"]))
    present = Present(g)
    done = set()
    while len(done) < len(MISBEHAVIOURS):
        device = present.follow()
        v = present.values[device, "co2"]
        check(v.quality != pb.QUALITY_GOOD or value_of(v) in (500, 700), "%s: %s" % (device, v))
        if present.is_good(device, "co2", 700):
            done.add(device)
    g.stop()


def nonsense_is_bad_with_a_reason_and_gets_better():
    scale = Device("mt-sics", "pty", "--set", "weight=5", "--script", script("mad", "nonsense", "weight", 7))
    g = start(scale, options=lambda d: every(["weight"]))
    present = Present(g)
    present.until(lambda: present.is_bad("mt-sics", "weight", "garbled answer"), "the nonsense is not bad")
    present.until(lambda: present.is_good("mt-sics", "weight", 7), "it does not get better")
    g.stop()


def nonsense_of_a_stream_is_bad_and_gets_better():
    script = write("dust.script", "- {at: 0s, misbehave: [nonsense]}\n- {at: 12s, misbehave: [none]}\n")
    dust = Device("sds011", "tcp", "--set", "pm2_5=12.3", "--script", script)
    g = start(dust)
    present = Present(g)
    present.until(lambda: present.is_bad("sds011", "pm2_5", "garbled"), "the nonsense is not bad")
    present.until(lambda: present.is_good("sds011", "pm2_5", 12.3), "it does not get better")
    g.stop()


PUMP = """profile: 1
title: a pump that wants a password, is one of two models, and keeps a log
link: {delimiter: "\\n"}
parameters:
  address: {min: 1, max: 9}
  password: {type: text, secret: true}
  at: {type: integer, default: 0}
readings:
  model: {tags: {model: {type: text, typical: [P2]}}}
  flow: {tags: {flow: {type: number, unit: L/min, typical: [3, 3], write: set_flow}}}
  log: {tags: {entry: {type: integer, typical: [7, 7]}}}
frames:
  welcome: {text: '{@address:integer}WELCOME', means: yes}
  denied: {text: '{@address:integer}DENIED', means: no, reason: wrong password}
  closed: {text: '{@address:integer}CLOSED', means: error, reason: not logged in}
  model: {text: '{@address:integer}M{model}'}
  flow: {text: '{@address:integer}F{flow:number(.1)}'}
  ok: {text: '{@address:integer}OK', means: yes}
  page: {text: '{@address:integer}L{@at:integer} {entry:integer}', reading: log}
  end: {text: '{@address:integer}END', means: nothing}
requests:
  login: {send: '{@address:integer}L {@password}', expect: [welcome, denied]}
  model: {send: '{@address:integer}M?', expect: [model]}
  flow: {send: '{@address:integer}F?', expect: [flow], every: 200ms}
  log:
    send: '{@address:integer}G{@at:integer}'
    expect: [page, end]
    every: 1s
    repeat: {while: [page], cursor: at, add: 1}
commands:
  set_flow:
    description: litres a minute
    arguments: {flow: {unit: L/min, min: 0, max: 10}}
    send: '{@address:integer}F{flow:number(.1)}'
    expect: [ok]
    sets: {flow: {argument: flow}}
    verify: flow
session: {open: [login], lost: [closed]}
variants:
  p2: {title: the second model, frames: {flow: {values: {flow: {scale: 10}}}}}
"""


def a_session_a_variant_a_log_and_what_it_can_be_told():
    path = os.path.abspath(write("./pump.yaml", PUMP))
    options = ("--parameter", "address=3", "--parameter", "password=sesame", "--variant", "p2", "--set", "flow=30")
    pump = Device(path[: -len(".yaml")], "tcp", *options, name="pump")
    pump.profile = path
    g = start(pump, options=lambda d: ", options: {variant: p2, parameters: {address: 3, password: sesame}}")
    present = Present(g)
    present.until(lambda: present.is_good("pump", "flow", 30) and present.is_good("pump", "entry", 7), "the pump")
    pages = g.client().pages(pb.Frame(browse=pb.Browse(patterns=["pump"])), "catalogue")
    device = pages[0].catalogue.devices[0]
    command = device.commands[0]
    check((command.name, command.description) == ("set_flow", "litres a minute"), device)
    check((command.arguments[0].name, command.arguments[0].range.maximum) == ("flow", 10), device)
    check(next(t for t in device.tags if t.name == "flow").access == pb.ACCESS_READ_WRITE, device)
    check("sesame" not in g.log(), "the password is in the log")
    printed = subprocess.run(
        [program("dragoman"), "check", "--print", "dragoman.yaml"], capture_output=True, text=True, timeout=60
    ).stdout
    check("password: (secret)" in printed and "sesame" not in printed, printed)
    g.stop()


main(
    each_family_says_what_was_set,
    every_misbehaviour_ends,
    nonsense_is_bad_with_a_reason_and_gets_better,
    nonsense_of_a_stream_is_bad_and_gets_better,
    a_session_a_variant_a_log_and_what_it_can_be_told,
)
