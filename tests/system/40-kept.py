#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What was acknowledged is on disk: a hub that is killed at any moment has it when it comes back, gives no number
twice, and knows again what is sent again."""

import signal

from dragoman_test import check, main, wait_for
from wire import Hub, pb

SLOW = "store: { commit_interval: 1min }\n"  # nothing is written unless somebody waits


def killed(hub):
    hub.kill(signal.SIGKILL)
    hub.end()


def quiet_publisher(hub):
    """With all that its beginning made written."""
    p = hub.publisher()
    wait_for(lambda: hub.status().hub.store.newest == hub.status().hub.head)
    return p


def texts_by_key(hub, *patterns):
    entries = hub.client().ask(pb.Frame(get=pb.Get(patterns=patterns))).got.entries
    return {e.last.event.reading.key: e.last.event.reading.values[0].text for e in entries}


def an_acknowledged_event_survives_a_kill():
    hub = Hub(store="stream")
    p = hub.publisher()
    check(p.welcome.welcome.storage == pb.STORAGE_DISK, p.welcome)
    for i in range(500):
        p.publish(p.reading(key="k%d" % (i % 10), text=str(i)))
    p.publish(p.reading(key="last", text="last", prompt=True))
    kept = p.next("kept").kept
    while kept.number < p.number:
        kept = p.next("kept").kept
        check(kept.on_disk, kept)
    killed(hub)
    hub = Hub(store="stream")
    texts = texts_by_key(hub, "scale")
    check(texts.pop("last") == "last", texts)
    check(texts == {"k%d" % i: str(490 + i) for i in range(10)}, texts)
    again = hub.publisher()
    check(again.registered.received == again.registered.kept == 501, again.registered)
    hub.stop()


def nothing_is_acknowledged_before_it_is_on_disk():
    hub = Hub(SLOW, store="stream")
    p = quiet_publisher(hub)
    p.publish(p.reading(text="nobody waits"))
    wait_for(lambda: hub.status().publishers[0].received == 1)
    status = hub.status()
    check(status.publishers[0].kept == 0, status.publishers)
    killed(hub)
    hub = Hub(SLOW, store="stream")
    check(hub.publisher().registered.received == 0)
    hub.stop()


def what_is_sent_again_is_known_again():
    hub = Hub(store="stream")
    p = hub.publisher()
    first = [p.reading(text=str(i), prompt=i == 9) for i in range(10)]
    p.publish(*first)
    p.wait_kept()
    killed(hub)
    hub = Hub(store="stream")
    s = hub.subscriber("#")
    p = hub.publisher()
    p.publish(*first)
    p.publish(p.reading(text="new", prompt=True))
    p.wait_kept(11)
    check(s.next("event").event.number == 11, "repeats are dropped")
    check(hub.status().hub.repeats == 10)
    hub.stop()


def a_repeat_is_acknowledged_when_its_first_copy_is_on_disk():
    hub = Hub(SLOW, store="stream")
    p = quiet_publisher(hub)
    first = p.reading(text="1")
    p.publish(first)
    wait_for(lambda: hub.status().publishers[0].received == 1)
    p.close()
    p = hub.publisher()
    check((p.registered.received, p.registered.kept) == (1, 0), p.registered)
    p.publish(first)
    p.publish(p.reading(text="2", prompt=True))
    kept = p.next("kept").kept
    check(kept.number == 2 and kept.on_disk, kept)
    hub.stop()


def numbers_are_never_given_twice():
    seen, lasts = set(), []
    for start in range(4):
        hub = Hub(SLOW, store="stream")
        s = hub.subscriber("#")
        p = hub.publisher(incarnation=start + 1)
        # The first is on disk, the second only live subscribers see.
        p.publish(p.reading(prompt=True))
        p.wait_kept()
        p.publish(p.reading())
        numbers = [s.next("event").seq for _ in range(2 if start == 0 else 4)]
        check(not seen & set(numbers) and numbers == sorted(numbers), numbers)
        check(not lasts or numbers[0] > lasts[-1], (numbers, lasts))
        seen |= set(numbers)
        lasts.append(numbers[-1])
        killed(hub)


def a_goodbye_is_answered_when_all_is_on_disk():
    hub = Hub(SLOW, store="stream")
    p = hub.publisher()
    p.publish(p.reading(), p.reading(), p.reading())
    p.send(pb.Frame(goodbye=pb.Goodbye(reason="done")))
    kept = [f.kept for f in p.end() if f.HasField("kept")]
    check(kept[-1].number == 3 and kept[-1].on_disk, kept)
    killed(hub)
    hub = Hub(SLOW, store="stream")
    check(hub.publisher().registered.received == 3)
    hub.stop()


def a_hub_that_ends_tells_what_is_kept_before():
    hub = Hub(SLOW, store="stream")
    p = hub.publisher()
    p.publish(*[p.reading(text=str(i)) for i in range(100)])
    wait_for(lambda: hub.status().publishers[0].received == 100)
    hub.kill()
    frames = p.end()
    kept = [f.kept for f in frames if f.HasField("kept")]
    check(kept and kept[-1].number == 100 and kept[-1].on_disk, frames)
    check(frames[-1].error.code == pb.ERROR_SHUTTING_DOWN, frames[-1])
    check(hub.end() == 0)


def what_was_refused_is_a_loss_on_disk_before_it_is_acknowledged():
    hub = Hub(SLOW, store="stream")
    p = hub.publisher(devices=("scale", "$channel/bench"))
    s = hub.subscriber("$channel/bench", kinds=[pb.KIND_LOSS])
    p.publish(p.reading("nobody's"), p.reading("scale", prompt=True))
    p.wait_kept()
    check(s.next("event").event.loss.count == 1)
    killed(hub)
    hub = Hub(SLOW, store="stream")
    check(hub.publisher().registered.kept == 2)
    hub.stop()


def many_prompt_events_share_commits():
    hub = Hub(store="stream")
    p = hub.publisher()
    before = hub.status().hub.store.commits
    p.publish(*[p.reading(text=str(i), prompt=True) for i in range(5000)])
    p.wait_kept()
    commits = hub.status().hub.store.commits - before
    check(commits < 2500, commits)
    killed(hub)
    hub = Hub(store="stream")
    check(hub.publisher().registered.kept == 5000)
    hub.stop()


def more_than_a_group_and_several_publishers():
    names = ["one", "two", "three"]
    hub = Hub(publishers=names, store="stream")
    publishers = [hub.publisher(n, devices=("dev/" + n,)) for n in names]
    for _ in range(60):
        for p in publishers:
            p.publish(*[p.reading("dev/" + p.name, text="x" * 997) for _ in range(10)])
    for p in publishers:
        p.publish(p.reading("dev/" + p.name, text="last", prompt=True))
        p.wait_kept()
    killed(hub)
    hub = Hub(publishers=names, store="stream")
    for n in names:
        check(hub.publisher(n, devices=()).registered.kept == 601)
    hub.stop()


main(
    an_acknowledged_event_survives_a_kill,
    nothing_is_acknowledged_before_it_is_on_disk,
    what_is_sent_again_is_known_again,
    a_repeat_is_acknowledged_when_its_first_copy_is_on_disk,
    numbers_are_never_given_twice,
    a_goodbye_is_answered_when_all_is_on_disk,
    a_hub_that_ends_tells_what_is_kept_before,
    what_was_refused_is_a_loss_on_disk_before_it_is_acknowledged,
    many_prompt_events_share_commits,
    more_than_a_group_and_several_publishers,
)
