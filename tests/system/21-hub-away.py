#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The hub dies and comes back, or stays away for too long: what a channel keeps, and what it says of the rest."""

import os
import signal
import socket
import threading
import time

from dragoman_test import check, main, wait_for
from line import Channel, Pty, TcpDevice, next_state
from wire import PATIENCE, Hub, pb

CONFIG = 'port: {tty: %s}\nlink: {delimiter: "\\n", max: 4KiB}\ndevices:\n  d1: {adapter: raw}\n'


def restart(hub):
    """Another hub on the same socket."""
    hub.kill(signal.SIGKILL)
    hub.end()
    if os.path.exists(hub.path):
        os.unlink(hub.path)
    return Hub(publishers=["c1"])


def events_of(connection, stop):
    """number -> event of the channel, until stop(event) is true or the connection ends."""
    got = {}
    while True:
        frame = connection.receive()
        if frame is None:
            return got
        if frame.HasField("event") and frame.event.publisher == "c1":
            got[frame.event.number] = frame.event
            if stop(frame.event):
                return got


def a_hub_killed_under_load_costs_nothing():
    hub, device = Hub(publishers=["c1"]), Pty()
    s = hub.subscriber("#", "$channel/+", tcp=True)
    channel = Channel("c1", CONFIG % device.path)
    channel.expect("is open")
    total = 20000
    wrote = []

    def load():
        for i in range(0, total, 50):
            device.write(b"".join(b"line %d\n" % n for n in range(i, i + 50)))
            wrote.append(i)
            time.sleep(0.001)

    writer = threading.Thread(target=load, daemon=True)
    writer.start()
    wait_for(lambda: len(wrote) > 100)
    hub.kill(signal.SIGKILL)
    got = events_of(s, lambda e: False)
    check(len(got) > 1000, len(got))
    hub = restart(hub)
    s = hub.subscriber("#", "$channel/+", tcp=True, earliest=pb.Done())
    last = b"line %d" % (total - 1)
    got.update(events_of(s, lambda e: e.HasField("reading") and e.reading.values[0].data == last))
    writer.join()
    check(sorted(got) == list(range(1, max(got) + 1)), "numbers have holes: %d of %d" % (len(got), max(got)))
    lines = [got[n].reading.values[0].data for n in sorted(got) if got[n].HasField("reading")]
    check(lines == [b"line %d" % n for n in range(total)], len(lines))
    check(len({e.incarnation for e in got.values()}) == 1)
    channel.expect("is away")
    channel.expect("the hub is back")
    channel.stop()
    hub.stop()


def a_new_hub_is_told_the_present_state():
    hub, device = Hub(publishers=["c1"]), Pty()
    channel = Channel("c1", CONFIG % device.path)
    s = hub.subscriber("#", "$channel/+", tcp=True)
    device.write(b"x\n")
    check(next_state(s, "d1", pb.State.ONLINE))
    wait_for(lambda: hub.status().publishers[0].kept >= 4)
    hub = restart(hub)
    s = hub.subscriber("#", "$channel/+", tcp=True, earliest=pb.Done())
    states = {}
    while states != {"$channel/c1": pb.State.ONLINE, "d1": pb.State.ONLINE}:
        event = s.next("event").event
        if event.publisher == "c1" and event.HasField("state"):
            states[event.device] = event.state.code
    channel.stop()
    hub.stop()


def what_finds_no_room_is_a_loss():
    device = Pty()
    config = "when_full: drop\nbuffer: 64KiB\n" + CONFIG % device.path + "  d2: {adapter: raw}\n"
    path = os.path.abspath("hub.sock")
    channel = Channel("c1", config, hub_path=path)
    channel.expect("is open")
    total = 2000
    for n in range(total):
        device.write(b"%04d" % n + b"x" * 96 + b"\n")
    # The device is lost as well while there is no room to say so.
    wait_for(lambda: device_is_read(device))
    hub = Hub(publishers=["c1"])
    s = hub.subscriber("#", "$channel/+", tcp=True, earliest=pb.Done())
    got = events_of(s, lambda e: e.HasField("loss"))
    readings = [e for e in got.values() if e.HasField("reading")]
    loss = got[max(got)]
    check(sorted(got) == list(range(1, max(got) + 1)), sorted(got)[-5:])
    check(loss.device == "d1" and loss.loss.reason == "buffer full", loss)
    check(loss.loss.publisher == "c1" and loss.loss.incarnation == loss.incarnation, loss)
    check(loss.loss.last_number == loss.number - 1, loss)
    check(len(readings) + loss.loss.count == total, (len(readings), loss))
    check(loss.loss.to >= getattr(loss.loss, "from") >= readings[-1].time, loss)
    device.write(b"after\n")
    after = events_of(s, lambda e: e.HasField("reading"))
    check(after[max(after)].reading.values[0].data == b"after", after)
    wait_for(lambda: hub.status().publishers[0].kept == max(after))
    channel.stop()
    hub.stop()


def a_line_that_can_wait_does_so_while_the_hub_is_away():
    device, total = TcpDevice(), 20000
    config = ("buffer: 64KiB\n" + CONFIG).replace("{tty: %s}", '{tcp: "%s"}' % device.address)
    channel = Channel("c1", config, hub_path=os.path.abspath("hub.sock"))
    peer = device.accept()
    writer = threading.Thread(target=peer.sendall, args=(b"".join(b"%d %0200d\n" % (n, 0) for n in range(total)),))
    peer.settimeout(None)
    writer.start()
    channel.expect("the line waits until the hub is back")
    hub = Hub(publishers=["c1"])
    s = hub.subscriber("#", tcp=True, kinds=[pb.KIND_READING, pb.KIND_LOSS], earliest=pb.Done())
    for n in range(total):
        event = s.next("event").event
        check(event.HasField("reading") and event.reading.values[0].data.split()[0] == b"%d" % n, (n, event))
    writer.join()
    channel.stop()
    hub.stop()


def nobody_is_polled_for_what_has_no_room():
    device = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    device.bind(("127.0.0.1", 0))
    device.settimeout(PATIENCE)
    answered = []

    def answer():
        while True:
            request, sender = device.recvfrom(100)
            if request == b"end":
                return
            device.sendto(b"%d %03000d" % (len(answered), 0), sender)
            answered.append(request)

    thread = threading.Thread(target=answer)
    thread.start()
    config = 'port: {udp: "127.0.0.1:%d"}\nbuffer: 16KiB\n' % device.getsockname()[1]
    config += "devices:\n  d1: {adapter: raw, options: {request: ask, interval: 10ms, timeout: 20s}}\n"
    channel = Channel("c1", config, hub_path=os.path.abspath("hub.sock"))
    channel.expect("no device is polled until the hub is back")
    before = len(answered)
    hub = Hub(publishers=["c1"])
    s = hub.subscriber("#", tcp=True, kinds=[pb.KIND_READING, pb.KIND_LOSS], earliest=pb.Done())
    for n in range(before + 10):
        event = s.next("event").event
        check(event.HasField("reading") and event.reading.values[0].data.split()[0] == b"%d" % n, (n, event))
    channel.stop()
    device.sendto(b"end", device.getsockname())
    thread.join()
    hub.stop()


def device_is_read(device):
    """Whether the channel has read all that the device wrote."""
    import fcntl
    import struct
    import termios

    return struct.unpack("i", fcntl.ioctl(device.other, termios.FIONREAD, b"    "))[0] == 0


def a_hub_that_is_only_behind_costs_nothing():
    hub, device = Hub(publishers=["c1"]), Pty()
    s = hub.subscriber("#", tcp=True, kinds=[pb.KIND_READING, pb.KIND_LOSS])
    channel = Channel("c1", "buffer: 256KiB\n" + CONFIG % device.path)
    channel.expect("is open")
    total = 40000
    writer = threading.Thread(target=lambda: [device.write(b"line %d\n" % n * 20) for n in range(total // 20)], daemon=True)
    writer.start()
    for _ in range(total):
        event = s.next("event").event
        check(event.HasField("reading"), event)
    writer.join()
    channel.stop()
    hub.stop()


def a_state_that_found_no_room_is_said_later():
    device = Pty()
    path = os.path.abspath("hub.sock")
    channel = Channel("c1", "when_full: drop\nbuffer: 64KiB\n" + CONFIG % device.path, hub_path=path)
    channel.expect("is open")
    for _ in range(1000):
        device.write(b"x" * 200 + b"\n")
    wait_for(lambda: device_is_read(device))
    device.close()
    channel.expect("closed by the other end")
    hub = Hub(publishers=["c1"])
    s = hub.subscriber("#", "$channel/+", tcp=True, earliest=pb.Done())
    seen = set()
    while seen != {"d1", "$channel/c1"}:
        event = s.next("event").event
        if event.HasField("state") and event.publisher == "c1" and event.state.code == pb.State.STALE:
            seen.add(event.device)
    channel.stop()
    hub.stop()


def what_was_dropped_is_said_before_the_goodbye():
    """A hub that stands still while the bound is reached and the channel is told to end."""
    hub, device = Hub(publishers=["c1"]), Pty()
    s = hub.subscriber("#", kinds=[pb.KIND_LOSS, pb.KIND_STATE], tcp=True)
    channel = Channel("c1", "when_full: drop\nbuffer: 16KiB\n" + CONFIG % device.path)
    device.write(b"first\n")
    check(next_state(s, "d1", pb.State.ONLINE))
    hub.kill(signal.SIGSTOP)
    for i in range(5000):
        device.write(b"line %d\n" % i)
    channel.kill()
    channel.expect("ending")
    hub.kill(signal.SIGCONT)
    channel.end()
    losses, state = [], None
    while state is None or state.code != pb.State.STALE:
        event = s.next("event").event
        if event.device == "d1":
            losses += [event.loss] if event.HasField("loss") else []
            state = event.state if event.HasField("state") else state
    check(losses, "nothing was said of what found no room")
    hub.stop()


main(
    a_hub_killed_under_load_costs_nothing,
    a_new_hub_is_told_the_present_state,
    what_finds_no_room_is_a_loss,
    a_line_that_can_wait_does_so_while_the_hub_is_away,
    nobody_is_polled_for_what_has_no_room,
    a_hub_that_is_only_behind_costs_nothing,
    a_state_that_found_no_room_is_said_later,
    what_was_dropped_is_said_before_the_goodbye,
)
