#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A channel and a hub: bytes of a device become readings of its clients."""

import os

from dragoman_test import check, main, wait_for
from line import ALL, Channel, Pty, TcpDevice, counters, next_state, texts
from wire import Hub, pb

DELIMITED = 'link: {delimiter: "\\n", max: 64}\n'
RAW = DELIMITED + "devices:\n  d1: {adapter: raw, options: {as: text}}\n"


def lines_on_a_pty_become_readings():
    hub, device = Hub(publishers=["c1"]), Pty()
    s = hub.subscriber("#", tcp=True)
    channel = Channel("c1", "port: {tty: %s}\n" % device.path + RAW)
    channel.expect("is open")
    device.write(b"one\ntwo\n")
    device.write(b"thr")
    check(texts(s, 2) == ["one", "two"])
    device.write(b"ee\n")
    check(texts(s, 1) == ["three"])
    d = hub.client().ask(pb.Frame(browse=pb.Browse())).catalogue.devices[0]
    check(d.name == "d1" and d.channel == "c1" and d.adapter == "raw", d)
    check([(t.name, t.type) for t in d.tags] == [("data", pb.TYPE_TEXT)], d)
    channel.stop()
    hub.stop()


def numbers_begin_at_one_and_have_no_holes():
    hub, device = Hub(publishers=["c1"]), Pty()
    s = hub.subscriber("#", "$channel/+", tcp=True)
    channel = Channel("c1", "port: {tty: %s}\n" % device.path + RAW)
    channel.expect("is open")
    device.write(b"x\n" * 100)
    numbers, incarnations = [], set()
    while len(numbers) < 103:
        event = s.next("event").event
        if event.publisher == "c1":
            numbers.append(event.number)
            incarnations.add(event.incarnation)
    check(numbers == list(range(1, len(numbers) + 1)), numbers)
    check(len(incarnations) == 1 and 0 not in incarnations, incarnations)
    channel.stop()
    hub.stop()


def a_line_that_comes_and_goes_does_not_fill_the_log():
    hub = Hub(publishers=["c1"])
    s = hub.subscriber("$channel/+", tcp=True)
    retry = "retry: {first: 10ms, most: 10ms}\n"
    channel = Channel("c1", "port: {exec: [/bin/echo, x]}\n" + retry + RAW)
    for _ in range(40):
        next_state(s, "$channel/c1", pb.State.ONLINE)
    lines = [l for l in channel.log().splitlines() if "is open" in l or "trying again" in l]
    check(len(lines) == 20, lines)
    channel.stop()
    hub.stop()


def a_device_behind_tcp_is_read_and_comes_back():
    hub, device = Hub(publishers=["c1"]), TcpDevice()
    s = hub.subscriber("#", "$channel/+", tcp=True)
    retry = "retry: {first: 10ms, most: 50ms}\n"
    channel = Channel("c1", 'port: {tcp: "%s"}\n' % device.address + retry + RAW)
    peer = device.accept()
    check(next_state(s, "$channel/c1", pb.State.ONLINE))
    peer.sendall(b"hello\nhalf")
    check(next_state(s, "d1", pb.State.ONLINE))
    check(texts(s, 1) == ["hello"])
    peer.close()
    lost = next_state(s, "$channel/c1", pb.State.STALE)
    check(lost.reason == "closed by the other end" and lost.text, lost)
    check(next_state(s, "d1", pb.State.STALE).reason == lost.reason)
    peer = device.accept()
    check(next_state(s, "$channel/c1", pb.State.ONLINE))
    peer.sendall(b"again\n")
    check(next_state(s, "d1", pb.State.ONLINE))
    check(texts(s, 1) == ["again"])
    channel.expect("trying again")
    channel.stop()
    hub.stop()


def noise_is_counted_and_the_next_good_frame_is_read():
    hub, device = Hub(publishers=["c1"]), Pty()
    s = hub.subscriber("#", tcp=True)
    link = 'link: {start_end: {start: "<STX>", end: "<ETX>", max: 32}}\n'
    channel = Channel("c1", "port: {tty: %s}\n" % device.path + link + RAW.replace(DELIMITED, ""))
    channel.expect("is open")
    device.write(b"noise\x02good\x03\xff\xfe\x02" + b"x" * 100 + b"\x03\x02half\x02next\x03")
    check(texts(s, 1) == ["good"])
    check(texts(s, 1)[0].endswith("next"))
    channel.expect(r"garbage, 5 bytes: 6e 6f 69 73 65")
    channel.expect(r"too long, ")

    def told():
        c = counters(hub, "c1")
        return c if c.get("frames") == 2 and c["link.garbage"] >= 1 and c["link.too-long"] == 1 else None

    found = wait_for(told, "the counters")
    check(found["bytes.received"] == 126, found)
    channel.stop()
    hub.stop()


def bytes_that_are_no_text_are_a_bad_value():
    hub, device = Hub(publishers=["c1"]), Pty()
    s = hub.subscriber("#", tcp=True)
    channel = Channel("c1", "port: {tty: %s}\n" % device.path + RAW)
    channel.expect("is open")
    device.write(b"\xff\xfe\n")
    while True:
        event = s.next("event").event
        if event.HasField("reading"):
            break
    value = event.reading.values[0]
    check(value.quality == pb.QUALITY_BAD and value.reason == "not text" and value.WhichOneof("value") is None, value)
    channel.stop()
    hub.stop()


def all_frames_can_be_seen_raw():
    hub, device = Hub(publishers=["c1"]), Pty()
    s = hub.subscriber("$channel/+", tcp=True, kinds=ALL)
    config = "raw: all\ndevices:\n  d1: {adapter: raw, options: {request: 'ask', interval: 10s}}\n"
    channel = Channel("c1", "port: {tty: %s}\n" % device.path + DELIMITED + config)
    check(device.read_until() == b"ask")
    device.write(b"\x00\x01\n")
    raw = []
    while len(raw) < 2:
        event = s.next("event").event
        if event.HasField("raw"):
            raw.append((event.raw.direction, event.raw.data))
    check(raw == [(pb.Raw.SENT, b"ask"), (pb.Raw.RECEIVED, b"\x00\x01")], raw)
    channel.stop()
    hub.stop()


def a_capture_has_both_directions():
    hub, device = Hub(publishers=["c1"]), Pty()
    config = "capture: %s\n" % os.path.abspath("line.pcapng")
    config += "devices:\n  d1: {adapter: raw, options: {request: 'question', interval: 10s}}\n"
    channel = Channel("c1", "port: {tty: %s}\n" % device.path + DELIMITED + config)
    s = hub.subscriber("#", tcp=True)
    check(device.read_until() == b"question")
    device.write(b"answer\n")
    check(texts(s, 1) == [b"answer"])
    channel.stop()
    with open("line.pcapng", "rb") as f:
        data = f.read()
    check(b"question" in data and b"answer" in data, data)
    hub.stop()


def a_missing_port_is_a_state_with_a_remedy():
    hub = Hub(publishers=["c1"])
    s = hub.subscriber("#", "$channel/+", tcp=True)
    path = os.path.abspath("later")
    channel = Channel("c1", "port: {tty: %s}\nretry: {first: 10ms, most: 20ms}\n" % path + RAW)
    state = next_state(s, "$channel/c1", pb.State.STALE)
    check(state.reason == "no such port" and "start the program" in state.text, state)
    check(next_state(s, "d1", pb.State.STALE).reason == "no such port")
    channel.expect(r"no such port\); trying again")
    device = Pty()
    os.symlink(device.path, path)
    check(next_state(s, "$channel/c1", pb.State.ONLINE))
    device.write(b"here\n")
    check(texts(s, 1) == ["here"])
    check(channel.log().count("trying again") == 1, channel.log())
    channel.stop()
    hub.stop()


def silence_makes_a_device_stale():
    hub, device = Hub(publishers=["c1"]), Pty()
    s = hub.subscriber("#", tcp=True)
    config = DELIMITED + "devices:\n  d1: {adapter: raw, stale_after: 100ms}\n"
    channel = Channel("c1", "port: {tty: %s}\n" % device.path + config)
    channel.expect("is open")
    device.write(b"x\n")
    check(next_state(s, "d1", pb.State.ONLINE))
    check(next_state(s, "d1", pb.State.STALE).reason == "silent")
    device.write(b"x\n")
    check(next_state(s, "d1", pb.State.ONLINE))
    channel.stop()
    hub.stop()


def a_wrong_configuration_starts_nothing():
    Hub(publishers=["c1"])
    channel = Channel("c1", "port: {tty: /dev/null}\ndevices:\n  d1: {adapter: rwa}\n  d2: {adapter: raw, options: {az: text}}\n")
    check(channel.end() == 1)
    check('did you mean "raw"?' in channel.log() and "az" in channel.log(), channel.log())


main(
    lines_on_a_pty_become_readings,
    numbers_begin_at_one_and_have_no_holes,
    a_line_that_comes_and_goes_does_not_fill_the_log,
    a_device_behind_tcp_is_read_and_comes_back,
    noise_is_counted_and_the_next_good_frame_is_read,
    bytes_that_are_no_text_are_a_bad_value,
    all_frames_can_be_seen_raw,
    a_capture_has_both_directions,
    a_missing_port_is_a_state_with_a_remedy,
    silence_makes_a_device_stale,
    a_wrong_configuration_starts_nothing,
)
