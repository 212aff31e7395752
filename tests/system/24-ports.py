#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each kind of port carries a device's lines through a channel to a client."""

import os
import socket

from dragoman_test import can_give_up_files, check, main, process_status, skip, wait_for, write
from line import Channel, next_state, texts
from wire import Hub, pb

REST = """
link: {delimiter: "\\n", max: 64}
retry: {first: 10ms, most: 50ms}
devices:
  d1: {adapter: raw, options: {as: text}}
"""


def with_port(port, more=""):
    """A hub, a subscriber and a channel with that port."""
    hub = Hub(publishers=["c1"])
    subscriber = hub.subscriber("#", "$channel/+", tcp=True)
    return hub, subscriber, Channel("c1", "port: %s\n%s%s" % (port, more, REST))


def stop(channel, hub):
    channel.stop()
    hub.stop()


def a_program_opens_the_link_of_a_pty():
    path = os.path.abspath("link")
    hub, s, channel = with_port("{pty: %s}" % path)
    channel.expect("is open")
    for word in ("one", "two"):
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        os.write(fd, word.encode() + b"\n")
        check(texts(s, 1) == [word])
        os.close(fd)
    stop(channel, hub)
    check(not os.path.lexists(path), "the link is still there")


def what_a_program_prints_is_read_and_it_is_started_again():
    hub, s, channel = with_port("{exec: [sh, -c, 'echo line; echo no antenna >&2; exit 3']}")
    check(texts(s, 2) == ["line", "line"])
    lost = next_state(s, "$channel/c1", pb.State.STALE)
    check(lost.reason == "ended" and "exited with status 3" in lost.text, lost)
    channel.expect("sh: no antenna")
    stop(channel, hub)


def a_device_calls_a_listener_and_calls_again():
    hub, s, channel = with_port("{listen: '127.0.0.1:0'}")
    port = int(channel.expect(r"for a device on 127\.0\.0\.1:(\d+)").group(1))
    for word in ("one", "two"):
        device = socket.create_connection(("127.0.0.1", port))
        device.sendall(word.encode() + b"\n")
        check(texts(s, 1) == [word])
        device.close()
    stop(channel, hub)


def datagrams_are_read():
    device = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    device.bind(("127.0.0.1", 0))
    hub, s, channel = with_port("{udp: '127.0.0.1:%d', bind: '127.0.0.1:0'}" % device.getsockname()[1])
    port = int(channel.expect(r"from 127\.0\.0\.1:(\d+)").group(1))
    device.sendto(b"one\ntwo\n", ("127.0.0.1", port))
    check(texts(s, 2) == ["one", "two"])
    device.close()
    stop(channel, hub)


def a_unix_socket_is_read():
    path = os.path.abspath("socket")
    server = socket.socket(socket.AF_UNIX)
    server.bind(path)
    server.listen(1)
    hub, s, channel = with_port("{unix: %s}" % path)
    peer = server.accept()[0]
    peer.sendall(b"one\n")
    check(texts(s, 1) == ["one"])
    peer.close()
    check(next_state(s, "$channel/c1", pb.State.STALE).reason == "closed by the other end")
    stop(channel, hub)


def what_one_channel_recorded_another_one_plays():
    path = os.path.abspath("line.pcapng")
    hub, s, channel = with_port("{exec: [printf, 'one\\ntwo\\nthree\\n'], restart: false}", "capture: %s\n" % path)
    check(texts(s, 3) == ["one", "two", "three"])
    stop(channel, hub)
    hub, s, channel = with_port("{replay: %s, speed: 0}" % path)
    check(texts(s, 3) == ["one", "two", "three"])
    channel.expect("is played to its end")
    stop(channel, hub)


def a_channel_cannot_write_beside_its_port():
    if not can_give_up_files():
        skip("no Landlock, or a build for coverage")
    path = write(os.path.abspath("no terminal"), "")
    hub, s, channel = with_port("{tty: %s}" % path, "log: debug\n")
    lost = next_state(s, "$channel/c1", pb.State.STALE)
    check(lost.reason == "no permission", lost)
    check(process_status(channel.pid)["NoNewPrivs"] == "1")
    channel.expect("nothing but the line and its recording can be written")
    stop(channel, hub)


def its_link_and_its_recordings_are_made_all_the_same():
    for name in ("links", "recordings"):
        os.mkdir(name)
    link, recording = os.path.abspath("links/pty"), os.path.abspath("recordings/line.pcapng")
    hub, s, channel = with_port("{pty: %s}" % link, "capture: %s\ncapture_limit: 64KiB\n" % recording)
    channel.expect("is open")
    fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
    while not os.path.exists(recording + ".1"):
        os.write(fd, b"word\n" * 200)
        texts(s, 200)
    wait_for(lambda: os.path.exists(recording), "a new recording")
    os.close(fd)
    stop(channel, hub)
    check(not os.path.lexists(link), "the link is still there")
    check("hole" not in channel.log(), channel.log())


def a_port_that_is_not_there_says_what_to_do():
    hub, s, channel = with_port("{serial: /dev/ttyUSB77}")
    lost = next_state(s, "$channel/c1", pb.State.STALE)
    check(lost.reason == "no such port", lost)
    check("there is no /dev/ttyUSB77" in lost.text and "serial ports there are" in lost.text, lost)
    channel.expect("is it plugged in")
    stop(channel, hub)


main(
    a_program_opens_the_link_of_a_pty,
    what_a_program_prints_is_read_and_it_is_started_again,
    a_device_calls_a_listener_and_calls_again,
    datagrams_are_read,
    a_unix_socket_is_read,
    what_one_channel_recorded_another_one_plays,
    a_channel_cannot_write_beside_its_port,
    its_link_and_its_recordings_are_made_all_the_same,
    a_port_that_is_not_there_says_what_to_do,
)
