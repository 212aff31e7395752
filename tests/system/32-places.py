#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where a subscription starts, what it is told of what is gone, and snapshots."""

import socket

from dragoman_test import check, main
from wire import Hub, pb

SMALL = "hub: { memory: 2MiB }\n"  # the least


def numbers(s, n):
    return [s.next("event").event.number for _ in range(n)]


def after_a_number_goes_on_where_it_was():
    hub = Hub()
    p = hub.publisher()
    p.publish(*[p.reading() for _ in range(9)], p.reading(prompt=True))
    p.wait_kept()
    s = hub.subscriber(earliest=True)
    fourth = [s.next("event") for _ in range(10)][3]
    check(fourth.event.number == 4, fourth)
    after = pb.After(stream=s.welcome.stream, seq=fourth.seq)
    s = hub.subscriber(after=after)
    check(s.subscribed.place == fourth.seq, s.subscribed)
    check(numbers(s, 6) == [5, 6, 7, 8, 9, 10])
    beyond = pb.After(stream=s.welcome.stream, seq=s.welcome.head + 1)
    c = hub.client()
    error = c.refusal(pb.Frame(subscribe=pb.Subscribe(after=beyond)))
    check(error.code == pb.ERROR_MALFORMED and error.closing, error)
    hub.stop()


def another_stream_is_a_gap_and_then_all_there_is():
    hub = Hub()
    p = hub.publisher()
    p.publish(p.reading(), p.reading(prompt=True))
    p.wait_kept()
    s = hub.subscriber(after=pb.After(stream=b"x" * 16, seq=1 << 40))
    gap = s.next("gap").gap
    check(gap.reason == "another stream" and gap.last == s.subscribed.place, gap)
    check(numbers(s, 2) == [1, 2])
    hub.stop()


def from_a_time_on():
    hub = Hub()
    p = hub.publisher()
    frames = [p.reading() for _ in range(1000)]
    frames[-1].prompt = True
    p.publish(*frames)
    p.wait_kept()
    s = hub.subscriber(from_time=frames[700].event.time)
    check(numbers(s, 300) == list(range(701, 1001)))
    hub.stop()


def what_memory_no_longer_holds_is_a_gap_for_whom_it_concerns():
    hub = Hub(SMALL)
    p = hub.publisher(devices=("quiet", "busy"))
    start = hub.client()
    after = pb.After(stream=start.welcome.stream, seq=start.welcome.head)
    p.publish(p.reading("busy"))
    for _ in range(50):
        p.publish(*[p.reading("busy", text="x" * 1000, prompt=i == 99) for i in range(100)])
        p.wait_kept()
    p.publish(p.reading("quiet", prompt=True))
    p.wait_kept()
    busy = hub.subscriber("busy", after=after)
    gap = busy.next("gap").gap
    first = busy.next("event")
    check(gap.first == after.seq + 1 and gap.last == first.seq - 1, (gap, first))
    quiet = hub.subscriber("quiet", after=after)
    check(quiet.next("event").event.device == "quiet")
    old = hub.subscriber("busy", from_time=1)
    check(old.next("gap").gap.last == gap.last)
    new = hub.subscriber("busy", from_time=first.event.time)
    check(new.next("event").seq == first.seq)
    hub.stop()


def a_clock_that_was_set_back_hides_no_gap():
    hub = Hub(SMALL)
    p = hub.publisher()
    before = p.reading()
    before.event.time = 1800000000000000000
    p.publish(before)
    for _ in range(40):
        p.publish(*[p.reading(text="x" * 1000, prompt=i == 99) for i in range(100)])
        p.wait_kept()
    s = hub.subscriber(from_time=1750000000000000000)
    check(s.next("gap").gap.last >= s.welcome.oldest - 1)
    hub.stop()


def a_slow_subscriber_is_told_what_it_missed():
    hub = Hub(SMALL)
    p = hub.publisher()
    s = hub.client()
    s.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.ask(pb.Frame(subscribe=pb.Subscribe()))
    for _ in range(80):
        p.publish(*[p.reading(text="x" * 1000, prompt=i == 99) for i in range(100)])
        p.wait_kept()
    expected, gaps = 1, 0
    while expected <= 8000:
        frame = s.next("event", "gap")
        if frame.WhichOneof("body") == "gap":
            gaps += 1
            check(frame.gap.first == before + 1, (frame, before))
            missed = frame.gap.last - frame.gap.first + 1
            expected += missed
            continue
        check(frame.event.number == expected, (frame.event.number, expected))
        before, expected = frame.seq, expected + 1
    check(gaps == 1, gaps)
    status = [c for c in hub.status().clients if c.gaps]
    check(len(status) == 1 and status[0].events < 8000, status)
    hub.stop()


def a_snapshot_is_the_last_readings_and_then_what_comes():
    hub = Hub()
    keys = [pb.Key(name="a"), pb.Key(name="b")]
    p = hub.publisher(devices=(pb.Device(name="scale", keys=keys), "other", "never"))
    p.publish(*[p.reading("scale", key=k, text=t) for k, t in (("a", "1"), ("b", "2"), ("a", "3"))])
    p.publish(p.reading("other", text="4", prompt=True))
    p.wait_kept()
    s = hub.subscriber("#", tcp=True, snapshot=True)
    got = [s.next("snapshot") for _ in range(3)]
    check([f.snapshot.event.reading.values[0].text for f in got] == ["3", "2", "4"], got)
    check(all(not f.snapshot.stale and f.seq <= s.subscribed.place and f.id == s.ids for f in got), got)
    check(s.next("snapshot_end").snapshot_end.count == 3)
    p.publish(p.reading("scale", key="a", text="5"))
    check(s.next("event").event.number == 5)
    hub.stop()


def a_device_that_is_declared_anew_has_room_for_its_new_keys():
    hub = Hub()
    keys = lambda word: [pb.Key(name="%s%d" % (word, i)) for i in range(64)]
    p = hub.publisher(devices=(pb.Device(name="scale", keys=keys("old")),))
    p.publish(p.reading(key="old1", text="1"))
    check(not p.declare(pb.Device(name="scale", keys=keys("new"))).refusals)
    p.publish(p.reading(key="new63", text="2", prompt=True))
    p.wait_kept()
    s = hub.subscriber(snapshot=True)
    check(s.next("snapshot").snapshot.event.reading.key == "new63")
    check(s.next("snapshot_end"))
    hub.stop()


def a_last_reading_outlives_the_log():
    hub = Hub(SMALL)
    p = hub.publisher(devices=("quiet", "busy"))
    p.publish(p.reading("quiet", text="kept"))
    for _ in range(40):
        p.publish(*[p.reading("busy", text="x" * 1000, prompt=i == 99) for i in range(100)])
        p.wait_kept()
    s = hub.subscriber("quiet", snapshot=True)
    check(s.next("snapshot").snapshot.event.reading.values[0].text == "kept")
    check(hub.status().hub.oldest > 1 << 32)
    hub.stop()


def nothing_comes_twice_or_too_late_while_a_snapshot_drains():
    """A slow client takes a snapshot of many devices while all of them change: of each, what it is given only ever
    gets newer, and nothing after the snapshot's place is missing."""
    hub = Hub("hub: { memory: 32MiB }\n")
    names = ["d%d" % i for i in range(4000)]
    p = hub.publisher(devices=names)

    def change():
        frames = [p.reading(n, text="x" * 500) for n in names]
        frames[-1].prompt = True
        p.publish(*frames)
        p.wait_kept()

    change()
    s = hub.client()
    s.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.send(pb.Frame(subscribe=pb.Subscribe(snapshot=pb.Done())))
    place = s.next("subscribed").subscribed.place
    first = [s.next("snapshot") for _ in range(100)]
    change()
    change()
    last, given, live = {}, 0, 0
    for frame in first:
        last[frame.device_id] = frame.seq
    while True:
        frame = s.next("snapshot", "snapshot_end")
        if frame.WhichOneof("body") == "snapshot_end":
            check(frame.snapshot_end.count == given + 100, frame)
            break
        check(frame.seq <= place and frame.device_id not in last, frame)
        last[frame.device_id] = frame.seq
        given += 1
    while live < 2 * len(names):
        frame = s.next("event")
        check(frame.seq > last.get(frame.device_id, 0) and frame.seq > place, frame)
        last[frame.device_id] = frame.seq
        live += 1
    hub.stop()


def a_snapshot_misses_no_key_of_a_device_that_is_declared_anew_meanwhile():
    hub = Hub("hub: { memory: 32MiB }\n")
    keys = lambda word, n: [pb.Key(name="%s%d" % (word, i)) for i in range(n)]
    goes, stays, new = keys("goes", 32), keys("stays", 32), keys("new", 32)
    p = hub.publisher(devices=(pb.Device(name="scale", keys=goes + stays),))
    p.publish(*[p.reading(key=k.name, text="x" * 100000, prompt=True) for k in goes + stays])
    p.wait_kept()
    s = hub.client()
    s.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.send(pb.Frame(subscribe=pb.Subscribe(snapshot=pb.Done())))
    s.next("subscribed")
    first = s.next("snapshot").snapshot.event.reading.key
    check(first == "goes0", first)
    check(not p.declare(pb.Device(name="scale", keys=stays + new)).refusals)
    got = []
    while True:
        frame = s.next("snapshot", "snapshot_end")
        if frame.WhichOneof("body") == "snapshot_end":
            break
        got.append(frame.snapshot.event.reading.key)
    check(len(got) < 63, "the snapshot was taken before the device was declared anew")
    check([k for k in got if k.startswith("stays")] == [k.name for k in stays], got)
    hub.stop()


main(
    after_a_number_goes_on_where_it_was,
    another_stream_is_a_gap_and_then_all_there_is,
    from_a_time_on,
    what_memory_no_longer_holds_is_a_gap_for_whom_it_concerns,
    a_clock_that_was_set_back_hides_no_gap,
    a_slow_subscriber_is_told_what_it_missed,
    a_snapshot_is_the_last_readings_and_then_what_comes,
    a_device_that_is_declared_anew_has_room_for_its_new_keys,
    a_last_reading_outlives_the_log,
    nothing_comes_twice_or_too_late_while_a_snapshot_drains,
    a_snapshot_misses_no_key_of_a_device_that_is_declared_anew_meanwhile,
)
