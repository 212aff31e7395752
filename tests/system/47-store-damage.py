#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A stream whose files were damaged while the hub was away: what is left is served, what is gone is told, devices are what
they were, and no number is given twice."""

import glob
import os
import random
import signal

from dragoman_test import check, main
from wire import Hub, pb

SMALL = "store: { size: 20MiB, segment: 4MiB }\n"
READINGS = [pb.KIND_READING]
HEADER, SEGMENT = 512, 4 << 20


def hub_with_store():
    return Hub(SMALL, publishers=("bench", "weather"), store="stream")


def fill(hub, n=9000):
    p = hub.publisher(devices=("a", "b"))
    for _ in range(n // 100):
        frames = [p.reading(random.choice("ab"), text="x" * 1000) for _ in range(100)]
        frames[-1].prompt = True
        p.publish(*frames)
        p.wait_kept()
    return p


def end(hub):
    hub.kill(signal.SIGKILL)
    hub.end()


def segments():
    return sorted(glob.glob("stream/*.segment"))


def spoil(path, at, n=16):
    with open(path, "r+b") as f:
        f.seek(at)
        old = f.read(n)
        f.seek(at)
        f.write(bytes(b ^ 0xA5 for b in old))


def account(hub, seqs):
    """All that is read from the beginning: events and gaps, which together cover every number."""
    s = hub.subscriber("#", kinds=READINGS, earliest=True)
    left, gaps = set(seqs), []
    while seqs[-1] in left:
        frame = s.next("event", "gap", "position")
        kind = frame.WhichOneof("body")
        if kind == "event":
            check(frame.seq in left, frame.seq)
            left.discard(frame.seq)
        elif kind == "gap":
            gaps.append(frame.gap)
            gone = {n for n in left if frame.gap.first <= n <= frame.gap.last}
            check(gone, frame)
            left -= gone
    check(not left, "%d numbers were neither served nor told" % len(left))
    return gaps


def published(hub, n=9000):
    s = hub.subscriber("#", kinds=READINGS, earliest=True)
    return [s.next("event").seq for _ in range(n)]


def ids(hub):
    return {d.name: d.device_id for d in hub.client().ask(pb.Frame(browse=pb.Browse(patterns=["#"]))).catalogue.devices}


def damage_in_the_middle_is_a_gap():
    hub = hub_with_store()
    fill(hub)
    seqs = published(hub)
    check(not account(hub, seqs))
    end(hub)
    for path in segments()[:-1]:
        for _ in range(3):
            spoil(path, random.randrange(SEGMENT // 4, SEGMENT * 3 // 4))
    hub = hub_with_store()
    gaps = account(hub, seqs)
    check(gaps and all("damage" in g.reason for g in gaps), gaps)
    hub.stop()


def a_broken_checkpoint_costs_nothing():
    hub = hub_with_store()
    fill(hub)
    seqs, before, stream = published(hub), ids(hub), hub.client().welcome.stream
    end(hub)
    spoil(segments()[-1], HEADER + 200)
    hub = hub_with_store()
    check(ids(hub) == before)
    check(hub.client().welcome.stream == stream)
    check(not account(hub, seqs))
    hub.stop()


def what_was_dropped_is_told_though_its_checkpoint_is_broken():
    hub = hub_with_store()
    first = fill(hub, 100)
    seq = published(hub, 1)[0]
    first.send(pb.Frame(goodbye=pb.Goodbye()))
    p = hub.publisher("weather", devices=("c",))
    for _ in range(250):
        frames = [p.reading("c", text="x" * 1000) for _ in range(100)]
        frames[-1].prompt = True
        p.publish(*frames)
        p.wait_kept()
    stream = hub.client().welcome.stream
    end(hub)
    spoil(segments()[0], HEADER + 200)
    hub = hub_with_store()
    s = hub.subscriber("a", "b", kinds=READINGS, after=pb.After(stream=stream, seq=seq))
    check(s.next("gap", "event", "position").WhichOneof("body") == "gap")
    hub.stop()


def no_number_is_given_twice():
    """The newest segment is gone, and with it the note of the run that its numbers were of."""
    hub = hub_with_store()
    fill(hub)
    end(hub)
    hub = hub_with_store()
    p = fill(hub, 1500)
    s = hub.subscriber("#", kinds=READINGS)
    p.publish(p.reading("a", prompt=True))
    newest = s.next("event").seq
    end(hub)
    with open(segments()[-1], "r+b") as f:
        f.write(os.urandom(SEGMENT))
    hub = hub_with_store()
    p = hub.publisher(devices=("a",), incarnation=2)
    s = hub.subscriber("#", kinds=READINGS)
    p.publish(p.reading("a", prompt=True))
    check(s.next("event").seq > newest)
    hub.stop()


main(damage_in_the_middle_is_a_gap, a_broken_checkpoint_costs_nothing,
     what_was_dropped_is_told_though_its_checkpoint_is_broken, no_number_is_given_twice)
