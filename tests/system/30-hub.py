#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The hub by itself: publishers in, subscribers out, and what they may ask."""

import time

from dragoman_test import can_give_up_files, check, main, process_status
from wire import Hub, pb, sizes, subscribe


def events_go_to_those_who_asked_for_them():
    hub = Hub()
    every = hub.subscriber("#", tcp=True)
    one = hub.subscriber("hall/+", tcp=True, kinds=[pb.KIND_READING])
    p = hub.publisher(devices=("hall/a", "b"))
    p.publish(p.reading("hall/a", text="1"), p.reading("b", text="2"), p.reading("hall/a", text="3"))
    got = [every.next("event") for _ in range(3)]
    check([f.event.reading.values[0].text for f in got] == ["1", "2", "3"], got)
    check(got[0].seq < got[1].seq < got[2].seq and got[0].device_id == got[2].device_id != got[1].device_id, got)
    check([one.next("event").event.number for _ in range(2)] == [1, 3])
    p.wait_kept()
    hub.stop()


def hello_and_subscribe_may_travel_in_one_write():
    hub = Hub()
    p = hub.publisher()
    c = hub.connect(tcp=True)
    c.send(pb.Frame(hello=pb.Hello(version=1)), subscribe("scale"))
    check(c.next("welcome").welcome.storage == pb.STORAGE_MEMORY)
    c.next("subscribed")
    p.publish(p.reading())
    check(c.next("event").event.device == "scale")
    hub.stop()


def the_bytes_of_an_event_are_not_touched():
    hub = Hub()
    s = hub.subscriber("#", kinds=[pb.KIND_RAW])
    p = hub.publisher()
    sent = p.event(raw=pb.Raw(direction=pb.Raw.RECEIVED, data=bytes(range(256))))
    p.publish(pb.Frame(event=sent))
    check(s.next("event").event.SerializeToString() == sent.SerializeToString())
    hub.stop()


def get_browse_and_status_tell_what_there_is():
    hub = Hub()
    device = pb.Device(name="scale", channel="line", keys=[pb.Key(name="w")], tags=[pb.Tag(name="text", unit="kg")])
    p = hub.publisher(devices=(device, "other"))
    p.publish(p.reading(key="w", text="old"), p.reading(key="w", text="new"))
    p.publish(pb.Frame(report=pb.Report(counters=[pb.Status.Counter(name="frames", value=7)])))
    p.wait_kept()
    c = hub.client()
    got = c.ask(pb.Frame(get=pb.Get(patterns=["#"]))).got
    check([e.last.event.reading.values[0].text for e in got.entries] == ["new"] and not got.entries[0].last.stale, got)
    devices = c.ask(pb.Frame(browse=pb.Browse())).catalogue.devices
    check([d.name for d in devices] == ["scale", "other"], devices)
    check(devices[0].tags[0].unit == "kg" and devices[0].state.code == pb.State.ONLINE, devices)
    check(devices[1].state.code == pb.State.STARTING, devices)
    lines = c.ask(pb.Frame(browse=pb.Browse(patterns=["$channel/+"]))).catalogue.devices
    check([d.name for d in lines] == ["$channel/bench"], lines)
    status = hub.status()
    check(status.publishers[0].received == 2 and status.publishers[0].counters[0].value == 7, status)
    check(status.hub.pid == hub.pid and status.hub.devices == 3 and len(status.clients) == 3, status)
    hub.stop()


def long_answers_come_in_pages():
    hub = Hub()
    p = hub.publisher(devices=["d%d" % i for i in range(3000)])
    p.publish(*[p.reading("d%d" % i, text="x" * 50) for i in range(3000)])
    p.wait_kept()
    c = hub.client()
    for request, body, what in (
        (pb.Frame(get=pb.Get()), "got", "entries"),
        (pb.Frame(browse=pb.Browse()), "catalogue", "devices"),
    ):
        pages = c.pages(request, body)
        check(len(pages) > 1 and sum(len(getattr(getattr(f, body), what)) for f in pages) == 3000, len(pages))
    hub.stop()


def what_comes_later_is_answered_as_unimplemented():
    hub = Hub()
    c = hub.client()
    for frame in (
        pb.Frame(write=pb.Write(device="scale")),
        pb.Frame(call=pb.Call(device="scale")),
        pb.Frame(read=pb.Read(device="scale")),
        pb.Frame(exchange=pb.Exchange(device="scale")),
        subscribe("#", durable=pb.Durable(name="x")),
    ):
        error = c.refusal(frame)
        check(error.code == pb.ERROR_UNIMPLEMENTED and error.text and not error.closing, error)
    check(c.ask(pb.Frame(ping=pb.Ping(data=b"still there"))).pong.data == b"still there")
    hub.stop()


def unsubscribe_ends_it_and_another_may_begin():
    hub = Hub()
    s = hub.subscriber("#")
    check(s.refusal(subscribe("#")).code == pb.ERROR_ALREADY)
    s.ask(pb.Frame(unsubscribe=pb.Unsubscribe()))
    p = hub.publisher()
    p.publish(p.reading(text="not for it"))
    p.wait_kept()
    check(s.ask(subscribe("#")).WhichOneof("body") == "subscribed")
    p.publish(p.reading(text="for it"))
    check(s.next("event").event.number == 2)
    hub.stop()


def a_subscriber_may_linger():
    hub = Hub()
    s = hub.subscriber("#", tcp=True, linger_ms=50)
    p = hub.publisher()
    for _ in range(5):
        p.publish(p.reading(prompt=True))
        p.wait_kept()
    data = s.socket.recv(1 << 16)
    s.data += data
    check(sizes(s.next() for _ in range(5)) == {"event": 5})
    hub.stop()


def a_quiet_subscription_is_told_its_place():
    hub = Hub()
    s = hub.subscriber("nothing/#", position_every_s=1)
    p = hub.publisher()
    p.publish(p.reading())
    p.wait_kept()
    place = s.next("position").position.seq
    check(place == hub.client().welcome.head, place)
    hub.stop()


def the_end_is_told_behind_the_last_event():
    hub = Hub()
    s = hub.subscriber("#", tcp=True, kinds=[pb.KIND_READING], linger_ms=1000)
    p = hub.publisher()
    p.publish(p.reading(text="last words", prompt=True))
    p.wait_kept()
    hub.stop()
    frames = s.end()
    check(frames[0].event.HasField("reading") and frames[0].event.reading.values[0].text == "last words", frames)
    check(frames[-1].error.code == pb.ERROR_SHUTTING_DOWN and frames[-1].error.closing, frames)


def one_who_does_not_close_hardly_delays_the_end():
    def seconds():
        hub = Hub()
        s = hub.subscriber("#")
        began = time.monotonic()
        hub.stop()
        check(s.end()[-1].error.code == pb.ERROR_SHUTTING_DOWN)
        return time.monotonic() - began

    check(any(seconds() < 0.8 for _ in range(5)))


def it_gives_up_files_and_privileges():
    hub = Hub("log: debug\n")
    hub.client()
    check(process_status(hub.pid)["NoNewPrivs"] == "1")
    hub.expect("no file can be opened" if can_give_up_files() else "files have their permissions")
    hub.stop()


main(
    events_go_to_those_who_asked_for_them,
    hello_and_subscribe_may_travel_in_one_write,
    the_bytes_of_an_event_are_not_touched,
    get_browse_and_status_tell_what_there_is,
    long_answers_come_in_pages,
    what_comes_later_is_answered_as_unimplemented,
    unsubscribe_ends_it_and_another_may_begin,
    a_subscriber_may_linger,
    a_quiet_subscription_is_told_its_place,
    the_end_is_told_behind_the_last_event,
    one_who_does_not_close_hardly_delays_the_end,
    it_gives_up_files_and_privileges,
)
