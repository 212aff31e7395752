#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A device that keeps its record until it is acknowledged: it is told last, once all is on disk."""

import json
import os
import random
import resource
import signal
import socket
import subprocess
import threading
import time

from dragoman_test import BUILD, check, main, program, wait_for
from gateway import Gateway
from line import Channel, Pty, TcpDevice, texts
from wire import PATIENCE, Connection, Hub, pb

LINK = 'link: {ack: "<ACK>", nak: "<NAK>", wait: %s, link: {delimiter: "\\n"}}\n'
DEVICES = "devices:\n  d1: {adapter: raw, options: {as: text}}\n"
PLUGINS = [os.path.join(BUILD, "adapters", "nmea0183", ".libs")]
ACK, NAK = b"\x06", b"\x15"


def config(device, wait="20s", link=LINK):
    return "port: {tty: %s}\n" % device.path + link % wait + DEVICES


class Disk:
    """A hub as the channel sees it, whose disk is the test: it says what is kept, and when."""

    def __init__(self):
        self.path = os.path.abspath("hub.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        self.listener.settimeout(PATIENCE)
        self.events = []

    def accept(self, received=0, kept=0):
        s, _ = self.listener.accept()
        s.settimeout(PATIENCE)
        self.channel = Connection(s)
        hello = self.channel.next("hello")
        self.answer(hello, welcome=pb.Welcome(version=1, storage=pb.STORAGE_DISK, max_frame=1 << 20))
        register = self.channel.next("register")
        self.incarnation = register.register.incarnation
        self.answer(register, registered=pb.Registered(received=received, kept=kept))

    def answer(self, frame, **body):
        self.channel.send(pb.Frame(id=frame.id, **body))

    def record(self):
        """The next reading; what else comes is taken too."""
        while True:
            frame = self.channel.next()
            if frame.HasField("event"):
                self.events.append(frame)
                if frame.event.HasField("reading"):
                    return frame

    def keep(self, number, on_disk=True):
        self.channel.send(pb.Frame(kept=pb.Kept(number=number, on_disk=on_disk)))


def answer_of(device):
    """The one byte that the device got; any other number of them is wrong."""
    wait_for(lambda: device._more() or device.data, "an answer")
    got, device.data = device.data, b""
    return got


def the_device_is_told_after_the_disk():
    disk, device = Disk(), Pty()
    channel = Channel("c1", config(device))
    disk.accept()
    device.write(b"one\n")
    frame = disk.record()
    check(frame.prompt and frame.event.reading.values[0].text == "one", frame)
    check(all(not e.prompt for e in disk.events if e.event.device == "$channel/c1"), disk.events)
    disk.keep(frame.event.number - 1)
    disk.keep(frame.event.number, on_disk=False)
    check(answer_of(device) == NAK)
    # It comes again, as another event: what was not kept may have been seen by nobody.
    device.write(b"one\n")
    again = disk.record()
    check(again.event.number > frame.event.number)
    disk.keep(again.event.number)
    check(answer_of(device) == ACK)
    channel.stop()


def a_hub_killed_between_record_and_disk_costs_nothing():
    disk, device = Disk(), Pty()
    channel = Channel("c1", config(device, wait="100ms"))
    disk.accept()
    device.write(b"one\n")
    first = disk.record().event
    disk.channel.close()  # before anything was kept
    check(answer_of(device) == NAK)  # the time that it may take is over
    device.write(b"one\n")  # the device does what it has to
    disk.accept()
    second = disk.record().event
    check((second.number, second.incarnation) == (first.number, first.incarnation), (first, second))
    disk.keep(second.number)
    # Its answer may have come too late once more; the next one does not, and there was one event.
    if answer_of(device) == NAK:
        device.write(b"one\n")
        check(answer_of(device) == ACK)
    device.write(b"two\n")
    third = disk.record().event
    check(third.reading.values[0].text == "two", third)
    channel.stop()


def a_channel_that_is_killed_has_acknowledged_nothing_that_is_lost():
    disk, device = Disk(), Pty()
    channel = Channel("c1", config(device))
    disk.accept()
    device.write(b"one\n")
    first, incarnation = disk.record().event, disk.incarnation
    channel.kill(9)
    channel.end()
    channel = Channel("c1", config(device))
    disk.accept()
    channel.expect("is open")
    device._more()
    check(device.data == b"", device.data)
    device.write(b"one\n")
    second = disk.record().event
    check(second.reading == first.reading and second.incarnation == disk.incarnation != incarnation, second)
    disk.keep(second.number)
    check(answer_of(device) == ACK)
    channel.stop()


def without_a_disk_the_record_stays_with_the_device():
    hub, device = Hub(publishers=["c1"]), Pty()
    s = hub.subscriber("#", tcp=True)
    channel = Channel("c1", config(device))
    channel.expect("is open")
    device.write(b"one\n")
    check(texts(s, 1) == ["one"])
    check(answer_of(device) == NAK)
    channel.stop()
    channel = Channel("c1", config(device, link=LINK.replace("wait:", "after: receipt, wait:")))
    channel.expect("is open")
    device.write(b"two\n")
    check(answer_of(device) == ACK)
    channel.stop()
    hub.stop()


def kept_on(hub, data):
    """How often a record stands in the files of a store, and under how many numbers of its publisher."""
    out = subprocess.run([program("dragoman"), "store", "dump", "stream"], capture_output=True, text=True, check=True)
    events = [json.loads(line) for line in out.stdout.splitlines()]
    found = [e for e in events if e["event"] == "reading" and e["values"][0]["value"] == data]
    return len(found), len({(e["incarnation"], e["number"]) for e in found})


def a_hub_that_is_killed_at_any_moment_keeps_what_was_acknowledged():
    """The device holds each record until its ACK; the hub is killed while it does."""
    hub, device = Hub(publishers=["c1"], store="stream"), Pty()
    channel = Channel("c1", config(device, wait="5s"))
    channel.expect("is open")
    for n in range(40):
        device.write(b"record %d\n" % n)
        if n % 4 == 0:
            time.sleep(0.001 * (n % 7))  # before the record, on its way, on the disk, acknowledged
            hub.kill(signal.SIGKILL)
            hub.end()
            hub = Hub(publishers=["c1"], store="stream")
        while answer_of(device) != ACK:
            device.write(b"record %d\n" % n)
        check(kept_on(hub, "record %d" % n) == (1, 1), n)
    channel.stop()
    hub.stop()


GATEWAY = """
gateway: test
listen: {tcp: []}
channels:
  c1:
    port: {tcp: "%s"}
    retry: {first: 10ms, most: 50ms}
    link: {ack: <ACK>, nak: <NAK>, wait: 1s, link: {delimiter: "\\n"}}
    devices: {d1: {adapter: raw, options: {as: text}}}
"""


def send_records(device, n, told):
    """What such a device does: the next record once this one is acknowledged, else the same again."""
    s = device.accept()
    for i in range(n):
        while True:
            try:
                s.sendall(b"record %d\n" % i)
                answer = s.recv(1)
            except OSError:
                answer = b""
            if answer == ACK:
                break
            if not answer:
                s.close()
                s = device.accept()
        told.append(i)
    s.close()


def whoever_is_killed_what_was_acknowledged_is_on_disk():
    device, told, n = TcpDevice(), [], 300
    gateway = Gateway(GATEWAY % device.address)
    thread = threading.Thread(target=send_records, args=(device, n, told), daemon=True)
    thread.start()
    random.seed(1)
    for i in range(8):
        before = len(told)
        wait_for(lambda: len(told) >= min(n, before + 5), "five records more")
        time.sleep(random.random() * 0.02)
        label = "hub" if i % 3 else "channel c1"
        os.kill(gateway.last_pid(label), signal.SIGKILL)
        gateway.pid_of(label)
    thread.join(PATIENCE)
    check(len(told) == n, "%d of %d records are acknowledged" % (len(told), n))
    gateway.stop()
    out = subprocess.run([program("dragoman"), "store", "dump", "data/stream"], capture_output=True, text=True, check=True)
    events = [e for e in map(json.loads, out.stdout.splitlines()) if e["event"] == "reading"]
    records = [(int(e["values"][0]["value"].split()[1]), e["incarnation"], e["number"]) for e in events]
    firsts = list(dict.fromkeys(r[0] for r in records))
    check(firsts == list(range(n)), firsts)
    check(len({r[1:] for r in records}) == len(records), "a number came twice")
    # One that is there twice is of a channel that was killed before it could tell the device.
    twice = [r for r in firsts if sum(x[0] == r for x in records) > 1]
    for r in twice:
        check(len({x[1] for x in records if x[0] == r}) == sum(x[0] == r for x in records), r)
    check(len(twice) <= 4, twice)


def a_disk_that_is_full_leaves_the_record_with_the_device():
    hub, device = Hub(publishers=["c1"], store="stream"), Pty()
    channel = Channel("c1", config(device, wait="5s"))
    channel.expect("is open")
    device.write(b"first\n")
    check(answer_of(device) == ACK)
    hard = resource.prlimit(hub.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(hub.pid, resource.RLIMIT_FSIZE, (1, hard))
    device.write(b"second\n")
    check(answer_of(device) == NAK)
    resource.prlimit(hub.pid, resource.RLIMIT_FSIZE, (hard, hard))
    device.write(b"second\n")
    while answer_of(device) != ACK:  # until the hub has tried again, at most ten seconds
        time.sleep(0.2)
        device.write(b"second\n")
    hub.stop()
    channel.kill()
    channel.end()


def damage_is_refused_and_what_no_device_takes_is_kept_as_bytes_and_acknowledged():
    disk, device = Disk(), Pty()
    sentence = "devices:\n  d1: {adapter: nmea0183}\n"
    channel = Channel("c1", config(device).replace(DEVICES, sentence), plugins=PLUGINS)
    disk.accept()
    device.write(b"no sentence\n")  # as if damaged on the line
    check(answer_of(device) == NAK)
    device.write(b"$GPXYZ,1\n")
    while True:
        frame = disk.channel.next()
        if frame.HasField("event") and frame.event.raw.data == b"$GPXYZ,1":
            break
    check(frame.prompt, frame)
    disk.keep(frame.event.number)
    check(answer_of(device) == ACK)
    channel.stop()


def noise_is_seen_by_those_who_look_for_it():
    hub, device = Hub(publishers=["c1"]), Pty()
    s = hub.subscriber("#", "$channel/+", tcp=True, kinds=[pb.KIND_RAW, pb.KIND_READING])
    link = 'link: {start_end: {start: "<STX>", end: "<ETX>"}}\n'
    channel = Channel("c1", "port: {tty: %s}\n" % device.path + link + DEVICES)
    channel.expect("is open")
    device.write(b"noise\x02good\x03")
    event = s.next("event").event
    check(event.raw.direction == pb.Raw.RECEIVED and event.raw.data == b"noise", event)
    check(texts(s, 1) == ["good"])
    # A wrong baud rate: a few samples of it, so that the stream is left to what devices say.
    device.write(b"x" * 64 * 500 + b"\x02end\x03")
    samples = 0
    while s.next("event").event.HasField("raw"):
        samples += 1
    check(1 <= samples <= 20, samples)
    channel.stop()
    hub.stop()


main(
    the_device_is_told_after_the_disk,
    a_hub_killed_between_record_and_disk_costs_nothing,
    a_channel_that_is_killed_has_acknowledged_nothing_that_is_lost,
    a_hub_that_is_killed_at_any_moment_keeps_what_was_acknowledged,
    whoever_is_killed_what_was_acknowledged_is_on_disk,
    a_disk_that_is_full_leaves_the_record_with_the_device,
    without_a_disk_the_record_stays_with_the_device,
    damage_is_refused_and_what_no_device_takes_is_kept_as_bytes_and_acknowledged,
    noise_is_seen_by_those_who_look_for_it,
)
