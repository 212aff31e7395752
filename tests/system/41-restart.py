#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A hub that is started again is the hub that it was: the same stream, devices, ids, states and last readings, which
are stale until their publisher is back."""

import signal

from dragoman_test import check, main, wait_for, write
from gateway import Gateway, counting, readings
from wire import Hub, pb

STALE, STARTING, ONLINE, REMOVED = pb.State.STALE, pb.State.STARTING, pb.State.ONLINE, pb.State.REMOVED


def again(hub, part="", signo=signal.SIGKILL, **more):
    hub.kill(signo)
    hub.end()
    return Hub(part, store="stream", **more)


def catalogue(hub, *patterns):
    pages = hub.client().pages(pb.Frame(browse=pb.Browse(patterns=patterns)), "catalogue")
    return {d.name: d for page in pages for d in page.catalogue.devices}


def last(hub, *patterns):
    return hub.client().ask(pb.Frame(get=pb.Get(patterns=patterns))).got.entries


def state(p, device, code, text=""):
    return pb.Frame(event=p.event(device, state=pb.State(code=code, text=text)), prompt=True)


def the_stream_and_its_devices_are_the_same():
    hub = Hub(store="stream")
    p = hub.publisher(devices=())
    tag = pb.Tag(name="weight", type=pb.TYPE_NUMBER, unit="kg")
    p.declare(pb.Device(name="a", description="first", tags=[tag]), pb.Device(name="b"), pb.Device(name="c"))
    p.publish(state(p, "b", ONLINE, "all is well"), p.reading("a", text="1", prompt=True))
    p.wait_kept()
    stream, before = hub.client().welcome.stream, catalogue(hub)
    for signo in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
        hub = again(hub, signo=signo)
        check(hub.client().welcome.stream == stream)
        after = catalogue(hub)
        check({n: d.device_id for n, d in after.items()} == {n: d.device_id for n, d in before.items()}, after)
        check(after["a"].tags[0].unit == "kg" and after["a"].description == "first", after)
        check(after["b"].state.text == "all is well" and after["b"].state_since == before["b"].state_since, after)
    p = hub.publisher(devices=("a", "d"))
    check(catalogue(hub, "d")["d"].device_id > max(d.device_id for d in before.values()))
    hub.stop()


def descriptors_are_there_before_their_publisher():
    hub = Hub(store="stream")
    p = hub.publisher(devices=())
    for descriptors, names in ((b"one", ("a", "b")), (b"two", ("c",))):
        devices = [pb.Device(name=n, keys=[pb.Key(type="p.T")]) for n in names]
        p.ask(pb.Frame(declare=pb.Declare(devices=devices, descriptors=descriptors)))
    p.publish(*(state(p, n, ONLINE) for n in "abc"))
    p.wait_kept()
    for _ in range(2):
        hub = again(hub)
        page = hub.client().ask(pb.Frame(browse=pb.Browse())).catalogue
        check(sorted(page.descriptors) == [b"one", b"two"] and len(page.devices) >= 3, page)
        page = hub.client().ask(pb.Frame(browse=pb.Browse(patterns=["b"]))).catalogue
        check(list(page.descriptors) == [b"one"], page)
    hub.stop()


def last_readings_are_stale_until_their_publisher_is_back():
    hub = Hub(store="stream")
    p = hub.publisher()
    p.publish(p.reading(text="seen", prompt=True))
    p.wait_kept()
    seq = last(hub)[0].seq
    hub = again(hub)
    s = hub.subscriber("#", snapshot=True)
    snapshot = s.next("snapshot")
    check(snapshot.seq == seq and snapshot.snapshot.stale and "not back" in snapshot.snapshot.reason, snapshot)
    s.next("snapshot_end")
    p = hub.publisher()
    entry = last(hub)[0]
    check(entry.seq == seq and not entry.last.stale, entry)
    p.publish(p.reading(text="new", prompt=True))
    event = s.next("event")
    check(event.seq > seq and event.event.number == 2, event)
    check([e.last.event.number for e in last(hub)] == [2])
    hub.stop()


def a_publisher_that_does_not_come_back_is_a_loss():
    hub = Hub(store="stream")
    p = hub.publisher()
    p.publish(p.reading(prompt=True))
    p.wait_kept()
    hub = again(hub)
    s = hub.subscriber("#")
    loss, stale = s.next("event").event, s.next("event").event
    check(loss.loss.last_number == 1 and loss.loss.publisher == "bench", loss)
    check(stale.state.code == STALE and "not back" in stale.state.reason, stale)
    hub.stop()


def another_incarnation_ends_the_one_before_the_start():
    hub = Hub(store="stream")
    p = hub.publisher()
    p.publish(p.reading(prompt=True))
    p.wait_kept()
    hub = again(hub)
    s = hub.subscriber("#")
    hub.publisher(incarnation=2)
    bodies = [s.next("event").event.WhichOneof("body") for _ in range(3)]
    check(bodies == ["loss", "state", "state"], bodies)
    # An incarnation that has ended stays so.
    hub = again(hub, signo=signal.SIGTERM)
    check(hub.publisher(incarnation=2).registered.received == 0)
    hub.stop()


def a_publisher_that_is_no_longer_configured_takes_its_devices_along():
    hub = Hub(publishers=("old", "bench"), store="stream")
    p = hub.publisher("old")
    p.publish(p.reading(prompt=True))
    p.wait_kept()
    hub = again(hub)
    s = hub.subscriber("#")
    event = s.next("event").event
    check(event.device == "scale" and event.state.code == REMOVED, event)
    check(not last(hub))
    check([x.name for x in hub.status().publishers] == ["bench"])
    hub.stop()


def without_a_store_nothing_is_kept():
    hub = Hub("store: { enabled: false }\n", store="stream")
    welcome = hub.client().welcome
    check(welcome.storage == pb.STORAGE_MEMORY and not hub.status().hub.HasField("store"))
    hub = again(hub, "store: { enabled: false }\n")
    check(hub.client().welcome.stream != welcome.stream)
    hub.stop()


def a_snapshot_that_was_checkpointed_is_whole():
    """Over many segments, with more events than fit into the store."""
    part = "store: { size: 12MiB, segment: 4MiB, commit_interval: 1ms }\n"
    hub = Hub(part, store="stream")
    p = hub.publisher(devices=("quiet", "busy"))
    p.publish(p.reading("quiet", text="long ago", prompt=True))
    p.wait_kept()
    for i in range(400):
        p.publish(*[p.reading("busy", key="k%d" % (n % 7), text="%d %s" % (n, "x" * 980)) for n in range(50)])
        if i % 20 == 0:
            p.publish(p.reading("busy", prompt=True))
            p.wait_kept()
    p.publish(p.reading("busy", prompt=True))
    p.wait_kept()
    before = {(e.last.event.device, e.last.event.reading.key): e for e in last(hub)}
    check(len(before) == 9, before)
    hub = again(hub, part)
    after = {(e.last.event.device, e.last.event.reading.key): e for e in last(hub)}
    for key, entry in before.items():
        check(after[key].seq == entry.seq and after[key].last.event == entry.last.event, key)
    status = hub.status().hub
    check(status.store.bytes <= status.store.size and status.store.oldest > before[("quiet", "")].seq, status)
    hub.stop()


def a_gateway_goes_on():
    gateway = Gateway(counting("one"))
    stream = gateway.client().welcome.stream
    readings(gateway.subscriber("#"), "dev/one", 20)
    gateway.stop()
    gateway = Gateway(counting("one"))
    check(gateway.client().welcome.stream == stream)
    s = gateway.subscriber("#", snapshot=True)
    readings(s, "dev/one", 20)
    gateway.stop()
    gateway = Gateway(counting("one").replace("gateway: test", "gateway: test\nstore: { enabled: false }"))
    check(gateway.client().welcome.storage == pb.STORAGE_MEMORY)
    write("dragoman.yaml", counting("one"))
    gateway.kill(signal.SIGHUP)
    gateway.expect("the stream is in ")
    wait_for(lambda: gateway.client().welcome.stream == stream)
    gateway.stop()


main(
    the_stream_and_its_devices_are_the_same,
    descriptors_are_there_before_their_publisher,
    last_readings_are_stale_until_their_publisher_is_back,
    a_publisher_that_does_not_come_back_is_a_loss,
    another_incarnation_ends_the_one_before_the_start,
    a_publisher_that_is_no_longer_configured_takes_its_devices_along,
    without_a_store_nothing_is_kept,
    a_snapshot_that_was_checkpointed_is_whole,
    a_gateway_goes_on,
)
