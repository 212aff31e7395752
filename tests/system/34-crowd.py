#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many clients: what they cost, and that one who does not read costs the others nothing."""

import os
import resource
import selectors
import socket
import time

from dragoman_test import check, main, wait_for
from wire import Hub, delimited, split, subscribe

# What is freed is to be used again: an address sanitizer would keep it for a while.
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=0:thread_local_quarantine_size_kb=0"


def check_grown(hub, before_kb, most_kb):
    grown = hub.memory_kb() - before_kb
    if not hub.is_sanitized():  # sanitizers keep books of their own, and what was freed for a while
        check(grown < most_kb, "grown by %d KiB" % grown)


def a_thousand_idle_subscribers_cost_little_and_get_what_comes():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    hub = Hub()
    before = hub.memory_kb()
    crowd = [hub.subscriber("scale", tcp=i % 2 == 0) for i in range(1000)]
    check_grown(hub, before, 2 * 1000)
    p = hub.publisher()
    p.publish(p.reading(text="for all"))
    for c in crowd:
        check(c.next("event").event.reading.values[0].text == "for all")
    for c in crowd:
        c.close()
    wait_for(lambda: len(hub.status().clients) == 2, "the crowd to be gone")
    hub.stop()


def drain(s, n):
    """Counts n events; the time that it took."""
    began, got, data = time.monotonic(), 0, b""
    while got < n:
        data += s.socket.recv(1 << 20)
        while True:
            payload, rest = split(data)
            if payload is None:
                break
            data, got = rest, got + 1
    return time.monotonic() - began


def one_who_never_reads_costs_the_others_nothing():
    hub = Hub("hub: { memory: 4MiB }\n")
    reader = hub.subscriber("#")
    stalled = hub.client()
    stalled.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stalled.ask(subscribe("#"))
    p = hub.publisher()

    def rounds(n):
        for _ in range(n):
            p.publish(*[p.reading(text="x" * 1000, prompt=i == 99) for i in range(100)])
            drain(reader, 100)
            p.wait_kept()

    rounds(60)  # the log is full, and the stalled one's socket as well
    before = hub.memory_kb()
    rounds(100)
    check_grown(hub, before, 1024)
    status = [c for c in hub.status().clients if c.subscribed]
    check(sorted(c.behind_bytes > 1 << 20 for c in status) == [False, True], status)
    hub.stop()


def clients_that_come_and_go_leave_nothing():
    hub = Hub()
    p = hub.publisher()

    def come_and_go(n):
        for i in range(n):
            c = hub.subscriber("p%d/#" % (i % 50), "#", snapshot=True, linger_ms=i % 3)
            p.publish(p.reading(text="x" * 100))
            c.close()

    come_and_go(200)
    wait_for(lambda: len(hub.status().clients) == 2)
    before = hub.memory_kb()
    come_and_go(400)
    wait_for(lambda: len(hub.status().clients) == 2)
    check_grown(hub, before, 4096)
    hub.stop()


def many_publishers_at_once_lose_nothing():
    names = ["p%d" % i for i in range(20)]
    hub = Hub(publishers=names)
    s = hub.subscriber("#", tcp=True)
    publishers = [hub.publisher(n, devices=(n,)) for n in names]
    waiting = selectors.DefaultSelector()
    for p in publishers:
        p.out = b"".join(delimited(p.reading(p.name, text="x" * 64)) for _ in range(1000))
        p.socket.setblocking(False)
        waiting.register(p.socket, selectors.EVENT_WRITE, p)
    last = dict.fromkeys(names, 0)
    while waiting.get_map():
        for key, _ in waiting.select():
            p = key.data
            p.out = p.out[p.socket.send(p.out[:10000]) :]
            if not p.out:
                waiting.unregister(p.socket)
    for _ in range(20 * 1000):
        event = s.next("event").event
        check(event.number == last[event.publisher] + 1, event)
        last[event.publisher] += 1
    hub.stop()


main(
    a_thousand_idle_subscribers_cost_little_and_get_what_comes,
    one_who_never_reads_costs_the_others_nothing,
    clients_that_come_and_go_leave_nothing,
    many_publishers_at_once_lose_nothing,
)
