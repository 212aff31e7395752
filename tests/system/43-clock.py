#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A wall clock that jumps by a year, either way: the order stays, nothing is dropped, and the stream says so."""

import os

from dragoman_test import BUILD, check, main, skip, wait_for
from wire import Hub, pb

DAY = 86400
YEAR = 365 * DAY
PART = "store: { size: 12MiB, segment: 4MiB, age: 30d }\n"


def shimmed():
    """What makes a hub see the wall clock that set_clock says; tests/shim/clock_shim.c."""
    shim = os.path.join(BUILD, "tests", "shim", ".libs", "clock_shim.so")
    if not os.access(shim, os.R_OK):
        skip("clock_shim is not built")
    sanitizers = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    return dict(os.environ, LD_PRELOAD=shim, CLOCK_SHIM=os.path.abspath("clock"), ASAN_OPTIONS=sanitizers)


def set_clock(seconds):
    """In place: the hub has the file open."""
    fd = os.open("clock", os.O_WRONLY | os.O_CREAT)
    os.pwrite(fd, b"%-20d" % seconds, 0)
    os.close(fd)


def a_step_is_an_event_and_nothing_else(years):
    def test():
        set_clock(0)
        hub = Hub(PART, store="stream", env=shimmed())
        p = hub.publisher()
        s = hub.subscriber("scale", "$hub", kinds=[pb.KIND_READING, pb.KIND_CLOCK_STEP])
        p.publish(p.reading(text="before", prompt=True))
        first = s.next("event")
        set_clock(years * YEAR)
        step = s.next("event")
        check(step.event.device == "$hub" and step.event.publisher == "$hub", step)
        check(abs(step.event.clock_step.step_ns - years * YEAR * 10**9) < DAY * 10**9, step)
        hub.expect("the clock was set by %d" % (years * YEAR))
        p.publish(p.reading(text="after", prompt=True))
        p.wait_kept()
        after = s.next("event")
        check(first.seq < step.seq < after.seq, (first, step, after))
        # Several segments later the first one is still there, though it is a year old by the clock.
        for i in range(60):
            p.publish(*[p.reading(text="x" * 1000) for _ in range(100)])
        p.publish(p.reading(prompt=True))
        p.wait_kept()
        wait_for(lambda: hub.status().hub.store.segments >= 2, "a second segment")
        store = hub.status().hub.store
        check(store.oldest <= first.seq, store)
        hub.stop()
        set_clock(-years * YEAR)
        hub = Hub(PART, store="stream", env=shimmed())
        check(hub.status().hub.store.oldest == store.oldest, "nor does a step while there is no hub")
        check(hub.publisher().registered.kept == p.number)
        hub.stop()

    test.__name__ = "a_step_of_%+d_years_is_an_event_and_nothing_else" % years
    return test


main(a_step_is_an_event_and_nothing_else(1), a_step_is_an_event_and_nothing_else(-1))
