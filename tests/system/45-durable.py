#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Durable subscribers: where they resume, what an Ack does, who is replaced, what is listed and removed."""

import re
import resource
import signal

from dragoman_test import check, main, wait_for
from wire import Hub, events, numbers, pb, subscribe

STORE = "store"
SMALL = "store: { size: 12MiB, segment: 4MiB }\nhub: { memory: 2MiB }\n"


def hub_with_store(part="", **more):
    return Hub(part, store=STORE, **more)


def durable(hub, name="historian", patterns=("#",), kinds=(pb.KIND_READING,), **more):
    """A connection that subscribes under this name; .subscribed is the answer."""
    c = hub.client()
    c.subscribed = c.ask(subscribe(*patterns, kinds=kinds, durable=pb.Durable(name=name, **more))).subscribed
    return c


def publish(p, n, **more):
    frames = [p.reading(**more) for _ in range(n)]
    frames[-1].prompt = True
    p.publish(*frames)
    p.wait_kept()


def ack(c, frame):
    c.send(pb.Frame(ack=pb.Ack(seq=frame.seq)))


def entry(hub, name="historian"):
    entries = hub.client().ask(pb.Frame(list_subscribers=pb.ListSubscribers())).subscribers.entries
    return next((e for e in entries if e.name == name), None)


def kill(hub):
    hub.kill(signal.SIGKILL)
    hub.end()


def it_goes_on_behind_what_it_has_acknowledged():
    hub = hub_with_store()
    p = hub.publisher()
    publish(p, 5)
    c = durable(hub, earliest=True)
    check(not c.subscribed.resumed)
    frames = events(c, 5)
    check(numbers(frames) == [1, 2, 3, 4, 5])
    ack(c, frames[2])
    wait_for(lambda: entry(hub).place == frames[2].seq, "the place to move")
    c.close()
    publish(p, 2)
    c = durable(hub, earliest=True)
    check(c.subscribed.resumed and c.subscribed.place == frames[2].seq, c.subscribed)
    check(numbers(events(c, 4)) == [4, 5, 6, 7])
    hub.stop()


def it_begins_now_unless_it_says_otherwise():
    hub = hub_with_store()
    p = hub.publisher()
    publish(p, 5)
    c = durable(hub)
    publish(p, 2)
    check(numbers(events(c, 2)) == [6, 7])
    hub.stop()


def it_begins_at_a_time():
    hub = hub_with_store()
    p = hub.publisher()
    publish(p, 100)
    time_of_60 = 1700000000000000000 + 60
    check(numbers(events(durable(hub, from_time=time_of_60), 41)) == list(range(60, 101)))
    hub.stop()


def it_goes_on_after_the_hub_was_killed():
    hub = hub_with_store()
    p = hub.publisher()
    publish(p, 10)
    c = durable(hub, earliest=True)
    frames = events(c, 10)
    ack(c, frames[6])
    publish(p, 1)  # the group that has the Ack
    wait_for(lambda: entry(hub).place == frames[6].seq, "the place to move")
    publish(p, 1)
    kill(hub)
    hub = hub_with_store()
    check(entry(hub).place == frames[6].seq and not entry(hub).connected, entry(hub))
    p = hub.publisher()
    publish(p, 1)
    c = durable(hub)
    check(c.subscribed.resumed and c.subscribed.place == frames[6].seq, c.subscribed)
    check(numbers(events(c, 6)) == [8, 9, 10, 11, 12, 13])
    hub.stop()


def creation_survives_a_kill_right_behind_its_answer():
    for i in range(5):
        hub = hub_with_store()
        durable(hub, "d%d" % i)
        kill(hub)
    hub = hub_with_store()
    entries = hub.client().ask(pb.Frame(list_subscribers=pb.ListSubscribers())).subscribers.entries
    check(sorted(e.name for e in entries) == ["d%d" % i for i in range(5)], entries)
    c = hub.client()
    c.ask(pb.Frame(remove_subscriber=pb.RemoveSubscriber(name="d1")))
    kill(hub)
    hub = hub_with_store()
    check(entry(hub, "d1") is None and entry(hub, "d2") is not None)
    hub.stop()


def a_second_connection_replaces_the_first():
    hub = hub_with_store()
    first = durable(hub)
    second = durable(hub)
    check(first.end()[-1].error.code == pb.ERROR_REPLACED)
    check(second.subscribed.resumed)
    p = hub.publisher()
    publish(p, 1)
    events(second, 1)
    check(entry(hub).connected and entry(hub).you == second.welcome.you, entry(hub))
    second.close()
    wait_for(lambda: not entry(hub).connected, "the connection to be gone")
    hub.stop()


def a_window_stops_it_until_it_acknowledges():
    hub = hub_with_store()
    p = hub.publisher()
    for window in (1, 7, 40, 1000):
        name = "w%d" % window
        c = durable(hub, name, window=window)
        publish(p, 3 * window + 5)
        first = events(c, window)
        check(c.ask(pb.Frame(ping=pb.Ping())).WhichOneof("body") == "pong", "more than the window")
        ack(c, first[-1])
        second = events(c, window)
        check(numbers(second)[0] == numbers(first)[-1] + 1)
        ack(c, second[window // 2])
        third = events(c, window // 2 - window // 16)
        ack(c, (third or second)[-1])
        left = 2 * window + 5 - window - len(third)
        for _ in range(left):
            ack(c, events(c, 1)[0])
        c.close()
    hub.stop()


def an_ack_of_what_was_not_given_is_refused():
    hub = hub_with_store()
    c = durable(hub)
    c.send(pb.Frame(ack=pb.Ack(seq=c.subscribed.place + 1000)))
    error = c.end()[-1].error
    check(error.code == pb.ERROR_MALFORMED and error.closing, error)
    live = hub.subscriber("#")
    check(live.refusal(pb.Frame(ack=pb.Ack(seq=1))).code == pb.ERROR_NOT_ALLOWED)
    hub.stop()


def without_a_store_there_are_none():
    hub = Hub()
    c = hub.client()
    check(c.refusal(subscribe("#", durable=pb.Durable(name="x"))).code == pb.ERROR_UNIMPLEMENTED)
    check(not c.ask(pb.Frame(list_subscribers=pb.ListSubscribers())).subscribers.entries)
    hub.stop()


def names_are_names():
    hub = hub_with_store()
    for name in ("", "a/b", "-x", "x" * 121):
        c = hub.client()
        c.send(subscribe("#", durable=pb.Durable(name=name)))
        check(c.end()[-1].error.code == pb.ERROR_MALFORMED, name)
    hub.stop()


def listing_says_what_it_holds():
    hub = hub_with_store()
    p = hub.publisher()
    c = durable(hub, patterns=("a/#", "b"), kinds=(pb.KIND_READING, pb.KIND_RAW), retain_bytes=1 << 30, retain_s=3600)
    e = entry(hub)
    check(list(e.patterns) == ["a/#", "b"] and list(e.kinds) == [pb.KIND_READING, pb.KIND_RAW], e)
    check(e.retain_bytes == 1 << 30 and e.retain_s == 3600 and e.since and e.connected, e)
    check(hub.status().hub.store.subscribers == 1, hub.status().hub.store)
    publish(p, 100, text="x" * 1000)
    e = entry(hub)
    check(e.behind_events == 100 and 100000 < e.behind_bytes < 200000 and e.oldest_time, e)
    c.close()
    hub.stop()


def removal_is_told_to_both_sides():
    hub = hub_with_store()
    c, other = durable(hub), hub.client()
    answer = other.ask(pb.Frame(remove_subscriber=pb.RemoveSubscriber(name="historian")))
    check(answer.WhichOneof("body") == "subscriber_removed", answer)
    check(c.end()[-1].error.code == pb.ERROR_NO_SUCH_SUBSCRIBER)
    error = other.refusal(pb.Frame(remove_subscriber=pb.RemoveSubscriber(name="historian")))
    check(error.code == pb.ERROR_NO_SUCH_SUBSCRIBER, error)
    check(not durable(hub).subscribed.resumed)
    hub.stop()


def another_filter_holds_from_the_place_on():
    hub = hub_with_store()
    p = hub.publisher(devices=("a", "b"))
    c = durable(hub, patterns=("a",))
    publish(p, 2, device="a")
    ack(c, events(c, 1)[0])
    wait_for(lambda: entry(hub).place > c.subscribed.place, "the place to move")
    c.close()
    publish(p, 2, device="b")
    c = durable(hub, patterns=("b",))
    check([f.event.device for f in events(c, 2)] == ["b", "b"])
    c.close()
    check(list(entry(hub).patterns) == ["b"], entry(hub))
    kill(hub)
    hub = hub_with_store()
    check(list(entry(hub).patterns) in (["b"], ["a"]), entry(hub))
    hub.stop()


def it_is_given_nothing_that_is_not_on_disk():
    hub = hub_with_store("store: { commit_interval: 400ms }\n")
    p = hub.publisher()
    c, live = durable(hub), hub.subscriber("#", kinds=[pb.KIND_READING])
    p.publish(p.reading())
    live.next("event")
    check(c.ask(pb.Frame(ping=pb.Ping())).WhichOneof("body") == "pong", "given before it was kept")
    check(numbers(events(c, 1)) == [1])
    p.wait_kept()
    hub.stop()


def a_quiet_filter_lets_the_place_move_on():
    hub = hub_with_store()
    p = hub.publisher(devices=("a", "b"))
    c = hub.client()
    c.ask(subscribe("a", durable=pb.Durable(name="historian"), position_every_s=1))
    publish(p, 10, device="b")
    place = c.next("position").position.seq
    wait_for(lambda: entry(hub).place == place, "the place to follow")
    hub.stop()


def a_snapshot_is_what_held_at_its_place():
    hub = hub_with_store()
    p = hub.publisher(devices=("a", "b"))
    publish(p, 1, device="a", text="old")
    publish(p, 1, device="b", text="old")
    c = durable(hub, snapshot=True)
    check(sorted(c.next("snapshot").snapshot.event.device for _ in range(2)) == ["a", "b"])
    c.next("snapshot_end")
    c.close()
    publish(p, 1, device="b", text="new")
    c = durable(hub, snapshot=True)
    check(c.next("snapshot").snapshot.event.device == "a")
    check(c.next("snapshot_end").snapshot_end.count == 1)
    check(events(c, 1)[0].event.reading.values[0].text == "new")
    hub.stop()


def the_size_of_the_store_wins_over_a_durable_subscriber():
    hub = hub_with_store(SMALL)
    p = hub.publisher(devices=("a", "b"))
    mine, other = durable(hub, patterns=("a",)), durable(hub, "other", patterns=("b",))
    publish(p, 1, device="a")
    first = events(mine, 1)[0]
    mine.close()
    other.close()
    sent = 1
    while not (entry(hub).behind_bytes and "loses events" in hub.log()):
        publish(p, 200, device="a", text="x" * 2000)
        sent += 200
        check(sent < 20000, "nothing was dropped")
    hub.expect(r"durable subscriber historian has not acknowledged \d+ of the 12 MiB")
    publish(p, 1, device="b")
    c = durable(hub, patterns=("a",))
    gap = c.next("gap").gap
    check(gap.first == first.seq and "too old for the store" in gap.reason, gap)
    rest = events(c, 1)
    check(rest[0].seq == gap.last + 1, (gap, rest))
    while rest[-1].event.number < sent:
        rest += events(c, 1)
    check(numbers(rest) == list(range(rest[0].event.number, sent + 1)))
    check(entry(hub).gaps == 1, entry(hub))
    c = durable(hub, "other", patterns=("b",))
    check(c.next("event", "gap").event.device == "b")
    hub.stop()


def it_is_named_once_and_before_it_loses_anything():
    """Wherever in a segment its place is, and however many segments go after that."""
    hub = hub_with_store(SMALL)
    p = hub.publisher()
    c = durable(hub)
    for _ in range(8):  # most of the first segment
        publish(p, 200, text="x" * 2000)
    ack(c, events(c, 1600)[-1])
    c.close()
    sent, losing_at = 0, 0
    while not losing_at or sent < losing_at + 6000:  # three segments more
        publish(p, 200, text="x" * 2000)
        sent += 200
        check(losing_at or sent < 20000, "nothing was dropped")
        if not losing_at and "loses events" in hub.log():
            losing_at = sent
    said = re.findall("historian (has not acknowledged|loses events)", hub.log())
    check(said == ["has not acknowledged", "loses events"], said)
    hub.stop()


def what_it_did_not_want_kept_is_a_gap():
    hub = hub_with_store(SMALL)
    p = hub.publisher(devices=("a", "b"))
    for name in ("bytes", "quiet"):
        durable(hub, name, patterns=("b",) if name == "quiet" else ("a",), retain_bytes=1 << 20).close()
    publish(p, 10, device="a")
    for _ in range(20):
        publish(p, 100, device="a", text="x" * 2000)
    wait_for(lambda: entry(hub, "bytes").behind_bytes > 1 << 20, "more than it wants")
    c = durable(hub, "bytes", patterns=("a",), retain_bytes=1 << 20)
    gap = c.next("gap").gap
    check(gap.first == c.subscribed.place + 1 and "wanted it kept" in gap.reason, gap)
    frames = events(c, 1)
    check(frames[0].seq == gap.last + 1, (gap, frames))
    while frames[-1].event.number < p.number:
        frames += events(c, 1)
    check(300 < len(frames) < 600, len(frames))
    publish(p, 1, device="b")
    quiet = durable(hub, "quiet", patterns=("b",), retain_bytes=1 << 20)
    check(quiet.next("event", "gap").event.device == "b")
    hub.stop()


def what_is_too_old_for_it_is_a_gap():
    hub = hub_with_store()
    p = hub.publisher(devices=("a", "b"))
    for name in ("a", "b"):
        durable(hub, name, patterns=(name,), retain_s=1).close()
    publish(p, 10, device="a")

    def gap():
        c = durable(hub, "a", patterns=("a",), retain_s=1)
        frame = c.next("gap", "event")
        c.close()
        return frame.gap if frame.HasField("gap") else None

    told = wait_for(gap, "the events to grow old")
    check("wanted it kept" in told.reason and told.last - told.first + 1 >= 10, told)
    c = durable(hub, "b", patterns=("b",), retain_s=1)
    publish(p, 1, device="b")
    check(c.next("gap", "event").event.number == 11)
    hub.stop()


def disk_is_full(hub, is_full):
    """By a limit of file sizes, which is set and lifted from outside."""
    hard = resource.prlimit(hub.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(hub.pid, resource.RLIMIT_FSIZE, (64 * 1024 if is_full else hard, hard))


def what_the_store_could_not_keep_is_a_gap_for_whom_it_concerns():
    hub = hub_with_store()
    p = hub.publisher(devices=("a", "b"))
    mine, other = durable(hub, patterns=("a",)), durable(hub, "other", patterns=("b",))
    publish(p, 100, device="a", text="x" * 1000)
    before = events(mine, 100)[-1]
    disk_is_full(hub, True)
    p.publish(*[p.reading("a", prompt=True) for _ in range(3)])
    gap = mine.next("gap").gap
    check(gap.first == before.seq + 1 and "not kept" in gap.reason, gap)
    p.wait_kept()
    c = hub.client()
    check(c.refusal(subscribe("#", durable=pb.Durable(name="new"))).code == pb.ERROR_STORAGE)
    removal = pb.Frame(remove_subscriber=pb.RemoveSubscriber(name="other"))
    check(c.refusal(removal).code == pb.ERROR_STORAGE and entry(hub, "other") and not entry(hub, "new"))
    disk_is_full(hub, False)
    kept = wait_for(lambda: kept_again(p), "the store to work again", 30)
    frame = mine.next("gap", "event", "position")
    while frame.WhichOneof("body") != "event" or frame.event.number < kept:
        check(frame.WhichOneof("body") != "event" or frame.event.number > 103, frame)
        frame = mine.next("gap", "event", "position")
    p.publish(p.reading("b", prompt=True))
    check(events(other, 1)[0].event.device == "b")
    kill(hub)
    hub = hub_with_store()
    mine = durable(hub, patterns=("a",))
    frames = [mine.next("gap", "event") for _ in range(102)]
    check(numbers(frames[:100]) == list(range(1, 101)))
    check(frames[100].gap.first == gap.first and frames[101].event.number >= kept - 1, frames[100:])
    hub.stop()


def kept_again(p):
    """The number of an event that is on disk; 0 if it is not."""
    p.publish(p.reading("a", prompt=True))
    while True:
        kept = p.next("kept").kept
        if kept.number == p.number:
            return kept.number if kept.on_disk else 0


main(
    it_goes_on_behind_what_it_has_acknowledged,
    it_begins_now_unless_it_says_otherwise,
    it_begins_at_a_time,
    it_goes_on_after_the_hub_was_killed,
    creation_survives_a_kill_right_behind_its_answer,
    a_second_connection_replaces_the_first,
    a_window_stops_it_until_it_acknowledges,
    an_ack_of_what_was_not_given_is_refused,
    without_a_store_there_are_none,
    names_are_names,
    listing_says_what_it_holds,
    removal_is_told_to_both_sides,
    another_filter_holds_from_the_place_on,
    it_is_given_nothing_that_is_not_on_disk,
    a_quiet_filter_lets_the_place_move_on,
    a_snapshot_is_what_held_at_its_place,
    the_size_of_the_store_wins_over_a_durable_subscriber,
    it_is_named_once_and_before_it_loses_anything,
    what_it_did_not_want_kept_is_a_gap,
    what_is_too_old_for_it_is_a_gap,
    what_the_store_could_not_keep_is_a_gap_for_whom_it_concerns,
)
