#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A disk that refuses what is written: live clients notice nothing, publishers are told that nothing is kept, and all
is on disk again once it can be.

The disk is full when a limit of file sizes says so: it is set and lifted from outside, while the hub runs."""

import os
import resource
import signal

from dragoman_test import check, main, wait_for, write
from wire import Hub, pb

LIMIT = 256 * 1024  # behind it nothing is written; the log of the hub is shorter


def disk_is_full(hub, is_full):
    hard = resource.prlimit(hub.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(hub.pid, resource.RLIMIT_FSIZE, (LIMIT if is_full else hard, hard))


def fill(p):
    """The segment is written up to behind the limit."""
    for i in range(600):
        p.publish(p.reading(text="%d %s" % (i, "x" * 1000)))
    p.publish(p.reading(text="filled", prompt=True))
    p.wait_kept()


def kepts(p, number):
    """Those that come until all up to number is covered."""
    got = []
    while not got or got[-1].number < number:
        got.append(p.next("kept").kept)
    return got


def failed_hub(**more):
    hub = Hub(store="stream", **more)
    p = hub.publisher()
    fill(p)
    disk_is_full(hub, True)
    s = hub.subscriber("#")
    p.publish(p.reading(text="not kept", prompt=True))
    got = kepts(p, p.number)
    check(not got[-1].on_disk, got)
    check(s.next("event").event.number == p.number, "live goes on")
    return hub, p, s


def it_is_told_and_mended():
    hub, p, s = failed_hub()
    status = hub.status().hub
    check(status.storage == pb.STORAGE_FAILING and "in memory only" in status.store.problem, status)
    check(hub.client().welcome.storage == pb.STORAGE_FAILING)
    hub.expect("the store has failed: .*; what is published now is in memory only")
    for i in range(10):
        p.publish(p.reading(text="nor is this", prompt=True))
        check(not kepts(p, p.number)[-1].on_disk)
        check(s.next("event").event.number == p.number)
    check(hub.log().count("the store has failed") == 1, hub.log())
    disk_is_full(hub, False)

    def is_kept():
        p.publish(p.reading(text="again", prompt=True))
        return kepts(p, p.number)[-1].on_disk

    wait_for(is_kept, "the store works again")
    hub.expect("the store works again; [0-9]+ events of the meantime are not on disk")
    status = hub.status().hub
    check(status.storage == pb.STORAGE_DISK and not status.store.problem and status.store.failures > 0, status)
    hub.kill(signal.SIGKILL)
    hub.end()
    hub = Hub(store="stream")
    check(hub.publisher().registered.kept == p.number)
    hub.stop()


def a_publisher_that_was_away_is_told_what_was_not_kept():
    hub, p, s = failed_hub()
    p.publish(p.reading(text="nobody hears the answer", prompt=True))
    p.close()
    wait_for(lambda: hub.status().publishers[0].kept == p.number)
    again = hub.publisher(devices=())
    check(again.registered.received == p.number, again.registered)
    check(again.registered.kept < p.number, "what is not on disk is not said to be")
    got = kepts(again, p.number)
    check(not [k for k in got if k.on_disk and k.number == p.number], got)
    hub.stop()


def a_hub_that_ends_while_the_store_is_out_forgets_no_loss():
    hub, p, s = failed_hub()
    hub.kill(signal.SIGKILL)
    hub.end()
    hub = Hub(store="stream")
    s = hub.subscriber("#")
    again = hub.publisher()
    check(again.registered.received < p.number, again.registered)
    # What it was told to be in memory only it has thrown away.
    again.number = p.number
    again.publish(again.reading(text="after", prompt=True))
    check(kepts(again, again.number)[-1].on_disk)
    events = [s.next("event").event for _ in range(2)]
    check("store was out" in events[0].loss.reason and events[0].loss.last_number == again.registered.received, events)
    check(events[1].number == again.number, events)
    hub.stop()


def a_store_that_cannot_be_opened_leaves_a_stream_in_memory():
    hub = Hub(store="stream")
    stream = hub.client().welcome.stream
    hub.stop()
    os.rename("stream", "elsewhere")
    write("stream", "no directory\n")
    hub = Hub(store="stream")
    hub.expect("the store cannot be used: .*; the stream is a new one, in memory only, until this is mended")
    welcome = hub.client().welcome
    check(welcome.storage == pb.STORAGE_FAILING and welcome.stream != stream, welcome)
    status = hub.status().hub
    check(status.storage == pb.STORAGE_FAILING and "started again" in status.store.problem, status)
    for request in (
        pb.Frame(list_subscribers=pb.ListSubscribers()),
        pb.Frame(remove_subscriber=pb.RemoveSubscriber(name="historian")),
    ):
        check(hub.client().refusal(request).code == pb.ERROR_STORAGE, "who is durable is not known")
    p = hub.publisher()
    s = hub.subscriber("#")
    p.publish(p.reading(prompt=True))
    check(not kepts(p, 1)[-1].on_disk)
    check(s.next("event").event.number == 1)
    hub.stop()
    os.unlink("stream")
    os.rename("elsewhere", "stream")
    hub = Hub(store="stream")
    check(hub.client().welcome.stream == stream, "mended, it goes on")
    hub.stop()


def a_store_that_another_hub_uses_is_left_alone():
    hub = Hub(store="stream")
    p = hub.publisher()
    os.mkdir("other")
    os.chdir("other")
    other = Hub(store="../stream")
    other.expect("the store cannot be used: another process uses")
    p.publish(p.reading(prompt=True))
    check(kepts(p, 1)[-1].on_disk)
    other.stop()
    os.chdir("..")
    hub.stop()


main(
    it_is_told_and_mended,
    a_publisher_that_was_away_is_told_what_was_not_kept,
    a_hub_that_ends_while_the_store_is_out_forgets_no_loss,
    a_store_that_cannot_be_opened_leaves_a_stream_in_memory,
    a_store_that_another_hub_uses_is_left_alone,
)
