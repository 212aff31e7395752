#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A channel and its supervisor, and adapters that block: the channel answers all the same."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

from dragoman_test import SOURCE, check, main, wait_for
from line import TEST_PLUGINS, Channel, Pty, next_state, texts
from wire import Hub, PATIENCE, delimited, pb, split

with tempfile.TemporaryDirectory(prefix="dragoman.") as out:
    proto = os.path.join(SOURCE, "proto")
    subprocess.run(["protoc", "-I" + proto, "--python_out=" + out, "dragoman/internal/control.proto"], check=True)
    sys.path.insert(0, os.path.join(out, "dragoman", "internal"))
    import control_pb2

    sys.path.pop(0)

RAW = 'port: {tty: %s}\nlink: {delimiter: "\\n"}\ndevices:\n  d1: {adapter: raw, options: {as: text}}\n'
SLEEPER = "port: {tty: %s}\ndevices:\n  d1: {adapter: sleeper}\n"


class Lifeline:
    """The supervisor's end."""

    def __init__(self):
        self.socket, self.theirs = socket.socketpair()
        self.socket.settimeout(PATIENCE)
        self.data, self.number = b"", 0

    def started(self):
        self.theirs.close()
        check(self.receive().HasField("ready"))

    def receive(self):
        while True:
            payload, rest = split(self.data)
            if payload is not None:
                self.data = rest
                return control_pb2.Control.FromString(payload)
            more = self.socket.recv(4096)
            check(more, "the channel closed its lifeline")
            self.data += more

    def send(self, **body):
        self.socket.sendall(delimited(control_pb2.Control(**body)))

    def ping(self):
        self.number += 1
        self.send(ping=control_pb2.Ping(number=self.number))
        pong = self.receive().pong
        check(pong.number == self.number, pong)
        return pong


def start(config, plugins=()):
    hub, device, lifeline = Hub(publishers=["c1"]), Pty(), Lifeline()
    channel = Channel("c1", config % device.path, lifeline=lifeline.theirs, plugins=plugins)
    lifeline.started()
    channel.expect("is open")
    return hub, device, lifeline, channel


def a_ping_is_answered():
    hub, _, lifeline, channel = start(RAW)
    pong = lifeline.ping()
    check(pong.in_call_ms == 0 and pong.max_call_ms == 0, pong)
    channel.stop()
    hub.stop()


def terminate_ends_it_in_order():
    hub, device, lifeline, channel = start(RAW)
    s = hub.subscriber("#", tcp=True)
    device.write(b"last words\n")
    check(texts(s, 1) == ["last words"])
    lifeline.send(terminate=control_pb2.Terminate())
    check(channel.end() == 0)
    stale = next_state(s, "d1", pb.State.STALE)
    check("terminated" in stale.reason + stale.text, stale)
    check("not acknowledged" not in channel.log(), channel.log())
    hub.expect("publisher c1 has ended: terminated")
    hub.stop()


def it_ends_when_the_supervisor_is_gone():
    hub, _, lifeline, channel = start(RAW)
    began = time.monotonic()
    lifeline.socket.close()
    check(channel.end() == 0)
    check(time.monotonic() - began < 2)
    channel.expect("the supervisor is gone")
    hub.expect("publisher c1 has ended: the supervisor is gone")
    hub.stop()


def it_ends_in_time_without_a_hub_too():
    hub, device, lifeline, channel = start(RAW)
    hub.kill(signal.SIGSTOP)
    device.write(b"x\n" * 1000)
    began = time.monotonic()
    lifeline.send(terminate=control_pb2.Terminate())
    check(channel.end() == 0)
    check(time.monotonic() - began < 2)
    hub.kill(signal.SIGCONT)
    hub.stop()


def a_stopped_channel_does_not_answer():
    hub, _, lifeline, channel = start(RAW)
    channel.kill(signal.SIGSTOP)
    lifeline.socket.settimeout(0.3)
    try:
        lifeline.ping()
        check(False, "a stopped process answered")
    except socket.timeout:
        pass
    channel.kill(signal.SIGKILL)
    check(channel.end() == -signal.SIGKILL)
    hub.stop()


def a_killed_channel_leaves_a_loss_and_stale_devices():
    hub, device, lifeline, channel = start(RAW)
    s = hub.subscriber("#", tcp=True)
    device.write(b"x\n")
    check(texts(s, 1) == ["x"])
    channel.kill(signal.SIGKILL)
    loss = next(e for e in iter(lambda: s.next("event").event, None) if e.HasField("loss"))
    check(loss.device == "d1" and loss.loss.publisher == "c1" and loss.loss.count == 0, loss)
    check(next_state(s, "d1", pb.State.STALE))
    hub.stop()


def nonsense_on_the_lifeline_ends_it():
    hub, _, lifeline, channel = start(RAW)
    lifeline.socket.sendall(b"\x04\xff\xff\xff\xff")
    check(channel.end() == 0)
    channel.expect("is no message")
    hub.stop()


def numbers(s, n):
    out = []
    while len(out) < n:
        event = s.next("event").event
        if event.HasField("reading"):
            out.append(event.reading.values[0].integer)
    return out


def a_call_that_blocks_is_told_with_its_time():
    hub, device, lifeline, channel = start(SLEEPER, [TEST_PLUGINS])
    s = hub.subscriber("#", tcp=True)
    check(lifeline.ping().max_call_ms == 500)
    device.write(b"700\n5\n")
    pong = wait_for(lambda: next(p for p in [lifeline.ping()] if True) if lifeline.ping().in_call_ms > 0 else None)
    check(pong.max_call_ms == 500, pong)
    wait_for(lambda: lifeline.ping().in_call_ms > 500, "an overrun")
    check(numbers(s, 2) == [700, 5])
    wait_for(lambda: lifeline.ping().in_call_ms == 0)
    channel.stop()
    hub.stop()


def a_blocking_adapter_does_all_that_others_do():
    hub, device, lifeline, channel = start(SLEEPER.replace("sleeper", "sleeper, options: {every: 20ms}"), [TEST_PLUGINS])
    s = hub.subscriber("#", tcp=True, kinds=[pb.KIND_READING])
    got = {}
    device.write(b"1\n")
    while got.get("worked", 0) < 3:
        event = s.next("event").event
        got[event.reading.key] = event.reading.values[0].integer
    check(got["slept"] == 1, got)
    device.write(b"?\n")
    check(device.read_until() == b"?")
    device.write(b"!\n")
    while s.next("event").event.reading.values[0].integer != 0:
        pass
    device.write(b"?\n")
    check(device.read_until() == b"?")
    while s.next("event").event.reading.values[0].integer != -1:
        pass
    device.write(b"more\n")
    while s.next("event").event.reading.key != "more":
        pass
    d = hub.client().ask(pb.Frame(browse=pb.Browse())).catalogue.devices[0]
    check([k.name for k in d.keys] == ["slept", "worked", "more"], d)
    check([list(t.keys) for t in d.tags] == [["slept", "worked", "more"]], d)
    channel.stop()
    hub.stop()


def what_a_blocking_adapter_does_not_know_goes_on():
    config = SLEEPER + "  d2: {adapter: raw, options: {as: text}}\n"
    config = config.replace("devices:", 'link: {delimiter: "\\n"}\ndevices:')
    hub, device, lifeline, channel = start(config, [TEST_PLUGINS])
    s = hub.subscriber("#", tcp=True, kinds=[pb.KIND_READING])
    device.write(b"hello\n3\n")
    got = {}
    while len(got) < 2:
        event = s.next("event").event
        got[event.device] = event.reading.values[0]
    check(got["d1"].integer == 3 and got["d2"].text == "hello", got)
    channel.stop()
    hub.stop()


def a_call_that_never_returns_does_not_keep_it_from_ending():
    hub, device, lifeline, channel = start(SLEEPER, [TEST_PLUGINS])
    device.write(b"60000\n")
    wait_for(lambda: lifeline.ping().in_call_ms > 0)
    began = time.monotonic()
    lifeline.send(terminate=control_pb2.Terminate())
    check(channel.end() == 0, channel.log())
    check(time.monotonic() - began < 2)
    hub.stop()


main(
    a_ping_is_answered,
    terminate_ends_it_in_order,
    it_ends_when_the_supervisor_is_gone,
    it_ends_in_time_without_a_hub_too,
    a_stopped_channel_does_not_answer,
    a_killed_channel_leaves_a_loss_and_stale_devices,
    nonsense_on_the_lifeline_ends_it,
    a_call_that_blocks_is_told_with_its_time,
    a_blocking_adapter_does_all_that_others_do,
    what_a_blocking_adapter_does_not_know_goes_on,
    a_call_that_never_returns_does_not_keep_it_from_ending,
)
