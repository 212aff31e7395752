#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reading on from disk: whoever is not where memory is gets the same events, each once and in order."""

import glob
import os
import random
import signal
import socket

from dragoman_test import check, main, wait_for
from wire import Hub, events, numbers, pb, subscribe

STORE = "store"
MEMORY = "hub: { memory: 2MiB }\n"  # the least
SMALL = MEMORY + "store: { size: 12MiB, segment: 4MiB }\n"
READINGS = [pb.KIND_READING]


def hub_with_store(part=MEMORY, **more):
    return Hub(part, store=STORE, **more)


def publish(p, n, size=1000, device="scale"):
    frames = [p.reading(device, text="x" * size) for _ in range(n)]
    frames[-1].prompt = True
    p.publish(*frames)
    p.wait_kept()


def fill(p, total=8000, devices=("scale",), size=1000):
    """More than memory holds, in groups of several sizes."""
    done = 0
    while done < total:
        n = min(total - done, random.choice((1, 3, 100, 500)))
        publish(p, n, size, random.choice(devices))
        done += n


def slow(c):
    c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return c


def kill(hub):
    hub.kill(signal.SIGKILL)
    hub.end()


def from_the_beginning_it_is_what_was_published():
    hub = hub_with_store()
    p = hub.publisher(devices=("a", "b"))
    sent = []
    for i in range(6000):
        sent.append(p.reading(random.choice("ab"), text="%d " % i + "x" * random.randrange(1000)))
        if i % 500 == 499:
            sent[-1].prompt = True
            p.publish(*sent[i - 499 :])
            p.wait_kept()
    got = events(hub.subscriber("#", kinds=READINGS, earliest=True), 6000)
    check([f.event for f in got] == [f.event for f in sent])
    check(all(a.seq < b.seq for a, b in zip(got, got[1:])))
    only_a = events(hub.subscriber("a", kinds=READINGS, earliest=True), sum(f.event.device == "a" for f in sent))
    check([f.event for f in only_a] == [f.event for f in sent if f.event.device == "a"])
    hub.stop()


def a_stream_goes_on_over_restarts():
    seqs, last = [], 0
    for run in range(4):
        hub = hub_with_store()
        p = hub.publisher(incarnation=run + 1)
        fill(p, 1500)
        s = hub.subscriber("#", kinds=READINGS, earliest=True)
        got = events(s, 1500 * (run + 1))
        check([f.seq for f in got][:last] == seqs[:last], "numbers have changed")
        check([(f.event.incarnation, f.event.number) for f in got] == [(r + 1, n + 1) for r in range(run + 1) for n in range(1500)])
        seqs, last = [f.seq for f in got], len(got)
        kill(hub)
    hub = hub_with_store()
    for at in (0, 700, 1499, 1500, 2999, 5998):
        s = hub.subscriber("#", kinds=READINGS, after=pb.After(stream=hub.client().welcome.stream, seq=seqs[at]))
        check([f.seq for f in events(s, 5999 - at)] == seqs[at + 1 :], at)
    hub.stop()


def from_a_time_that_is_on_disk():
    hub = hub_with_store()
    p = hub.publisher(devices=("a", "b"))
    fill(p, 8000, ("a", "b"))
    for first in (2, 3000, 7990, 8000):
        s = hub.subscriber("#", kinds=READINGS, from_time=1700000000000000000 + first)
        check(numbers(events(s, 8001 - first)) == list(range(first, 8001)), first)
    s = hub.subscriber("#", kinds=READINGS, from_time=1800000000000000000)
    publish(p, 1)
    late = p.reading("a")
    late.event.time, late.prompt = 1800000000000000001, True
    p.publish(late)
    check(s.next("event").event.number >= 8001)
    hub.stop()


def from_disk_to_memory_nothing_comes_twice_or_is_missing():
    """Readers of all speeds and filters, while the publisher goes on."""
    hub = hub_with_store("hub: { memory: 2MiB }\n")
    p = hub.publisher(devices=("a", "b", "c"))
    sent = []

    def burst(n):
        frames = [p.reading(random.choice("abc"), text="x" * random.randrange(1500)) for _ in range(n)]
        frames[-1].prompt = True
        p.publish(*frames)
        p.wait_kept()
        sent.extend(f.event for f in frames)

    burst(3000)
    readers = []
    for patterns in (("#",), ("a",), ("b", "c"), ("c",)):
        for start in (dict(earliest=True), dict(from_time=sent[1500].time), dict(durable=pb.Durable(name="d" + patterns[0].replace("#", "all"), earliest=True))):
            c = slow(hub.client())
            c.ask(subscribe(*patterns, kinds=READINGS, **start))
            first = 1500 if "from_time" in start else 0
            readers.append((c, patterns, first, []))
    while len(sent) < 12000:
        burst(random.choice((1, 10, 300)))
        for c, _, _, got in readers:
            if random.randrange(2):
                got += numbers(events(c, random.choice((1, 20, 150))) if len(got) * 4 < len(sent) - 2500 else [])
    for c, patterns, first, got in readers:
        want = [e.number for e in sent[first:] if "#" in patterns or e.device in patterns]
        got += numbers(events(c, len(want) - len(got)))
        check(got == want, (patterns, first))
    hub.stop()


def who_stops_reading_costs_nothing_and_misses_nothing():
    hub = hub_with_store("hub: { memory: 2MiB }\nstore: { size: 256MiB }\n")
    p = hub.publisher()
    sleepers = []
    for _ in range(50):
        c = slow(hub.client())
        c.ask(subscribe("#", kinds=READINGS))
        sleepers.append(c)
    live = hub.subscriber("#", kinds=READINGS)
    fill(p, 3000)
    check(numbers(events(live, 3000)) == list(range(1, 3001)))
    before = hub.memory_kb()
    for _ in range(10):
        publish(p, 1000, 1000)
        publish(p, 1000, 1000)
        check(len(events(live, 2000)) == 2000)
    check(hub.is_sanitized() or hub.memory_kb() - before < 8192, "%d to %d kB" % (before, hub.memory_kb()))
    for c in sleepers[:3] + sleepers[-1:]:
        check(numbers(events(c, 23000)) == list(range(1, 23001)))
    check(all(not c.gaps for c in hub.status().clients))
    hub.stop()


def many_durable_subscribers_read_at_different_places():
    hub = hub_with_store("hub: { memory: 2MiB }\n")
    p = hub.publisher()
    count = 200 if hub.is_sanitized() else 1000
    fill(p, 4000)
    s = hub.subscriber("#", kinds=READINGS, earliest=True)
    seqs = [f.seq for f in events(s, 4000)]
    for i in range(count):
        c = hub.client()
        c.ask(subscribe("#", kinds=READINGS, durable=pb.Durable(name="d%d" % i, earliest=True, window=1)))
        c.next("event")
        c.close()
    before = hub.memory_kb()
    readers = []
    for i in range(count):
        at = i * 3999 // count
        c = slow(hub.client())
        c.ask(subscribe("#", kinds=READINGS, durable=pb.Durable(name="d%d" % i)))
        readers.append((c, at))
    for c, at in readers:
        check(c.next("event").event.number == 1)
    grown = hub.memory_kb() - before
    check(hub.is_sanitized() or grown < 2 * count + 4096, "%d kB for %d subscribers" % (grown, count))
    for c, at in readers[::17]:
        got = numbers(events(c, 3999))
        check(got == list(range(2, 4001)))
        c.send(pb.Frame(ack=pb.Ack(seq=seqs[at])))
        c.close()
    listing = hub.client().ask(pb.Frame(list_subscribers=pb.ListSubscribers())).subscribers.entries
    check(len(listing) == count, len(listing))
    kill(hub)
    hub = hub_with_store("hub: { memory: 2MiB }\n")
    listing = hub.client().ask(pb.Frame(list_subscribers=pb.ListSubscribers())).subscribers.entries
    check(len(listing) == count, len(listing))
    for e in listing[:: max(1, count // 20)]:
        c = hub.client()
        c.ask(subscribe("#", kinds=READINGS, durable=pb.Durable(name=e.name)))
        first = next(i for i, seq in enumerate(seqs) if seq > e.place)
        check(numbers(events(c, 4000 - first)) == list(range(first + 1, 4001)), e)
        c.close()
    hub.stop()


def what_the_store_has_dropped_is_a_gap_for_whom_it_concerns():
    hub = hub_with_store(SMALL)
    p = hub.publisher(devices=("quiet", "busy"))
    start = hub.client().welcome
    publish(p, 1, device="busy")
    while not hub.status().hub.oldest > start.head + 1000:
        publish(p, 500, 2000, device="busy")
    publish(p, 1, device="quiet")
    after = pb.After(stream=start.stream, seq=start.head)
    s = hub.subscriber("busy", kinds=READINGS, after=after)
    gap = s.next("gap").gap
    first = s.next("event")
    check(gap.first == start.head + 1 and gap.last == first.seq - 1, (gap, first))
    check("too old for the store" in gap.reason, gap)
    check(numbers(events(s, p.number - 1 - first.event.number)) == list(range(first.event.number + 1, p.number)))
    s = hub.subscriber("quiet", kinds=READINGS, after=after)
    check(s.next("event").event.device == "quiet")
    hub.stop()


def what_is_damaged_is_a_gap_and_the_rest_is_served():
    hub = hub_with_store(SMALL)
    p = hub.publisher()
    for _ in range(40):
        publish(p, 100, 1000)
    hub.stop()
    path = sorted(glob.glob(os.path.join(STORE, "*.segment")))[0]
    with open(path, "r+b") as f:
        f.seek(os.path.getsize(path) // 2)
        old = f.read(1)
        f.seek(-1, os.SEEK_CUR)
        f.write(bytes([old[0] ^ 1]))
    hub = hub_with_store(SMALL)
    s = hub.subscriber("#", kinds=READINGS, earliest=True)
    got, gaps, before = [], [], 0
    while not got or got[-1] < 4000:
        frame = s.next("event", "gap")
        if frame.WhichOneof("body") == "gap":
            check(frame.gap.first == before + 1 and "damaged" in frame.gap.reason, frame)
            gaps.append(frame.gap)
            continue
        got.append(frame.event.number)
        before = frame.seq
    missing = set(range(1, 4001)) - set(got)
    check(len(gaps) == 1 and gaps[0].last - gaps[0].first + 1 == len(missing), (gaps, len(missing)))
    check(got == sorted(got) and 0 < len(missing) <= 2000, len(missing))
    hub.stop()


main(
    from_the_beginning_it_is_what_was_published,
    a_stream_goes_on_over_restarts,
    from_a_time_that_is_on_disk,
    from_disk_to_memory_nothing_comes_twice_or_is_missing,
    who_stops_reading_costs_nothing_and_misses_nothing,
    many_durable_subscribers_read_at_different_places,
    what_the_store_has_dropped_is_a_gap_for_whom_it_concerns,
    what_is_damaged_is_a_gap_and_the_rest_is_served,
)
