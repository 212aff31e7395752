#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What clients get who send what they should not, or nothing, or do not read; and that others notice nothing."""

import os
import resource
import select
import socket
import time

from dragoman_test import Process, check, main, program, wait_for
from wire import Hub, delimited, pb, varint

HELLO = pb.Frame(hello=pb.Hello(version=1))


def last_error(hub, *data, tcp=False):
    c = hub.connect(tcp)
    c.send(*data)
    frames = c.end()
    check(frames and frames[-1].WhichOneof("body") == "error" and frames[-1].error.closing, frames)
    check(frames[-1].error.text, frames)
    return frames[-1].error.code


def what_is_no_frame_is_told_and_closed():
    hub = Hub("hub: { max_frame: 4KiB }\n")
    watcher = hub.subscriber("#")
    malformed = pb.ERROR_MALFORMED
    check(last_error(hub, b"GET / HTTP/1.0\r\n\r\n" * 10) == malformed)
    check(last_error(hub, b"\xff" * 64) == malformed)
    check(last_error(hub, b"\x80\x00") == malformed)  # a padded length
    check(last_error(hub, HELLO, varint(3) + b"\x0a\x05x") == malformed)
    check(last_error(hub, HELLO, varint(1 << 20) + b"x") == pb.ERROR_TOO_LONG, "too long")
    check(last_error(hub, HELLO, varint(5000) + b"x", tcp=True) == pb.ERROR_TOO_LONG, "too long")
    check(last_error(hub, delimited(pb.Frame(subscribe=pb.Subscribe()))) == pb.ERROR_HELLO_FIRST)
    check(last_error(hub, delimited(pb.Frame(hello=pb.Hello(version=2)))) == pb.ERROR_VERSION)
    check(last_error(hub, b"\x07\x52\x05\x08\x01\x12\x01\xff") == malformed)  # a name that is not UTF-8
    check(last_error(hub, HELLO, b"\x06\xa2\x01\x03\x0a\x01\xff") == malformed)
    check(last_error(hub, HELLO, b"\x06\xa2\x01\x03\x80\x00\x01") == malformed)  # field 0
    check(hub.status().hub.refused_frames >= 8)
    p = hub.publisher()
    p.publish(p.reading())
    check(watcher.next("event").event.number == 1)
    hub.stop()


def a_request_that_cannot_be_is_refused_and_the_connection_goes_on():
    hub = Hub()
    c = hub.client()
    c.send(varint(3) + b"\xa2\x3e\x00")  # field 1000
    check(c.next("error").error.code == pb.ERROR_UNKNOWN_REQUEST)
    c.send(varint(2) + b"\x20\x07")
    check(c.next("error").error.code == pb.ERROR_UNKNOWN_REQUEST)
    for pattern in ("", "a//b", "a/#/b", "a b", "x" * 200):
        error = c.refusal(pb.Frame(subscribe=pb.Subscribe(patterns=[pattern])))
        check(error.code == pb.ERROR_BAD_PATTERN and not error.closing, (pattern, error))
    check(c.refusal(pb.Frame(subscribe=pb.Subscribe(patterns=["a"] * 65))).code == pb.ERROR_LIMIT)
    check(c.refusal(pb.Frame(subscribe=pb.Subscribe(linger_ms=1001))).code == pb.ERROR_LIMIT)
    check(c.refusal(pb.Frame(welcome=pb.Welcome())).code == pb.ERROR_NOT_ALLOWED)
    check(c.refusal(pb.Frame(event=pb.Event())).code == pb.ERROR_NOT_ALLOWED)
    check(c.refusal(HELLO).code == pb.ERROR_ALREADY)
    check(c.ask(pb.Frame(ping=pb.Ping(data=b"x"))).pong.data == b"x")
    hub.stop()


def a_publisher_that_talks_nonsense_loses_its_connection_only():
    hub = Hub(publishers=("good", "bad"))
    s = hub.subscriber("#", kinds=[pb.KIND_READING])
    good = hub.publisher("good")
    for body in (b"\x1a\x03abc", b"\x1a\x00", b"\x1a\x04\x09\x01\x02\x03"):
        bad = hub.publisher("bad", devices=("x",), incarnation=int.from_bytes(os.urandom(4), "big") + 1)
        bad.send(varint(len(body)) + body)
        check(bad.end()[-1].error.code == pb.ERROR_MALFORMED, body)
    good.publish(good.reading())
    check(s.next("event").event.publisher == "good")
    hub.stop()


def who_is_silent_is_asked_and_then_closed():
    hub = Hub("hub: { idle_timeout: 1s }\n")
    mute, c, subscribed = hub.connect(), hub.client(), hub.subscriber("#")
    check(mute.end()[-1].error.code == pb.ERROR_IDLE)
    c.next("ping")
    c.send(pb.Frame(pong=pb.Pong()))
    c.next("ping")
    check(c.end()[-1].error.code == pb.ERROR_IDLE)
    check(subscribed.ask(pb.Frame(ping=pb.Ping())).WhichOneof("body") == "pong")
    hub.stop()


def who_never_reads_may_be_closed():
    hub = Hub("hub: { memory: 2MiB, slow_timeout: 1s }\n")
    p = hub.publisher()
    s = hub.subscriber("#")
    for _ in range(100):
        p.publish(*[p.reading(text="x" * 1000, prompt=i == 9) for i in range(10)])
        p.wait_kept()
    wait_for(lambda: not [c for c in hub.status().clients if c.subscribed], "the slow client to be closed")
    hub.stop()


def who_asks_and_does_not_read_costs_little():
    hub = Hub()
    p = hub.publisher(devices=["d%d" % i for i in range(1000)])
    c = hub.client()
    c.socket.setblocking(False)
    before = hub.memory_kb()
    request = delimited(pb.Frame(browse=pb.Browse())) * 1000
    sent = 0
    try:
        while sent < 64 << 20:
            sent += c.socket.send(request)
    except BlockingIOError:
        pass
    p.publish(p.reading("d1", prompt=True))
    p.wait_kept()
    check(sent < 8 << 20, sent)
    grown = hub.memory_kb() - before
    check(hub.is_sanitized() or grown < 2048, grown)
    hub.stop()


def too_many_clients_are_turned_away():
    hub = Hub("hub: { max_clients: 4 }\n")
    some = [hub.client() for _ in range(4)]
    check(hub.connect(tcp=True).end()[-1].error.code == pb.ERROR_LIMIT)
    check(last_error(hub, HELLO) == pb.ERROR_LIMIT)
    check(some[1].ask(pb.Frame(ping=pb.Ping())).WhichOneof("body") == "pong")
    hub.stop()


def the_longest_frame_is_one_that_the_hub_can_hold():
    hub = Hub("hub: { max_frame: 1MiB }\n")
    c = hub.client()
    c.send(varint((1 << 20) - 1))
    for _ in range(16):
        c.send(b"x" * ((1 << 16) - 1))
    c.send(b"x" * 15)
    check(c.end()[-1].error.code == pb.ERROR_MALFORMED)
    with open("large.yaml", "w") as f:
        f.write("hub: { max_frame: 2MiB }\n")
    refused = Process([program("dragoman-hub"), "--part=large.yaml", "--listen-local=x.sock"])
    refused.expect("max_frame")
    check(refused.end() != 0)
    hub.stop()


def a_crowd_of_clients_keeps_no_publisher_out():
    hub = Hub("hub: { max_clients: 4 }\n")
    crowd = []
    for i in range(200):
        crowd.append(hub.connect(tcp=i % 2))
        if i % 2 and i > 4:
            crowd[i].receive()  # its Error, or the end: the hub meets them one by one
    p = hub.publisher()
    p.publish(p.reading(prompt=True))
    p.wait_kept()
    hub.stop()


def few_descriptors_are_shared_with_publishers():
    few = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
    hub = Hub(preexec_fn=few)
    hub.expect("256 descriptors allow for 84 clients")
    crowd = [hub.connect(tcp=True) for _ in range(400)]
    check(crowd[399].end() is not None)
    p = hub.publisher()
    p.publish(p.reading(prompt=True))
    p.wait_kept()
    check("cannot take a client" not in hub.log(), hub.log())
    hub.stop()


def who_takes_a_long_answer_slowly_is_not_silent():
    hub = Hub("hub: { idle_timeout: 2s }\n")
    p = hub.publisher()
    for i in range(0, 20000, 4000):
        p.declare(*[pb.Device(name="d%d" % n, description="x" * 200) for n in range(i, i + 4000)])
    c = hub.client()
    c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    c.send(pb.Frame(browse=pb.Browse()))
    until, n = time.monotonic() + 6, 0
    while n < 20000:
        frame = c.next("catalogue", "ping")
        n += len(frame.catalogue.devices)
        if time.monotonic() < until:
            select.select([], [], [], 0.05)
    hub.stop()


def tcp_is_read_only_unless_the_configuration_says_otherwise():
    hub = Hub("listen: { tcp: [ { port: 0, writable: true } ] }\n")
    check(not hub.client(tcp=True).welcome.read_only)
    hub.stop()
    hub = Hub()
    check(hub.client(tcp=True).welcome.read_only and not hub.client().welcome.read_only)
    hub.stop()


main(
    what_is_no_frame_is_told_and_closed,
    a_request_that_cannot_be_is_refused_and_the_connection_goes_on,
    a_publisher_that_talks_nonsense_loses_its_connection_only,
    who_is_silent_is_asked_and_then_closed,
    who_never_reads_may_be_closed,
    who_asks_and_does_not_read_costs_little,
    too_many_clients_are_turned_away,
    the_longest_frame_is_one_that_the_hub_can_hold,
    a_crowd_of_clients_keeps_no_publisher_out,
    few_descriptors_are_shared_with_publishers,
    who_takes_a_long_answer_slowly_is_not_silent,
    tcp_is_read_only_unless_the_configuration_says_otherwise,
)
