#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Noise at full speed on lines of every kind, clients who mean ill, a channel that eats memory: the readings of
another channel go on, one after the other, and what it costs stays within bounds."""

import os
import random
import resource
import signal
import socket

from dragoman_test import BUILD, SOURCE, check, main, wait_for, write
from gateway import Gateway, check_consecutive, counting, readings, text_of
from wire import delimited, pb, varint

PLUGINS = os.path.join(BUILD, "adapters", "nmea0183", ".libs")
NOISE = 2000000  # bytes; then the line is silent

LINKS = {
    "raw": "raw",
    "delimiter": '{delimiter: "\\n"}',
    "start-end": "{start_end: {start: <STX>, end: <ETX>}}",
    "fixed": '{fixed: 18, start: "\\x02"}',
    "length": r"{length_field: {start: '\xAA', offset: 1, size: 2, adjust: 5}}",
    "gap": "{gap: 1ms}",
    "check": '{delimiter: "\\r", check: {type: crc, preset: modbus}}',
}

PROFILES = ["dsmr-p1", "easymeter-q3d", "mh-z19", "mt-sics", "panasonic-smdr", "sds011"]


def noisy(name, device, link=None, make="head -c %d /dev/urandom" % NOISE):
    program = write(name + ".sh", make + "\nexec sleep 1000\n")
    text = "  %s:\n    port: {exec: [/bin/sh, %s]}\n" % (name, os.path.abspath(program))
    if link:
        text += "    link: %s\n" % link
    return text + "    devices: {noise/%s: %s}\n" % (name, device)


def memory_kb(pid):
    with open("/proc/%d/status" % pid) as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS:"))


def is_sanitized(pid):
    with open("/proc/%d/maps" % pid) as f:
        return "libasan" in f.read()


def noise_disturbs_no_other_channel():
    config, names = counting("quiet").replace("log: debug", "log: info\npaths: {plugins: [%s]}" % PLUGINS), []
    for kind, link in LINKS.items():
        if kind != "check":
            config += noisy("link-" + kind, "{adapter: raw}", link)
            names.append("link-" + kind)
    config += noisy("empty", "{adapter: raw, options: {as: text}}", LINKS["delimiter"], 'yes "" | head -c 200000')
    config += noisy("nmea", "{adapter: nmea0183}", make="tr -dc '[:print:]\\n' < /dev/urandom | head -c %d" % NOISE)
    names += ["nmea"]
    for profile in PROFILES:
        path = os.path.join(os.path.abspath(SOURCE), "adapters", "profiles", profile + ".yaml")
        config += noisy(profile, "{profile: %s}" % path)
        names.append(profile)
    gateway = Gateway(config)
    s = gateway.subscriber("dev/quiet", earliest=True)

    def received():
        counts = {p.name: {c.name: c.value for c in p.counters} for p in gateway.status().publishers}
        return all(counts[name].get("bytes.received", 0) >= NOISE for name in names)

    check_consecutive(readings(s, "dev/quiet", 20))
    wait_for(received, "all noise to be read", 90)
    check_consecutive(readings(s, "dev/quiet", 50))
    for name in names:
        pid = gateway.last_pid("channel " + name)
        lines = sum("channel " + name in line for line in gateway.log().splitlines())
        check(lines < 100, "%d lines of %s" % (lines, name))
        check(gateway.publisher_status(name).restarts == 0, name)
        check(is_sanitized(pid) or memory_kb(pid) < 24 << 10, "%s has %d KiB" % (name, memory_kb(pid)))
    gateway.stop()


def misuse(gateway, rng):
    """Connections that each do another wrong thing, and stay."""
    hello = pb.Frame(hello=pb.Hello(version=1))
    browse = delimited(pb.Frame(browse=pb.Browse()))
    wrong = [
        b"",
        delimited(hello),
        delimited(hello)[:3],
        varint(60000) + b"x" * 100,
        varint(1 << 31),
        rng.randbytes(300),
        delimited(hello) + rng.randbytes(300),
        delimited(hello) + delimited(pb.Frame(kept=pb.Kept(number=7))) * 10,
        delimited(hello) + delimited(pb.Frame(register=pb.Register(publisher="one", incarnation=1))),
        delimited(hello) + delimited(pb.Frame(event=pb.Event(publisher="one", number=1))),
        delimited(hello) + delimited(pb.Frame(subscribe=pb.Subscribe())),
        delimited(hello) + browse * 500,
        delimited(pb.Frame(hello=pb.Hello(version=1, token=b"guessed"))),
        delimited(hello) * 3 + delimited(pb.Frame(goodbye=pb.Goodbye())) + browse,
    ]
    while True:
        s = socket.socket(socket.AF_UNIX)
        s.connect(gateway.path)
        s.setblocking(False)
        try:
            s.send(rng.choice(wrong))
        except OSError:
            pass
        yield s


def clients_who_mean_ill_disturb_nobody():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    gateway = Gateway(counting("one").replace("log: debug", "log: info"))
    s = gateway.subscriber("dev/one")
    hub = gateway.last_pid("hub")
    before = memory_kb(hub)
    enemies = misuse(gateway, random.Random(1))
    crowd = [next(enemies) for _ in range(min(hard, 8192) * 5 // 8)]
    check_consecutive(readings(s, "dev/one", 100))
    check(is_sanitized(hub) or memory_kb(hub) - before < len(crowd) * 64, memory_kb(hub) - before)
    check(sum("hub: client" in line for line in gateway.log().splitlines()) < 200, "the log is flooded")
    for c in crowd:
        c.close()
    check_consecutive(readings(s, "dev/one", 50))
    check(gateway.last_pid("hub") == hub)
    gateway.stop()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def a_channel_that_eats_memory_is_started_anew():
    """The hub stands still, and the channel may keep more than its process may have."""
    eater = '[/bin/sh, -c, "exec yes %s"]' % ("x" * 4000)
    config = counting("one", "two", two=eater) + "    buffer: 1GiB\n    memory_limit: 64MiB\n"
    gateway = Gateway(config, "--ping-ms=50", "--answer-ms=100000", "--restart-first-ms=30000")
    s = gateway.subscriber("dev/#", kinds=[pb.KIND_READING, pb.KIND_STATE, pb.KIND_LOSS])
    readings(s, "dev/one", 10)
    two, hub = gateway.last_pid("channel two"), gateway.last_pid("hub")
    os.kill(hub, signal.SIGSTOP)
    gateway.expect(r"channel two ended, process %d: has \d+ KiB of memory, 65536 KiB are allowed and was killed" % two)
    os.kill(hub, signal.SIGCONT)
    events, ones = {}, []
    while "state" not in events or events["state"].state.code != pb.State.STALE:
        frame = s.next("event", "gap")
        if frame.event.device == "dev/two":
            events[frame.event.WhichOneof("body")] = frame.event
        elif text_of(frame):
            ones.append(text_of(frame))
    check("loss" in events, events)
    check("KiB of memory" in events["state"].state.reason, events["state"])
    check(gateway.last_pid("channel one") and "channel one ended" not in gateway.log())
    gateway.stop()


main(
    noise_disturbs_no_other_channel,
    clients_who_mean_ill_disturb_nobody,
    a_channel_that_eats_memory_is_started_anew,
)
