#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Several devices on one line, and one of them dead."""

import threading
import time

from dragoman_test import check, main, wait_for
from line import Channel, Pty, counters, next_state, texts
from wire import Hub, pb

POLLED = "  %s: {adapter: raw, options: {as: text, request: '%s?', interval: 10ms, timeout: 100ms, retries: 1}}\n"
LINE = 'port: {tty: %s}\nlink: {delimiter: "\\n"}\ngap: 1ms\ndevices:\n'


class Bus(threading.Thread):
    """The devices that answer: NAME? with NAME and a number."""

    def __init__(self, device, *alive):
        super().__init__(daemon=True)
        self.device, self.alive, self.asked, self.is_over = device, set(alive), {}, False
        self.start()

    def run(self):
        n = 0
        while not self.is_over:
            try:
                name = self.device.read_until(b"?\n").decode()
            except Exception:
                return
            self.asked[name] = self.asked.get(name, 0) + 1
            if name in self.alive:
                n += 1
                self.device.write(b"%s %d\n" % (name.encode(), n))


def each_reply_goes_to_the_device_that_was_asked():
    hub, device = Hub(publishers=["c1"]), Pty()
    Bus(device, "a", "b", "c")
    s = hub.subscriber("#", tcp=True, kinds=[pb.KIND_READING])
    channel = Channel("c1", LINE % device.path + "".join(POLLED % (n, n) for n in "abc"))
    got = [s.next("event").event for _ in range(60)]
    check({e.device for e in got} == {"a", "b", "c"}, got)
    for e in got:
        check(e.reading.values[0].text.startswith(e.device + " "), e)
    channel.stop()
    hub.stop()


def a_dead_device_does_not_slow_down_the_others():
    hub, device = Hub(publishers=["c1"]), Pty()
    bus = Bus(device, "a")
    s = hub.subscriber("#", tcp=True)
    channel = Channel("c1", LINE % device.path + POLLED % ("a", "a") + POLLED % ("b", "b"))
    stale = next_state(s, "b", pb.State.STALE)
    check(stale.reason == "no answer" and stale.text, stale)
    asked = dict(bus.asked)
    start = time.monotonic()
    wait_for(lambda: bus.asked["a"] > asked["a"] + 60)
    check(bus.asked["b"] - asked["b"] <= 2 + (time.monotonic() - start), (bus.asked, asked))
    bus.alive.add("b")
    check(next_state(s, "b", pb.State.ONLINE))
    asked = dict(bus.asked)
    wait_for(lambda: bus.asked["b"] > asked["b"] + 20)
    found = wait_for(lambda: counters(hub, "c1"), "the counters")
    check(found["exchanges.timeouts"] >= 3 and found["exchanges"] > 60, found)
    channel.stop()
    hub.stop()


def what_comes_unasked_goes_to_the_first_that_takes_it():
    hub, device = Hub(publishers=["c1"]), Pty()
    s = hub.subscriber("#", tcp=True, kinds=[pb.KIND_READING])
    channel = Channel("c1", LINE % device.path + "  x: {adapter: raw, options: {as: text}}\n  y: {adapter: raw}\n")
    channel.expect("is open")
    device.write(b"hello\n")
    event = s.next("event").event
    check(event.device == "x" and event.reading.values[0].text == "hello", event)
    channel.stop()
    hub.stop()


def a_device_that_two_lines_have_is_refused_and_comes_later():
    hub, first, second = Hub(publishers=["c1", "c2"]), Pty(), Pty()
    one = "  d1: {adapter: raw, options: {as: text}}\n"
    a = Channel("c1", LINE % first.path + one)
    a.expect("is open")
    s = hub.subscriber("#", tcp=True, kinds=[pb.KIND_READING])
    b = Channel("c2", LINE % second.path + one)
    b.expect("the hub refuses d1")
    first.write(b"first\n")
    check(texts(s, 1) == ["first"])
    a.stop()
    b.stop()
    hub.stop()


main(
    each_reply_goes_to_the_device_that_was_asked,
    a_dead_device_does_not_slow_down_the_others,
    what_comes_unasked_goes_to_the_first_that_takes_it,
    a_device_that_two_lines_have_is_refused_and_comes_later,
)
