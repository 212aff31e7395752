#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A hub whose Nth allocation fails, N counting up: it may end of it, and what it has acknowledged is kept."""

import os
import signal
import struct

from dragoman_test import BUILD, Failed, check, main, skip
from wire import Hub, pb, subscribe

PART = "store: { size: 64MiB, segment: 4MiB, commit_interval: 10ms }\nhub: { memory: 2MiB }\n"
EVENTS = 60  # each time
ROUNDS = 60


def shimmed():
    """tests/shim/alloc_shim.c; not under sanitizers, which have allocations of their own."""
    shim = os.path.join(BUILD, "tests", "shim", ".libs", "alloc_shim.so")
    if not os.access(shim, os.R_OK):
        skip("alloc_shim is not built")
    with open(os.path.join(BUILD, "config.h")) as f:
        if "#define INSTRUMENTS_READ 1" in f.read():
            skip("sanitizers have allocations of their own")
    return dict(os.environ, LD_PRELOAD=shim, ALLOC_SHIM=os.path.abspath("left"))


def set_left(n):
    fd = os.open("left", os.O_RDWR | os.O_CREAT)
    os.pwrite(fd, struct.pack("=q", n), 0)
    os.close(fd)


def left():
    with open("left", "rb") as f:
        return struct.unpack("=q", f.read(8))[0]


class Books:
    """One incarnation over all rounds, and one durable subscriber that is given what it has published."""

    def __init__(self):
        self.sent = self.kept = self.taken = 0

    def publish(self, hub, n):
        p = hub.publisher()
        received = p.registered.received
        check(self.kept <= received <= self.sent, "%d of %d kept; the hub has %d" % (self.kept, self.sent, received))
        self.sent = max(self.sent, received + n)
        for number in range(received + 1, received + n + 1):
            p.number = number - 1
            p.publish(p.reading(key="k%d" % (number % 5), text=str(number), prompt=number % 3 == 0))
            if number % 3 == 0:
                p.wait_kept(number)
                self.kept = max(self.kept, p.kept)
        p.close()

    def take(self, hub):
        c = hub.client()
        c.ask(subscribe("scale", kinds=[pb.KIND_READING], durable=pb.Durable(name="books", earliest=True)))
        while self.taken < self.kept:
            frame = c.next("event", "position", "ping")
            if frame.HasField("event") and frame.event.number > self.taken:
                check(frame.event.number == self.taken + 1, "%d after %d" % (frame.event.number, self.taken))
                check(frame.event.reading.values[0].text == str(frame.event.number), frame)
                self.taken = frame.event.number
                c.send(pb.Frame(ack=pb.Ack(seq=frame.seq)))
        c.close()


def what_is_acknowledged_is_kept_whichever_allocation_fails():
    env, books, n, deaths, hits = shimmed(), Books(), 1, 0, 0
    for _ in range(ROUNDS):
        set_left(0)
        hub = Hub(PART, store="stream", env=env)
        hub.client().close()  # it has started
        set_left(n)
        try:
            books.publish(hub, EVENTS)
            books.take(hub)
        except (OSError, Failed, EOFError):
            check(left() == 0, "it failed before an allocation did")
        hits += left() == 0
        set_left(0)
        hub.kill(signal.SIGKILL)
        deaths += hub.end() != -signal.SIGKILL
        hub.forget()
        hub = Hub(PART, store="stream")
        books.publish(hub, 3)
        books.take(hub)
        hub.stop()
        hub.forget()
        n = n + 1 if n < 40 else n * 9 // 8
    print("%d allocations failed, the hub ended of %d; %d events kept" % (hits, deaths, books.kept))
    check(hits > ROUNDS // 4, "too few allocations were reached")


main(what_is_acknowledged_is_kept_whichever_allocation_fails)
